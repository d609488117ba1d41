package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.tensor.FloatMatrix;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LobesTest {
  /** Enough for the laws below, without the classifier. */
  private static final Lobes.Options OPTIONS =
      new Lobes.Options(
          List.of(Affinity.PHI, Affinity.JACCARD),
          List.of(3, 2),
          false,
          0,
          2,
          true,
          0.2,
          new Position.Options(20, 5, false, 0, 3, null),
          new LobeTypes.Options(10, 50),
          Lobes.Method.PUBLISHED);

  private static final LobesResult SHARED = run(OPTIONS, 2);

  @TempDir Path folder;

  @Test
  void plantedLobesAreFoundStableAndInTheirPlace() {
    LobesResult result = SHARED;
    Map<String, NpyArray> planted = Npz.read(Fixtures.file("spectral/planted.npz"));
    var expected = Json.read(Fixtures.file("spectral/expected.json")).get("phi");
    List<Lobes.Cut> phi = result.cuts().get("phi");
    assertThat(phi).extracting(Lobes.Cut::k).containsExactly(2, 3);
    for (Lobes.Cut cut : phi) {
      int[] truth = planted.get(cut.k() == 2 ? "half" : "top").ints();
      var golden = expected.get("k" + cut.k());
      assertThat(Agreement.of(cut.labels(), truth).ari())
          .isCloseTo(golden.get("ari_planted").asDouble(), within(1e-9));
      assertThat(cut.stabilitySeeds()).isGreaterThan(0.99);
      assertThat(cut.stabilityHalves()).isGreaterThan(0.95);
      assertThat(cut.eigengap()).isGreaterThan(0.02);
      assertThat(Arrays.stream(cut.sizes()).sum()).isEqualTo(240);
      assertThat(Arrays.stream(cut.alive()).sum()).isEqualTo(238);
      assertThat(cut.position().agreement().ami())
          .isCloseTo(golden.get("ami_with_angular").asDouble(), within(1e-9));
      assertThat(cut.types().heldOut()).isTrue();
    }
  }

  @Test
  void chunksWithoutStructureMakeLobesThatTheOtherHalfDoesNotMake() {
    Chunks chunks = CooccurrenceTest.random(150, 800, new Seed(11));
    int[] each = new int[chunks.count()];
    Arrays.setAll(each, c -> c);
    chunks = new Chunks(chunks.pattern(), each, chunks.type(), chunks.types());
    try (Workers workers = new Workers(2)) {
      LobesResult result =
          Lobes.of(
              chunks,
              null,
              OPTIONS.with(List.of(Affinity.PHI), List.of(3)),
              new Seed(0),
              workers,
              Progress.NONE);
      assertThat(result.cuts().get("phi").getFirst().stabilityHalves()).isLessThan(0.1);
    }
  }

  @Test
  void lobesAreTriedOnExactlyTheDocumentsHeldOutBefore() {
    Chunks chunks = Chunks.read(Fixtures.file("spectral/chunks.npz"));
    int[] each = new int[chunks.count()];
    Arrays.setAll(each, c -> c / 4);
    chunks = new Chunks(chunks.pattern(), each, chunks.type(), chunks.types());
    try (Workers workers = new Workers(2)) {
      LobesResult result =
          Lobes.of(
              chunks,
              null,
              document -> document % 7 == 3,
              OPTIONS.with(List.of(Affinity.PHI), List.of(3)),
              new Seed(0),
              workers,
              Progress.NONE);
      LobeTypes types = result.cuts().get("phi").getFirst().types();
      assertThat(types.heldOut()).isTrue();
      int expected = (int) Arrays.stream(each).filter(d -> d % 7 == 3).count();
      assertThat(Arrays.stream(types.chunks()).sum()).isEqualTo(expected);
    }
  }

  @Test
  void theNumberOfThreadsDoesNotChangeAByte() {
    Provenance provenance = Provenance.of(0, Map.of());
    assertThat(Json.line(run(OPTIONS, 1).toJson(provenance)))
        .isEqualTo(Json.line(SHARED.toJson(provenance)));
  }

  @Test
  void featuresLeftOutHaveNoLobe() {
    Lobes.Options drop =
        new Lobes.Options(
            List.of(Affinity.PHI),
            List.of(3),
            true,
            0,
            0,
            false,
            0,
            null,
            OPTIONS.types(),
            Lobes.Method.PUBLISHED);
    LobesResult result = run(drop, 2);
    int[] dead = Npz.read(Fixtures.file("spectral/planted.npz")).get("dead").ints();
    Lobes.Cut cut = result.cuts().get("phi").getFirst();
    for (int f : dead) {
      assertThat(cut.labels()[f]).isEqualTo(-1);
      assertThat(result.angular().get(3)[f]).isEqualTo(-1);
    }
    assertThat(result.leftOut()).isEqualTo(dead.length);
    assertThat(cut.types().heldOut()).isFalse();
  }

  @Test
  void countsAloneGiveTheSameLobes() {
    Chunks chunks = Chunks.read(Fixtures.file("spectral/chunks.npz"));
    try (Workers workers = new Workers(2)) {
      LobesResult fromCounts =
          Lobes.of(
              Cooccurrence.count(chunks, workers),
              null,
              OPTIONS,
              new Seed(0),
              workers,
              Progress.NONE);
      Lobes.Cut cut = fromCounts.cuts().get("jaccard").getFirst();
      assertThat(cut.labels()).isEqualTo(SHARED.cuts().get("jaccard").getFirst().labels());
      assertThat(cut.stabilityHalves()).isNaN();
      assertThat(cut.types()).isNull();
    }
  }

  @Test
  void filesHoldLabelsAndEverythingMeasured() {
    LobesResult result = SHARED;
    result.write(folder, Provenance.of(0, Map.of("k", "2,3")));
    assertThat(Npy.read(folder.resolve("labels-phi-k3.npy")).ints())
        .isEqualTo(result.cuts().get("phi").get(1).labels());
    assertThat(Npy.read(folder.resolve("labels-angular-k2.npy")).shape()).containsExactly(240);
    var k = Json.read(folder.resolve("lobes.json")).at("/affinities/phi/k/3");
    for (String key :
        List.of(
            "sizes", "alive", "eigenvalues", "eigengap", "ncut", "ami", "nmi", "ari", "ami_null")) {
      assertThat(k.has(key)).as(key).isTrue();
    }
    assertThat(k.at("/stability/halves").asDouble()).isGreaterThan(0.9);
    assertThat(k.get("eigenvalues")).hasSize(4);
    assertThat(k.get("names")).hasSize(3);
  }

  @Test
  void aDecoderOfAnotherSizeIsRefused() {
    Chunks chunks = Chunks.read(Fixtures.file("spectral/chunks.npz"));
    try (Workers workers = new Workers(1)) {
      assertThatThrownBy(() ->
              Lobes.of(
                  chunks, FloatMatrix.zeros(10, 3), OPTIONS, new Seed(0), workers, Progress.NONE))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("10 directions")
          .hasMessageContaining("240 features");
    }
  }

  @Test
  void neighboursAreTheLargestOfTheirRow() {
    Cooccurrence counts = Cooccurrence.read(Fixtures.file("blocks/cooccurrence.npz"));
    double[] phi = Npy.read(Fixtures.file("affinity/phi.npy")).doubles();
    int n = counts.features();
    try (Workers workers = new Workers(2)) {
      Neighbours found = Neighbours.byPhi(counts, 10, workers);
      for (int i = 0; i < n; i++) {
        int row = i;
        double[] best =
            java.util.stream.IntStream.range(0, n)
                .filter(j -> j != row)
                .mapToDouble(j -> phi[row * n + j])
                .filter(v -> v > 1e-9)
                .sorted()
                .toArray();
        for (int s = 0; s < 10; s++) {
          boolean there = s < best.length;
          assertThat(found.value()[i * 10 + s])
              .isCloseTo(there ? (float) best[best.length - 1 - s] : 0f, within(1e-7f));
          assertThat(found.index()[i * 10 + s] >= 0).isEqualTo(there);
        }
      }
    }
  }

  private static LobesResult run(Lobes.Options options, int threads) {
    Chunks chunks = Chunks.read(Fixtures.file("spectral/chunks.npz"));
    NpyArray decoder = Npy.read(Fixtures.file("spectral/decoder.npy"));
    try (Workers workers = new Workers(threads)) {
      return Lobes.of(
          chunks,
          FloatMatrix.copyOf(decoder.floats(), decoder.shape()[1]),
          options,
          new Seed(0),
          workers,
          Progress.NONE);
    }
  }
}
