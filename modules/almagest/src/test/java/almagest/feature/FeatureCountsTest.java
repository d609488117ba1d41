package almagest.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FeatureCountsTest {
  private static final int FEATURES = 7;

  @TempDir Path temporary;

  private static SparseRows random(int rows, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    long[] indptr = new long[rows + 1];
    List<Integer> indices = new ArrayList<>();
    List<Float> values = new ArrayList<>();
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < FEATURES - 1; j++) {
        if (random.nextDouble() < 0.3) {
          indices.add(j);
          values.add((float) random.nextExponential() * (j + 1));
        }
      }
      indptr[r + 1] = indices.size();
    }
    float[] v = new float[values.size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = values.get(i);
    }
    return new SparseRows(
        FEATURES, indptr, indices.stream().mapToInt(Integer::intValue).toArray(), v);
  }

  private static SparseRows slice(SparseRows all, int from, int to) {
    long[] indptr = new long[to - from + 1];
    for (int r = from; r <= to; r++) {
      indptr[r - from] = all.indptr()[r] - all.indptr()[from];
    }
    return new SparseRows(
        all.columns(),
        indptr,
        java.util.Arrays.copyOfRange(all.indices(), all.start(from), all.end(to - 1)),
        java.util.Arrays.copyOfRange(all.values(), all.start(from), all.end(to - 1)));
  }

  /** Documents of 5, 10, 15, … rows. */
  private static int[] documents(int rows) {
    int[] document = new int[rows];
    for (int r = 0, d = 0, left = 5; r < rows; r++) {
      if (left-- == 0) {
        d++;
        left = 5 * (d + 1) - 1;
      }
      document[r] = d;
    }
    return document;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void occurrencesAreThePlainCounts(long seed) {
    SparseRows all = random(200, seed);
    short[] type = new short[200];
    for (int r = 0; r < type.length; r++) {
      type[r] = (short) (r / 90);
    }
    Occurrences.Counter counter = new Occurrences.Counter(FEATURES, 3, type, 0.5f);
    counter.accept(0, slice(all, 0, 77));
    counter.accept(77, slice(all, 77, 200));
    long[][] expected = new long[3][FEATURES];
    for (int r = 0; r < 200; r++) {
      for (int e = all.start(r); e < all.end(r); e++) {
        expected[type[r]][all.indices()[e]] += all.values()[e] > 0.5f ? 1 : 0;
      }
    }
    Occurrences got = counter.result();
    assertThat(got.typeHistogram()).isDeepEqualTo(expected);
    assertThat(got.typeTokens()).containsExactly(90, 90, 20);
    got.write(temporary.resolve("occurrences.npz"));
    assertThat(Occurrences.read(temporary.resolve("occurrences.npz")))
        .usingRecursiveComparison()
        .isEqualTo(got);
    assertThat(got.deadFraction()).isCloseTo(1.0 / FEATURES, within(1e-12));
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5, 6})
  void topExamplesAreTheStrongestOfEachDocumentHoweverTheTokensAreCut(long seed)
      throws IOException {
    int rows = 600;
    SparseRows all = random(rows, seed);
    int[] document = documents(rows);
    Examples.Options options = new Examples.Options(4, 6, 3, 0);
    Path whole = write(all, document, options, rows);
    Path cut = write(all, document, options, 75);
    assertThat(cut).hasSameBinaryContentAs(whole);
    List<String> lines = Files.readAllLines(whole);
    assertThat(lines).hasSize(FEATURES);
    for (int j = 0; j < FEATURES; j++) {
      JsonNode line = Json.parse(lines.get(j));
      Map<Integer, Float> best = new HashMap<>();
      long fires = 0;
      for (int r = 0; r < rows; r++) {
        for (int e = all.start(r); e < all.end(r); e++) {
          if (all.indices()[e] == j) {
            best.merge(document[r], all.values()[e], Math::max);
            fires++;
          }
        }
      }
      List<Float> expected =
          best.values().stream().sorted(java.util.Comparator.reverseOrder()).limit(4).toList();
      List<Float> got = new ArrayList<>();
      for (JsonNode example : line.path("examples")) {
        JsonNode values = example.path("values");
        float peak = values.get(example.path("focus").asInt()).floatValue();
        assertThat(peak).isEqualTo(example.path("activation").floatValue());
        assertThat(values.size()).isEqualTo(example.path("tokens").size()).isLessThanOrEqualTo(7);
        if (example.path("quantile").asText().equals("top")) {
          got.add(peak);
        }
      }
      assertThat(got).isEqualTo(expected);
      assertThat(line.path("fires").asLong()).isEqualTo(fires);
      long counted = 0;
      for (JsonNode n : line.path("histogram").path("counts")) {
        counted += n.asLong();
      }
      assertThat(counted).isEqualTo(fires);
      assertThat(line.path("histogram").path("edges")).hasSize(21);
      assertThat(line.path("histogram").path("edges").get(20).asDouble())
          .isGreaterThanOrEqualTo(line.path("max").asDouble());
    }
  }

  /** Documents end at multiples of 75 among others, so windows are whole in both cuts. */
  private Path write(SparseRows all, int[] document, Examples.Options options, int piece) {
    Examples examples = new Examples(FEATURES, document, options, new Seed(1));
    for (int from = 0; from < all.rows(); ) {
      int to = Math.min(all.rows(), from + piece);
      while (to < all.rows() && document[to] == document[to - 1]) {
        to++;
      }
      examples.accept(from, slice(all, from, to));
      from = to;
    }
    int[] id = new int[all.rows()];
    for (int r = 0; r < id.length; r++) {
      id[r] = r % 11;
    }
    Path file = temporary.resolve("examples-" + piece + ".jsonl");
    ExampleFile.write(
        file, examples, new ExampleFile.Names(id, i -> " t" + i, d -> "doc" + d, d -> "prose"));
    return file;
  }

  @Test
  void piecesEndWhereDocumentsEnd() {
    int[] document = documents(60_000);
    int before = 0;
    for (int[] piece : FeatureStream.pieces(document)) {
      assertThat(piece[0]).isEqualTo(before);
      before = piece[1];
      assertThat(before == document.length || document[before] != document[before - 1]).isTrue();
    }
    assertThat(before).isEqualTo(document.length);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 300, 2100})
  void neighboursAreThoseOfTheDefinition(int n) {
    RandomGenerator random = new Seed(n).generator();
    int d = 6;
    FloatMatrix cloud = FloatMatrix.zeros(n, d);
    for (int j = 0; j < n; j++) {
      float[] row = new float[d];
      RandomDirections.unit(random, row);
      for (int i = 0; i < d; i++) {
        row[i] *= 1 + j % 3;
      }
      cloud.setRow(j, row);
    }
    if (n > 4) {
      cloud.setRow(3, new float[d]);
    }
    try (Workers workers = new Workers(2)) {
      Neighbours got = Neighbours.byCosine(cloud, 10, workers, Progress.NONE);
      for (int j = 0; j < n; j += Math.max(1, n / 50)) {
        List<Double> cosines = new ArrayList<>();
        for (int o = 0; o < n; o++) {
          double c = cosine(cloud.row(j), cloud.row(o));
          if (o != j && !Double.isNaN(c)) {
            cosines.add(c);
          }
        }
        cosines.sort(java.util.Comparator.reverseOrder());
        for (int i = 0; i < 10; i++) {
          int neighbour = got.index()[j * 10 + i];
          if (i >= cosines.size()) {
            assertThat(neighbour).isEqualTo(-1);
          } else {
            assertThat((double) got.value()[j * 10 + i]).isCloseTo(cosines.get(i), within(1e-6));
            assertThat(cosine(cloud.row(j), cloud.row(neighbour)))
                .isCloseTo(cosines.get(i), within(1e-6));
          }
        }
      }
    }
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(aa * bb);
  }
}
