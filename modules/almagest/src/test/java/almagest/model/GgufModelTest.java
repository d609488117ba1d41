package almagest.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Npy;
import almagest.format.Npz;
import almagest.model.LanguageModel.Request;
import almagest.run.Workers;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files in {@code gguf/} were made by the script beside them. */
class GgufModelTest {
  private static Path made(String name) throws URISyntaxException {
    return Path.of(GgufModelTest.class.getResource("gguf/make.py").toURI()).resolveSibling(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2"})
  void statesAndLogitsAreThoseOfTheReference(String name) throws Exception {
    int[] ids = Npy.read(made("ids.npy")).ints();
    int length = ids.length / 2;
    List<Context> contexts =
        List.of(
            Context.of(Arrays.copyOfRange(ids, 0, length)),
            Context.of(Arrays.copyOfRange(ids, length, ids.length)));
    Npz expected = Npz.open(made(name + ".npz"));
    Hook hook = Hook.parse("blocks.2.hook_resid_pre");
    try (LanguageModel model =
            LanguageModel.open(made(name + ".gguf"), new LanguageModel.Options());
        Workers workers = new Workers(1);
        Activations got =
            model.forward(contexts, new Request(Set.of(hook), true, Map.of()), workers)) {
      close(got.at(hook).toArray(), expected.tensor("blocks.2.hook_resid_pre").floats(), 1e-4);
      close(got.logits().toArray(), expected.tensor("logits").floats(), 5e-4);
    }
  }

  private static void close(float[] got, float[] expected, double tolerance) {
    assertThat(got).hasSameSizeAs(expected);
    for (int i = 0; i < got.length; i++) {
      assertThat(got[i]).as("element %d", i).isCloseTo(expected[i], within((float) tolerance));
    }
  }
}
