package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.SparseRows;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class LobeTypesTest {
  private static final Workers WORKERS = new Workers(2);
  private static final LobeTypes.Options QUICK = new LobeTypes.Options(40, 200);

  @AfterAll
  static void close() {
    WORKERS.close();
  }

  private static Path path(String name) throws URISyntaxException {
    return Path.of(LobeTypesTest.class.getResource(name).toURI());
  }

  @Test
  void lobesByTypeAreThoseOfTheReference() throws URISyntaxException {
    JsonNode expected = Json.read(path("types/expected.json"));
    Map<String, NpyArray> chunks = Npz.read(path("blocks/chunks.npz"));
    SparseRows pattern =
        SparseRows.pattern(
            (int) chunks.get("shape").longs()[1],
            chunks.get("indptr").longs(),
            chunks.get("indices").ints());
    short[] type = (short[]) chunks.get("type").values();
    int[] labels = Npy.read(path("types/labels.npy")).ints();
    int lobes = expected.get("lobes").asInt();
    assertThat(LobeWinners.of(pattern, labels, lobes, WORKERS).winner())
        .isEqualTo(Npy.read(path("types/winners.npy")).ints());
    List<String> types = new ArrayList<>();
    expected.get("types").forEach(t -> types.add(t.asText()));
    LobeTypes found =
        LobeTypes.of(
            pattern,
            chunks.get("document").ints(),
            type,
            types,
            false,
            labels,
            lobes,
            null,
            QUICK,
            new Seed(1),
            WORKERS);
    for (int l = 0; l < lobes; l++) {
      for (int k = 0; k < types.size(); k++) {
        assertThat(found.winnerCounts()[l][k])
            .isEqualTo(expected.get("counts").get(l).get(k).asLong());
        assertThat(found.winnerShare()[l][k])
            .isCloseTo(expected.get("fraction").get(l).get(k).asDouble(), within(1e-12));
        assertThat(found.wilson()[l][k].lo())
            .isCloseTo(expected.get("wilson95").get(l).get(k).get(0).asDouble(), within(1e-10));
        assertThat(found.wilson()[l][k].hi())
            .isCloseTo(expected.get("wilson95").get(l).get(k).get(1).asDouble(), within(1e-10));
        assertThat(found.meanShare()[l][k])
            .isCloseTo(expected.get("mean_share").get(l).get(k).asDouble(), within(1e-10));
        assertThat(found.winnerByDocuments()[l][k].contains(found.winnerShare()[l][k])).isTrue();
        assertThat(found.meanShareByDocuments()[l][k].contains(found.meanShare()[l][k])).isTrue();
      }
    }
    assertThat(found.majority()).containsExactly(0, 1, 2, 3);
    assertThat(found.tiedChunks()).isEqualTo(expected.get("tied_blocks").asInt());
    assertThat(found.independence().statistic())
        .isCloseTo(expected.get("chi_square").asDouble(), within(1e-9));
    assertThat(found.independence().cramersV())
        .isCloseTo(expected.get("cramers_v").asDouble(), within(1e-10));
    assertThat(Arrays.stream(found.documents()).sum()).isEqualTo(expected.get("documents").asInt());
    assertThat(found.cramersVNull().p()).isEqualTo(1.0 / 41);
    assertThat(found.names()).containsExactlyElementsOf(types);
  }

  @Test
  void tiesGoToTheLowestLobe() {
    SparseRows pattern =
        SparseRows.pattern(
            5, new long[] {0, 0, 2, 4, 6, 11}, new int[] {0, 2, 2, 3, 1, 4, 0, 1, 2, 3, 4});
    LobeWinners found = LobeWinners.of(pattern, new int[] {0, 0, 1, 1, 2}, 3, WORKERS);
    assertThat(found.winner()).containsExactly(0, 0, 1, 2, 0);
    assertThat(found.tied()).isEqualTo(3);
  }

  @Test
  void emptyLobesNeverWin() {
    SparseRows pattern = SparseRows.pattern(2, new long[] {0, 0, 1}, new int[] {1});
    assertThat(LobeWinners.of(pattern, new int[] {1, 2}, 4, WORKERS).winner())
        .containsExactly(1, 2);
    assertThat(LobeWinners.of(pattern, new int[] {-1, -1}, 2, WORKERS).winner())
        .containsExactly(-1, -1);
  }

  /** Types have nothing to do with what fires: the null finds nothing, seed by seed. */
  @Test
  void typesThatMeanNothingAreNotSignificant() {
    int low = 0;
    for (int s = 0; s < 30; s++) {
      RandomGenerator random = new Seed(s).generator();
      int chunks = 200;
      int features = 40;
      long[] indptr = new long[chunks + 1];
      List<Integer> indices = new ArrayList<>();
      short[] type = new short[chunks];
      int[] document = new int[chunks];
      for (int t = 0; t < chunks; t++) {
        for (int f = 0; f < features; f++) {
          if (random.nextDouble() < 0.3) {
            indices.add(f);
          }
        }
        indptr[t + 1] = indices.size();
        type[t] = (short) random.nextInt(3);
        document[t] = t;
      }
      SparseRows pattern =
          SparseRows.pattern(
              features, indptr, indices.stream().mapToInt(Integer::intValue).toArray());
      int[] labels = random.ints(features, 0, 3).toArray();
      LobeTypes found =
          LobeTypes.of(
              pattern,
              document,
              type,
              List.of("a", "b", "c"),
              true,
              labels,
              3,
              null,
              new LobeTypes.Options(39, 0),
              new Seed(s),
              WORKERS);
      if (found.cramersVNull().p() <= 0.1) {
        low++;
      }
    }
    // Binomial(30, 0.1): more than 9 has probability 0.0005; the seeds are fixed.
    assertThat(low).isLessThanOrEqualTo(9);
  }

  @Test
  void theSplitKeepsDocumentsWholeAndEveryTypeOnBothSides() {
    int[] document = {0, 0, 1, 2, 2, 2, 3, 4, 5, 6};
    short[] type = {0, 0, 0, 1, 1, 1, 1, 2, 0, 0};
    boolean[] held = DocumentSplit.heldOut(document, type, 0.3, new Seed(2));
    assertThat(held[0]).isEqualTo(held[1]);
    assertThat(held[3]).isEqualTo(held[4]).isEqualTo(held[5]);
    for (short k = 0; k < 2; k++) {
      boolean in = false;
      boolean out = false;
      for (int t = 0; t < type.length; t++) {
        in |= type[t] == k && !held[t];
        out |= type[t] == k && held[t];
      }
      assertThat(in && out).as("type " + k).isTrue();
    }
    assertThat(DocumentSplit.heldOut(document, type, 0, new Seed(2))).containsOnly(false);
  }
}
