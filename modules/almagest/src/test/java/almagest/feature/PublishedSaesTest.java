package almagest.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files as the tools that publish SAEs write them, with features and reconstructions that those
 * tools computed. Tolerance, from the fixtures: 1e-5 · max(1, largest expected value), and the same
 * features active.
 */
class PublishedSaesTest {
  private static final Path FIXTURES =
      Path.of("src/test/resources/almagest/feature/saes").toAbsolutePath();

  @TempDir Path temporary;

  static Stream<String> fixtures() throws IOException {
    return Stream.concat(folders(FIXTURES), folders(FIXTURES.resolveSibling("torch_saes")));
  }

  /** The folders in a folder, told from {@link #FIXTURES}. */
  private static Stream<String> folders(Path parent) throws IOException {
    try (Stream<Path> all = Files.list(parent)) {
      return all
          .filter(Files::isDirectory)
          .map(p -> FIXTURES.relativize(p).toString())
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void featuresAndReconstructionsAreThoseOfTheLibraryThatPublishedThem(String name) {
    check(Sae.open(FIXTURES.resolve(name)), name);
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void convertingToSaeLensChangesNothing(String name) {
    Sae.open(FIXTURES.resolve(name)).save(temporary);
    check(Sae.open(temporary), name);
  }

  private static void check(Sae sae, String name) {
    Map<String, NpyArray> io = Npz.read(FIXTURES.resolve(name).resolve("io.npz"));
    FloatMatrix x = FloatMatrix.copyOf(io.get("x").floats(), sae.dModel());
    try (Workers workers = new Workers(2)) {
      SparseRows features = sae.encode(x, workers);
      FloatMatrix reconstruction = FloatMatrix.zeros(x.rows(), sae.dModel());
      sae.reconstruct(features, x, reconstruction, workers);
      assertClose(dense(features), io.get("features").floats());
      assertClose(reconstruction.toArray(), io.get("reconstruction").floats());
    }
  }

  /** Encoders stored by dimension are turned round where there are several tiles. */
  @ParameterizedTest
  @ValueSource(strings = {"gemma_scope", "sae_lens_topk", "sae_lens_gated"})
  void manyRowsGiveWhatFewGiveOnAnyNumberOfThreads(String name) {
    Sae sae = Sae.open(FIXTURES.resolve(name));
    assertThat(sae.weights().encoderByFeature()).isFalse();
    Map<String, NpyArray> io = Npz.read(FIXTURES.resolve(name).resolve("io.npz"));
    FloatMatrix few = FloatMatrix.copyOf(io.get("x").floats(), sae.dModel());
    int times = 20; // five tiles
    FloatMatrix many = FloatMatrix.zeros(times * few.rows(), sae.dModel());
    for (int i = 0; i < times; i++) {
      many.slice(i * few.rows(), (i + 1) * few.rows()).data().copyFrom(few.data());
    }
    float[] once = io.get("features").floats();
    try (Workers one = new Workers(1);
        Workers three = new Workers(3)) {
      float[] found = dense(sae.encode(many, one));
      for (int i = 0; i < times; i++) {
        assertClose(Arrays.copyOfRange(found, i * once.length, (i + 1) * once.length), once);
      }
      assertThat(dense(sae.encode(many, three))).containsExactly(found);
    }
  }

  @Test
  void anEncoderByFeatureMayLieAtAnyAddress() throws IOException {
    Path from = FIXTURES.resolve("sparsify");
    Files.copy(from.resolve("cfg.json"), temporary.resolve("cfg.json"));
    byte[] bytes = Files.readAllBytes(from.resolve("sae.safetensors"));
    int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    ByteBuffer moved = ByteBuffer.allocate(bytes.length + 1).order(ByteOrder.LITTLE_ENDIAN);
    moved.putLong(header + 1L).put(bytes, 8, header).put((byte) ' ');
    moved.put(bytes, 8 + header, bytes.length - 8 - header);
    Files.write(temporary.resolve("sae.safetensors"), moved.array());
    check(Sae.open(temporary), "sparsify");
  }

  private static float[] dense(SparseRows features) {
    float[] dense = new float[features.rows() * features.columns()];
    for (int r = 0; r < features.rows(); r++) {
      for (int e = features.start(r); e < features.end(r); e++) {
        dense[r * features.columns() + features.indices()[e]] = features.values()[e];
      }
    }
    return dense;
  }

  private static void assertClose(float[] got, float[] expected) {
    float largest = 1;
    for (float v : expected) {
      largest = Math.max(largest, Math.abs(v));
    }
    double worst = 0;
    int flipped = 0;
    for (int i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs(got[i] - expected[i]));
      flipped += (got[i] != 0) == (expected[i] != 0) ? 0 : 1;
    }
    assertThat(worst).isLessThanOrEqualTo(1e-5 * largest);
    assertThat(flipped).isZero();
  }

  @Test
  void theSizeInTheConfigurationMustBeThatOfTheWeights() throws IOException {
    Path from = FIXTURES.resolve("sae_lens_topk");
    Files.copy(
        from.resolve("sae_weights.safetensors"), temporary.resolve("sae_weights.safetensors"));
    String cfg = Files.readString(from.resolve("cfg.json"));
    Files.writeString(
        temporary.resolve("cfg.json"), cfg.replace("\"d_sae\": 192", "\"d_sae\": 191"));
    assertThatThrownBy(() -> Sae.open(temporary))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("d_sae")
        .hasMessageContaining("192");
  }

  @Test
  void anArchitectureThatIsNotKnownIsRefusedByName() throws IOException {
    Path from = FIXTURES.resolve("sae_lens_jumprelu");
    Files.copy(
        from.resolve("sae_weights.safetensors"), temporary.resolve("sae_weights.safetensors"));
    String cfg = Files.readString(from.resolve("cfg.json"));
    Files.writeString(
        temporary.resolve("cfg.json"), cfg.replace("\"jumprelu\"", "\"matching_pursuit\""));
    assertThatThrownBy(() -> Sae.open(temporary))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("matching_pursuit");
  }

  @Test
  void foldingTheDecodersLengthsGivesTheFeaturesOfSaeLens() {
    Path fixture = FIXTURES.resolve("sae_lens_nonunit");
    Map<String, NpyArray> io = Npz.read(fixture.resolve("io.npz"));
    Sae folded = Sae.open(fixture).withUnitDecoder();
    FloatMatrix x = FloatMatrix.copyOf(io.get("x").floats(), folded.dModel());
    try (Workers workers = new Workers(2)) {
      assertClose(dense(folded.encode(x, workers)), io.get("features_folded").floats());
    }
    for (double norm : folded.decoderNorms()) {
      assertThat(norm).isCloseTo(1, within(1e-6));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sae_lens_gated", "sae_lens_topk_rescaled", "sae_lens_standard"})
  void foldingTheDecodersLengthsKeepsReconstructions(String name) {
    Sae sae = Sae.open(FIXTURES.resolve(name));
    Sae folded = sae.withUnitDecoder();
    Map<String, NpyArray> io = Npz.read(FIXTURES.resolve(name).resolve("io.npz"));
    FloatMatrix x = FloatMatrix.copyOf(io.get("x").floats(), folded.dModel());
    FloatMatrix r = FloatMatrix.zeros(x.rows(), x.columns());
    try (Workers workers = new Workers(2)) {
      folded.decode(folded.encode(x, workers), r, workers);
    }
    assertClose(r.toArray(), io.get("reconstruction").floats());
  }

  @Test
  void topKWithoutRescalingIsNotFolded() {
    Sae sae = Sae.open(FIXTURES.resolve("sae_lens_topk"));
    assertThatThrownBy(sae::withUnitDecoder).isInstanceOf(InputException.class);
  }

  @Test
  void anArrayOfTheWrongShapeIsRefusedWithItsFileAndName() {
    Path file = temporary.resolve("params.npz");
    Npz.write(
        file,
        Map.of(
            "W_enc", NpyArray.of(new float[35], 5, 7),
            "W_dec", NpyArray.of(new float[45], 9, 5),
            "b_enc", NpyArray.of(new float[7], 7),
            "b_dec", NpyArray.of(new float[5], 5),
            "threshold", NpyArray.of(new float[7], 7)));
    assertThatThrownBy(() -> Sae.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("W_dec")
        .hasMessageContaining("found the shape [9, 5]");
  }

  @Test
  void aCheckpointThatAsksForCodeIsRefused() {
    assertThatThrownBy(() -> Sae.open(FIXTURES.resolveSibling("hostile.pt")))
        .isInstanceOf(InputException.class);
  }

  @Test
  void activationsOfAnotherWidthAreRefused() {
    Sae sae = Sae.open(FIXTURES.resolve("gemma_scope"));
    try (Workers workers = new Workers(1)) {
      assertThatThrownBy(() -> sae.encode(FloatMatrix.zeros(3, 47), workers))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("47")
          .hasMessageContaining("48");
    }
  }
}
