package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.SparseRows;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CooccurrenceTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"blocks", "tokens", "end_to_end"})
  void countsEqualTheOuterProductLoop(String fixture) {
    Chunks chunks = Chunks.read(Fixtures.file(fixture + "/chunks.npz"));
    Path expected = Fixtures.file(fixture + "/cooccurrence.npz");
    try (Workers workers = new Workers(2)) {
      Cooccurrence counts = Cooccurrence.count(chunks, workers);
      assertThat(counts.toArray()).isEqualTo(Npz.read(expected).get("histogram").ints());
      assertThat(counts.chunks()).isEqualTo(Cooccurrence.read(expected).chunks());
      assertThat(Cooccurrence.read(expected).toArray()).isEqualTo(counts.toArray());
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 0", "3, 63, 1", "65, 64, 2", "130, 65, 3", "200, 1000, 4", "67, 513, 5"})
  void everySplitOfTheKernelsAndEveryThreadCountGivesTheSameCounts(int n, int t, int seed) {
    Chunks chunks = random(n, t, new Seed(seed));
    int[] expected = plain(chunks);
    RandomGenerator random = new Seed(seed).generator();
    for (int threads = 1; threads <= 3; threads += 2) {
      try (Workers workers = new Workers(threads)) {
        boolean[] all = new boolean[n];
        Arrays.fill(all, true);
        boolean[] some = new boolean[n];
        for (int f = 0; f < n; f++) {
          some[f] = random.nextBoolean();
        }
        for (boolean[] frequent : List.of(new boolean[n], all, some)) {
          Cooccurrence counts = new Cooccurrence(n, t);
          new CooccurrenceCounter(chunks, counts, workers, frequent).run(Progress.NONE);
          assertThat(counts.toArray()).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void mergingPartsGivesTheCountsOfTheWhole() {
    Chunks whole = random(40, 300, new Seed(7));
    int[] first = java.util.stream.IntStream.range(0, 120).toArray();
    int[] rest = java.util.stream.IntStream.range(120, 300).toArray();
    try (Workers workers = new Workers(2)) {
      Cooccurrence merged =
          Cooccurrence.merge(
              List.of(
                  Cooccurrence.count(whole.select(first), workers),
                  Cooccurrence.count(whole.select(rest), workers)));
      assertThat(merged.toArray()).isEqualTo(Cooccurrence.count(whole, workers).toArray());
      assertThat(merged.chunks()).isEqualTo(300);
    }
  }

  @Test
  void whatIsWrittenReadsBackTheSame() {
    Chunks chunks = random(30, 50, new Seed(3));
    try (Workers workers = new Workers(1)) {
      Cooccurrence counts = Cooccurrence.count(chunks, workers);
      counts.write(folder.resolve("cooccurrence.npz"));
      chunks.write(folder.resolve("chunks.npz"));
      assertThat(Cooccurrence.read(folder.resolve("cooccurrence.npz")).toArray())
          .isEqualTo(counts.toArray());
      Chunks again = Chunks.read(folder.resolve("chunks.npz"));
      assertThat(again.pattern().indices()).isEqualTo(chunks.pattern().indices());
      assertThat(again.document()).isEqualTo(chunks.document());
    }
  }

  @Test
  void countsThatCouldOverflowAreHeldAndWrittenAsInt64() {
    int most = Integer.MAX_VALUE;
    Cooccurrence part = Cooccurrence.of(new int[] {most, 9, 9, 9}, 2, most, "part");
    assertThat(part.wide()).isFalse();
    Cooccurrence sum = Cooccurrence.merge(List.of(part, part, part));
    assertThat(sum.wide()).isTrue();
    Path file = folder.resolve("wide.npz");
    sum.write(file);
    assertThat(Npz.read(file).get("histogram").values()).isInstanceOf(long[].class);
    Cooccurrence again = Cooccurrence.read(file);
    assertThat(again.chunks()).isEqualTo(3L * most);
    assertThat(again.count(0, 0)).isEqualTo(3L * most);
    assertThat(again.count(1, 0)).isEqualTo(27);
    assertThat(again.featureCounts()).containsExactly(3L * most, 27);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4,1,2,4|10|transposed",
        "4,-1,-1,4|10|negative",
        "2,3,3,4|10|min(c_i, c_j)",
        "4,1,1,11|10|n_chunks",
        "4,1,1,4|-1|n_chunks"
      })
  void aHistogramThatCannotBeOneIsRefused(String values, long chunks, String reason) {
    int[] histogram = Arrays.stream(values.split(",")).mapToInt(Integer::parseInt).toArray();
    Path file = folder.resolve("bad.npz");
    Npz.write(
        file,
        Map.of("histogram", NpyArray.of(histogram, 2, 2), "n_chunks", NpyArray.scalar(chunks)));
    assertThatThrownBy(() -> Cooccurrence.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("bad.npz")
        .hasMessageContaining(reason);
  }

  static Chunks random(int n, int t, Seed seed) {
    RandomGenerator random = seed.generator();
    double[] rate = new double[n];
    for (int f = 0; f < n; f++) {
      rate[f] = f == 1 ? 1 : f == 2 ? 0 : Math.pow(random.nextDouble(), 3);
    }
    List<Integer> indices = new ArrayList<>();
    long[] indptr = new long[t + 1];
    for (int c = 0; c < t; c++) {
      for (int f = 0; f < n; f++) {
        if (random.nextDouble() < rate[f]) {
          indices.add(f);
        }
      }
      indptr[c + 1] = indices.size();
    }
    return new Chunks(
        SparseRows.pattern(n, indptr, indices.stream().mapToInt(i -> i).toArray()),
        new int[t],
        new short[t],
        List.of("any"));
  }

  private static int[] plain(Chunks chunks) {
    int n = chunks.features();
    int[] counts = new int[n * n];
    SparseRows p = chunks.pattern();
    for (int c = 0; c < chunks.count(); c++) {
      for (int a = p.start(c); a < p.end(c); a++) {
        for (int b = p.start(c); b < p.end(c); b++) {
          counts[p.indices()[a] * n + p.indices()[b]]++;
        }
      }
    }
    return counts;
  }
}
