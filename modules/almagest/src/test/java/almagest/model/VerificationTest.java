package almagest.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Workers;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerificationTest {
  @TempDir private Path folder;

  @Test
  void aModelAgreesWithItsReference() {
    Reference reference = new Reference("gemma2");
    Verification result = verify("gemma2", "float32", reference.directory.resolve("reference.npz"));
    assertThat(result.agrees()).isTrue();
    assertThat(result.tokens()).isEqualTo(69);
    assertThat(result.points()).hasSize(reference.hooks().size() + 1);
  }

  @Test
  void oneWrongValueIsFoundAndNamed() {
    Reference reference = new Reference("qwen2");
    Map<String, NpyArray> arrays = new LinkedHashMap<>(reference.arrays);
    float[] values = arrays.get("blocks.1.hook_mlp_out").floats().clone();
    values[5] += 0.01f;
    arrays.put(
        "blocks.1.hook_mlp_out", NpyArray.of(values, arrays.get("blocks.1.hook_mlp_out").shape()));
    Path file = folder.resolve("wrong.npz");
    Npz.write(file, arrays);
    Verification result = verify("qwen2", "float32", file);
    assertThat(result.agrees()).isFalse();
    assertThat(result.points())
        .filteredOn(p -> !p.within())
        .extracting(Verification.Point::name)
        .containsExactly("blocks.1.hook_mlp_out");
  }

  @Test
  void valuesAtPaddedPlacesDoNotCount() {
    Reference reference = new Reference("llama");
    Map<String, NpyArray> arrays = new LinkedHashMap<>(reference.arrays);
    NpyArray stored = arrays.get("blocks.0.hook_resid_post");
    float[] values = stored.floats().clone();
    values[values.length - 1] = Float.NaN;
    arrays.put("blocks.0.hook_resid_post", NpyArray.of(values, stored.shape()));
    Path file = folder.resolve("padding.npz");
    Npz.write(file, arrays);
    assertThat(verify("llama", "float32", file).agrees()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "gemma",
        "gemma2",
        "gemma2_fp16",
        "gemma3_text",
        "gpt2",
        "gpt_neox",
        "llama",
        "llama_bf16",
        "mistral",
        "opt",
        "phi3",
        "qwen2",
        "qwen3"
      })
  void productsInBf16StayWithinThreePercent(String name) {
    Path file = new Reference(name).directory.resolve("reference.npz");
    Verification result = verify(name, "bf16", file);
    assertThat(result.points())
        .allSatisfy(p -> assertThat(p.medianRelative()).as(p.name()).isLessThan(0.03));
    assertThat(result.agrees()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bert", "gemma3_capped", "gpt2_scaled_by_depth", "gpt2_unscaled", "llama", "opt"})
  void unusualModelsAgreeWhereverTheirTokensArePadded(String name) {
    Path directory = new Reference("bert").directory.resolveSibling("corners").resolve(name);
    Verification result = verify(directory, "float32", directory.resolve("reference.npz"));
    assertThat(result.agrees()).as(result.toString()).isTrue();
    assertThat(result.tokens()).isEqualTo(20 + 13 + 15);
  }

  @Test
  void bf16KeepsGemma2sScoresExact() {
    Path file = new Reference("gemma2").directory.resolve("reference.npz");
    assertThat(verify("gemma2", "bf16", file).points())
        .allSatisfy(p -> assertThat(p.medianRelative()).as(p.name()).isLessThan(0.02));
  }

  @Test
  void aMaskWithAGapIsRefused() {
    NpyArray ids = NpyArray.of(new int[] {1, 2, 3, 4}, 1, 4);
    NpyArray mask = NpyArray.of(new int[] {1, 0, 1, 0}, 1, 4);
    assertThatThrownBy(() -> PaddedBatch.of(Path.of("x"), ids, mask, null))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("mask, row 0");
  }

  private static Verification verify(String name, String products, Path file) {
    return verify(new Reference(name).directory, products, file);
  }

  private static Verification verify(Path directory, String products, Path file) {
    try (LanguageModel model =
            LanguageModel.open(directory, LanguageModel.Options.of("cpu", products));
        Workers workers = new Workers(2)) {
      return Verification.run(model, file, workers);
    }
  }
}
