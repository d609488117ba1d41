package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.brain.Chunks;
import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.Seed;
import almagest.tensor.SparseRows;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LobesCommandTest {
  private static final int FEATURES = 40;
  private static final int DIMENSIONS = 6;

  @TempDir private Path folder;
  private String errors = "";

  /** Even features fire on prose, odd ones on code; feature 39 never. */
  @BeforeEach
  void write() throws IOException {
    RandomGenerator random = new Seed(1).generator();
    int chunks = 240;
    List<Integer> indices = new ArrayList<>();
    long[] indptr = new long[chunks + 1];
    int[] document = new int[chunks];
    short[] type = new short[chunks];
    for (int c = 0; c < chunks; c++) {
      document[c] = c / 2;
      type[c] = (short) (c / 2 % 2);
      for (int f = 0; f < FEATURES - 1; f++) {
        if (random.nextDouble() < (f % 2 == type[c] ? 0.6 : 0.1)) {
          indices.add(f);
        }
      }
      indptr[c + 1] = indices.size();
    }
    new Chunks(
            SparseRows.pattern(FEATURES, indptr, indices.stream().mapToInt(i -> i).toArray()),
            document,
            type,
            List.of("prose", "code"))
        .write(folder.resolve("chunks.npz"));
    Files.writeString(folder.resolve("types.json"), "[\"prose\", \"code\"]");
    StringBuilder lines = new StringBuilder();
    for (int f = 0; f < FEATURES; f++) {
      lines
          .append("{\"feature\": ")
          .append(f)
          .append(", \"examples\": [{\"quantile\": \"top\", \"focus\": 1, \"tokens\": [\"x\", \"")
          .append(f % 2 == 0 ? " Whale" : " return")
          .append("\"]}]}\n");
    }
    Files.writeString(folder.resolve("examples.jsonl"), lines);
    Npy.write(folder.resolve("decoder.npy"), NpyArray.of(decoder(), FEATURES, DIMENSIONS));
  }

  private static float[] decoder() {
    RandomGenerator random = new Seed(2).generator();
    float[] x = new float[FEATURES * DIMENSIONS];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian() + (i / DIMENSIONS % 2 == 0 ? 1 : -1);
    }
    return x;
  }

  private int run(String... more) {
    List<String> arguments = new ArrayList<>(List.of("lobes", "--quiet", "--out"));
    arguments.add(folder.resolve("out").toString());
    arguments.addAll(Arrays.asList(more));
    PrintStream before = System.err;
    ByteArrayOutputStream caught = new ByteArrayOutputStream();
    System.setErr(new PrintStream(caught, true, StandardCharsets.UTF_8));
    try {
      return Main.execute(arguments.toArray(String[]::new));
    } finally {
      System.setErr(before);
      errors = caught.toString(StandardCharsets.UTF_8);
    }
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void everyAffinityAtEveryKStandsInOneTableAndLobesAreNamed() throws IOException {
    assertThat(
            run(
                "--chunks",
                file("chunks.npz"),
                "--decoder",
                file("decoder.npy"),
                "--affinity",
                "published",
                "--k",
                "2-3,5",
                "--nulls",
                "3"))
        .isZero();
    JsonNode lobes = Json.read(folder.resolve("out/lobes.json"));
    assertThat(lobes.get("comparison")).hasSize(15);
    for (JsonNode row : lobes.get("comparison")) {
      assertThat(row.get("ami").isNumber()).isTrue();
      assertThat(row.get("balanced_accuracy").isNumber()).isTrue();
    }
    assertThat(Files.readAllLines(folder.resolve("out/comparison.csv"))).hasSize(16);
    JsonNode choice = lobes.at("/affinities/phi/choice");
    assertThat(choice.get("eigengap").asInt()).isEqualTo(2);
    assertThat(choice.get("stability_halves").asInt()).isEqualTo(2);
    JsonNode two = lobes.at("/affinities/phi/k/2");
    List<String> names = new ArrayList<>();
    two.get("names").forEach(name -> names.add(name.asText()));
    assertThat(names).containsExactlyInAnyOrder("prose · whale", "code · return");
    JsonNode five = lobes.at("/affinities/phi/k/5");
    assertThat(five.at("/parent/k").asInt()).isEqualTo(3);
    assertThat(five.get("path")).hasSize(5);
    // The same number means the same lobe for every affinity.
    int[] phi = Npy.read(folder.resolve("out/labels-phi-k2.npy")).ints();
    for (String other : List.of("jaccard", "dice", "overlap", "angular")) {
      int[] labels = Npy.read(folder.resolve("out/labels-" + other + "-k2.npy")).ints();
      int same = 0;
      for (int f = 0; f < FEATURES; f++) {
        same += labels[f] == phi[f] ? 1 : 0;
      }
      assertThat(same).isGreaterThan(FEATURES / 2);
    }
  }

  @Test
  void neighbourGraphsNormalisedRowsAndClusterQrFindThePlantedHalves() {
    assertThat(
            run(
                "--chunks",
                file("chunks.npz"),
                "--k",
                "2",
                "--nulls",
                "0",
                "--dead",
                "drop",
                "--neighbour-graph",
                "12",
                "--assign",
                "cluster-qr",
                "--normalise-rows"))
        .isZero();
    int[] labels = Npy.read(folder.resolve("out/labels-phi-k2.npy")).ints();
    for (int f = 0; f < FEATURES - 1; f++) {
      assertThat(labels[f]).isEqualTo(labels[f % 2]);
    }
    assertThat(labels[0]).isNotEqualTo(labels[1]);
    assertThat(labels[FEATURES - 1]).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--k 41|cannot make 41 lobes of 40 features",
        "--k 5-3|--k: expected a range from the smaller",
        "--k two|--k: expected numbers",
        "--k 1|numbers of lobes from 2",
        "--affinity cosine|--affinity",
        "--assign hand|--assign",
        "--neighbour-graph 40|--neighbour-graph",
        "--min-firings -1|--min-firings",
        "--min-firings 200|cannot make"
      })
  void optionsThatCannotBeAreNamed(String options, String reason) {
    List<String> all = new ArrayList<>(List.of("--chunks", file("chunks.npz"), "--nulls", "0"));
    all.addAll(Arrays.asList(options.split(" ")));
    assertThat(run(all.toArray(String[]::new))).isEqualTo(Main.BAD_INPUT);
    assertThat(errors).contains(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4 1 2 4|10|transposed",
        "4 -1 -1 4|10|negative",
        "2 3 3 4|10|min(c_i, c_j)",
        "4 1 1 11|10|n_chunks",
        "6 1 1 6|10|less than c_i + c_j - n_chunks",
        "0 0 0 0|10|dead"
      })
  void countsThatCannotBeAreNamed(String values, long chunks, String reason) {
    int[] histogram = Arrays.stream(values.split(" ")).mapToInt(Integer::parseInt).toArray();
    Npz.write(
        folder.resolve("bad.npz"),
        Map.of("histogram", NpyArray.of(histogram, 2, 2), "n_chunks", NpyArray.scalar(chunks)));
    assertThat(run("--cooccurrence", file("bad.npz"), "--k", "2")).isEqualTo(Main.BAD_INPUT);
    assertThat(errors).contains(reason);
  }

  @Test
  void aSingleFeatureMakesNoLobes() {
    Npz.write(
        folder.resolve("one.npz"),
        Map.of("histogram", NpyArray.of(new int[] {4}, 1, 1), "n_chunks", NpyArray.scalar(9)));
    assertThat(run("--cooccurrence", file("one.npz"), "--k", "2")).isEqualTo(Main.BAD_INPUT);
    assertThat(errors).contains("cannot make 2 lobes of 1 features").hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rows", "NaN", "zero"})
  void decodersThatCannotBeAreNamed(String what) {
    float[] x = decoder();
    int rows = FEATURES;
    if (what.equals("rows")) {
      rows--;
      x = Arrays.copyOf(x, rows * DIMENSIONS);
    } else if (what.equals("NaN")) {
      x[3 * DIMENSIONS + 1] = Float.NaN;
    } else {
      Arrays.fill(x, 3 * DIMENSIONS, 4 * DIMENSIONS, 0);
    }
    Npy.write(folder.resolve("bad.npy"), NpyArray.of(x, rows, DIMENSIONS));
    assertThat(run("--chunks", file("chunks.npz"), "--decoder", file("bad.npy"), "--k", "2"))
        .isEqualTo(Main.BAD_INPUT);
    assertThat(errors).contains(what.equals("rows") ? "39 directions" : "row 3");
  }

  @Test
  void whatCannotFitIsRefusedBeforeItStarts() {
    assertThat(run("--chunks", file("chunks.npz"), "--k", "2", "--memory", "1k"))
        .isEqualTo(Main.NO_RESOURCES);
    assertThat(errors).contains("memory: about", "--neighbour-graph");
  }
}
