package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.Seed;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CrystalsCommandTest {
  private static final Path MODELS =
      Path.of("../almagest/src/test/resources/almagest/model").toAbsolutePath();

  private static final int PAIRS = 24;
  private static final int D = 12;

  @TempDir private Path folder;

  /** What a command printed and how it ended. */
  private record Ended(int code, String out, String err) {}

  private Ended run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("crystals"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--out", folder.resolve("out").toString(), "--quiet", "--shuffles", "24"));
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      int code = Main.execute(all.toArray(String[]::new));
      return new Ended(
          code, printed.toString(StandardCharsets.UTF_8), said.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private String write(String name, String text) {
    try {
      Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return folder.resolve(name).toString();
  }

  private JsonNode result() {
    return Json.read(folder.resolve("out/crystals.json"));
  }

  /** Four relations, each a step along an axis of its own, under a strong distractor. */
  private String vectors() {
    RandomGenerator random = new Seed(5).generator();
    float[] x = new float[8 * PAIRS * D];
    for (int p = 0; p < 4 * PAIRS; p++) {
      for (int j = 0; j < D; j++) {
        float a = (float) random.nextGaussian();
        x[2 * p * D + j] = a;
        x[(2 * p + 1) * D + j] =
            (float)
                (a
                    + 0.1 * random.nextGaussian()
                    + (j == p / PAIRS ? 3 : 0)
                    + (j == D - 1 ? 5 * random.nextGaussian() : 0));
      }
    }
    Npy.write(folder.resolve("x.npy"), NpyArray.of(x, 8 * PAIRS, D));
    return folder.resolve("x.npy").toString();
  }

  private String pairs() {
    Map<String, List<int[]>> pairs = new java.util.TreeMap<>();
    for (int p = 0; p < 4 * PAIRS; p++) {
      pairs
          .computeIfAbsent("relation-" + p / PAIRS, n -> new ArrayList<>())
          .add(new int[] {2 * p, 2 * p + 1});
    }
    return write("pairs.json", Json.line(Json.tree(pairs)));
  }

  @Test
  void plantedRelationsAmongReadyVectorsGain() {
    Ended ended = run("--vectors", vectors(), "--pairs", pairs());
    assertThat(ended.err()).isEmpty();
    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .contains(
            "relation-2",
            "claimed",
            "by faces and by silhouette: relation-0, relation-1, relation-2, relation-3",
            "not by both: none");
    JsonNode layer = result().at("/layers/0");
    assertThat(layer.at("/lda/components").asInt()).isEqualTo(3);
    assertThat(layer.at("/silhouette/gain/claimed").asBoolean()).isTrue();
    assertThat(layer.at("/silhouette/shuffled/0").asDouble()).isLessThan(0.05);
    assertThat(layer.at("/held_out_relations/groups")).hasSize(2);
    assertThat(layer.get("variants")).hasSize(2);
    for (JsonNode r : layer.get("relations")) {
      assertThat(r.get("gains").asBoolean()).isTrue();
      assertThat(r.at("/silhouette/gain/claimed").asBoolean()).isTrue();
      assertThat(r.at("/after/trapezoid_cosine/median").asDouble()).isGreaterThan(0.8);
    }
    assertThat(layer.at("/distractors/constant")).hasSize(1);
    // The distractor is most of the scatter, and lies outside the subspace.
    assertThat(layer.at("/distractors/removed_directions/0/share_of_scatter").asDouble())
        .isGreaterThan(0.8);
    assertThat(Npy.read(folder.resolve("out/differences-vectors.npy")).shape())
        .containsExactly(4 * PAIRS, D);
    Map<String, NpyArray> fit = Npz.read(folder.resolve("out/lda-vectors.npz"));
    assertThat(fit.get("projected").shape()).containsExactly(4 * PAIRS, 3);
    assertThat(fit.get("scalings").shape()).containsExactly(D, 3);
    assertThat(fit.get("labels").ints()).hasSize(4 * PAIRS).endsWith(3);
  }

  /** Or copies would be held out from projections that were fitted to them. */
  @Test
  void aPairThatStandsThereTwiceCountsOnce() {
    String x = vectors();
    run("--vectors", x, "--pairs", pairs());
    JsonNode expected = result().get("layers");
    JsonNode twice = Json.read(folder.resolve("pairs.json"));
    for (JsonNode pair : twice.get("relation-1").deepCopy()) {
      ((com.fasterxml.jackson.databind.node.ArrayNode) twice.get("relation-1")).add(pair);
    }
    Ended ended = run("--vectors", x, "--pairs", write("twice.json", Json.line(twice)));
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out()).contains("left out of relation-1: 24 of 48, pairs that stand there");
    assertThat(result().get("layers")).isEqualTo(expected);
  }

  @Test
  void theFormsOfPairsSayTheSame() {
    String x = vectors();
    run("--vectors", x, "--pairs", pairs());
    JsonNode expected = result().get("layers");
    List<int[]> pairs = new ArrayList<>();
    List<String> relation = new ArrayList<>();
    List<List<Object>> triples = new ArrayList<>();
    List<Map<String, Object>> objects = new ArrayList<>();
    for (int p = 0; p < 4 * PAIRS; p++) {
      String name = "relation-" + p / PAIRS;
      pairs.add(new int[] {2 * p, 2 * p + 1});
      relation.add(name);
      triples.add(List.of(2 * p, 2 * p + 1, name));
      objects.add(Map.of("input", 2 * p, "output", "#" + (2 * p + 1), "relation", name));
    }
    for (Object form : List.of(Map.of("pairs", pairs, "relation", relation), triples, objects)) {
      Ended ended = run("--vectors", x, "--pairs", write("other.json", Json.line(Json.tree(form))));
      assertThat(ended.code()).as(ended.err()).isZero();
      assertThat(result().get("layers")).isEqualTo(expected);
    }
  }

  @Test
  void jsonIsTheOnlyOutputAndTheSameOnAnyNumberOfThreads() {
    String x = vectors();
    String p = pairs();
    Ended one = run("--vectors", x, "--pairs", p, "--json", "--threads", "1");
    Ended three = run("--vectors", x, "--pairs", p, "--json", "--threads", "3");
    assertThat(three.out()).isEqualTo(one.out());
    assertThat(Json.line(result())).isEqualTo(one.out().strip());
  }

  @ParameterizedTest
  @CsvSource({"eigen,none", "eigen,oas", "eigen,ledoit-wolf", "eigen,0.2", "svd,none"})
  void everySolverFindsThePlant(String solver, String shrinkage) {
    Ended ended =
        run(
            "--vectors",
            vectors(),
            "--pairs",
            pairs(),
            "--solver",
            solver,
            "--shrinkage",
            shrinkage,
            "--components",
            "2");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(result().at("/layers/0/lda/components").asInt()).isEqualTo(2);
    assertThat(result().at("/almagest/options/shrinkage").asText()).isEqualTo(shrinkage);
    assertThat(result().at("/layers/0/silhouette/gain/claimed").asBoolean()).isTrue();
  }

  /** man : woman as king : queen and so on, planted exactly in a small list of words. */
  private String[] royalWords() {
    String[] males = {"man", "king", "boy", "uncle"};
    String[] females = {"woman", "queen", "girl", "aunt"};
    RandomGenerator random = new Seed(8).generator();
    int d = 20;
    float[] x = new float[16 * d];
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < 16; i++) {
      for (int j = 0; j < d; j++) {
        x[i * d + j] = (float) random.nextGaussian();
      }
    }
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < d; j++) {
        x[(i + 4) * d + j] = x[i * d + j] + (j == 3 ? 3 : 0);
      }
      words.append(males[i]).append('\n');
    }
    for (String f : females) {
      words.append(f).append('\n');
    }
    for (int i = 8; i < 16; i++) {
      words.append("word").append(i).append('\n');
    }
    Npy.write(folder.resolve("words.npy"), NpyArray.of(x, 16, d));
    StringBuilder questions = new StringBuilder(": family\n");
    for (int p = 0; p < 4; p++) {
      for (int q = 0; q < 4; q++) {
        if (p != q) {
          questions.append("%s %s %s %s%n".formatted(males[p], females[p], males[q], females[q]));
        }
      }
    }
    questions.append("man woman emperor empress\n: capitals\nParis France Rome Italy\n");
    return new String[] {
      "--vectors", folder.resolve("words.npy").toString(),
      "--words", write("words.txt", words.toString()),
      "--relations", write("questions.txt", questions.toString())
    };
  }

  @Test
  void analogiesAreAnsweredByCategoryAndWhatLacksItsWordsIsSaid() {
    Ended ended = run(royalWords());
    assertThat(ended.code()).as(ended.err()).isZero();
    JsonNode layer = result().at("/layers/0");
    assertThat(layer.get("skipped").asText()).contains("at least 3 relations");
    JsonNode family = layer.at("/analogies/categories/0");
    assertThat(family.get("name").asText()).isEqualTo("family");
    assertThat(family.get("questions").asInt()).isEqualTo(12);
    assertThat(family.get("three_cos_add").asInt()).isEqualTo(12);
    assertThat(family.get("pair_direction").asInt()).isEqualTo(12);
    assertThat(ended.out()).contains("1 of 13", "emperor", "capitals");
  }

  /** Runs where the data is: ALMAGEST_DATA names a folder with wordvecs and analogies. */
  @Test
  void realWordVectorsAnswerAsTheReferenceDoes() {
    String data = System.getenv("ALMAGEST_DATA");
    assumeTrue(data != null, "ALMAGEST_DATA is not set");
    Path vecs = Path.of(data).resolve("wordvecs");
    Ended ended =
        run(
            "--vectors", vecs.resolve("wordvecs1000.npy").toString(),
            "--words", vecs.resolve("words.txt").toString(),
            "--relations", Path.of(data).resolve("analogies/questions-words.txt").toString());
    assertThat(ended.code()).as(ended.err()).isZero();
    Map<String, int[]> reference =
        Map.of(
            "family", new int[] {81, 90},
            "gram3-comparative", new int[] {6, 6},
            "gram5-present-participle", new int[] {73, 90},
            "gram7-past-tense", new int[] {25, 30},
            "gram8-plural", new int[] {24, 30},
            "gram9-plural-verbs", new int[] {10, 12});
    for (JsonNode c : result().at("/layers/0/analogies/categories")) {
      int[] expected = reference.get(c.get("name").asText());
      assertThat(new int[] {c.get("three_cos_add").asInt(), c.get("questions").asInt()})
          .as(c.get("name").asText())
          .containsExactly(expected);
    }
  }

  private String relation(String name, int pairs) {
    StringBuilder json = new StringBuilder("[");
    for (int i = 0; i < pairs; i++) {
      json.append(i == 0 ? "" : ", ")
          .append(
              "{\"input\": \"%s%s\", \"output\": \"%s%s%s\"}"
                  .formatted(letter(i), name, letter(i), letter(i + 3), name));
    }
    return write(name + ".json", json.append("]").toString());
  }

  private static char letter(int i) {
    return (char) ('a' + i % 26);
  }

  @ParameterizedTest
  @CsvSource({"bert", "gpt2", "gemma"})
  void aModelIsReadAtSeveralHooks(String model) {
    Ended ended =
        run(
            "--model",
            MODELS.resolve(model).toString(),
            "--hook",
            "embeddings",
            "blocks.1.hook_resid_post",
            "--relations",
            relation("ab", 12),
            relation("cd", 12),
            relation("ef", 12),
            "--template",
            "the {}",
            "--pool",
            model.equals("gpt2") ? "last" : "mean");
    assertThat(ended.code()).as(ended.err()).isZero();
    JsonNode layers = result().get("layers");
    assertThat(layers).hasSize(2);
    assertThat(layers.at("/0/layer").asInt()).isEqualTo(-1);
    assertThat(layers.at("/1/hook").asText()).isEqualTo("blocks.1.hook_resid_post");
    assertThat(result().get("pool").asText()).isEqualTo(model.equals("gpt2") ? "last" : "mean");
    assertThat(layers.at("/0/length/last_token/n").asInt()).isEqualTo(36);
    assertThat(Files.exists(folder.resolve("out/lda-blocks.1.hook_resid_post.npz"))).isTrue();
  }

  @Test
  void aWordThatCannotBeSpelledIsNamedOrLeftOut() {
    String odd =
        write(
            "odd.csv",
            "input,output\n8,b\n"
                + "aa,ab\nba,bb\nca,cb\nda,db\nea,eb\nfa,fb\nga,gb\nha,hb\nia,ib\nja,jb\n");
    String[] asked = {
      "--model",
      MODELS.resolve("bert").toString(),
      "--hook",
      "embeddings",
      "--relations",
      odd,
      relation("cd", 12),
      relation("ef", 12)
    };
    Ended ended = run(asked);
    assertThat(ended.code()).isEqualTo(Main.BAD_INPUT);
    assertThat(ended.err()).contains("\"8\"", "odd.csv", "pair 1", "[UNK]", "--unspelled drop");
    refused(
        "\"" + "z".repeat(60) + "…\" (",
        "--model",
        MODELS.resolve("bert").toString(),
        "--relations",
        write("long.csv", "z".repeat(5000) + ",b\n"));
    String[] drop = java.util.Arrays.copyOf(asked, asked.length + 2);
    drop[asked.length] = "--unspelled";
    drop[asked.length + 1] = "drop";
    ended = run(drop);
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(result().at("/left_out/0/count").asInt()).isEqualTo(1);
  }

  private void refused(String message, String... arguments) {
    Ended ended = run(arguments);
    assertThat(ended.code()).as(ended.err()).isEqualTo(Main.BAD_INPUT);
    assertThat(ended.err()).contains(message);
    assertThat(ended.err().strip().lines().count()).isEqualTo(1);
  }

  @Test
  void badPairsAreNamed() {
    String x = vectors();
    refused("expected a list of pairs", "--vectors", x, "--pairs", write("p.json", "3"));
    refused("is empty", "--vectors", x, "--pairs", write("p.json", "[]"));
    refused("is empty", "--vectors", x, "--pairs", write("p.json", "{\"a\": []}"));
    refused("[1]: expected [input", "--vectors", x, "--pairs", write("p.json", "[[0, 1], [2]]"));
    refused(
        "1 pairs with 2 relations",
        "--vectors",
        x,
        "--pairs",
        write("p.json", "{\"pairs\": [[0, 1]], \"relation\": [1, 2]}"));
    refused("not valid JSON", "--vectors", x, "--pairs", write("p.json", "[[0, 1"));
    refused("row 192", "--vectors", x, "--pairs", write("p.json", "[[0, 192]]"));
    refused("\"king\"", "--vectors", x, "--pairs", write("p.json", "[[0, \"king\"]]"));
    refused("single class", "--vectors", x, "--pairs", write("p.json", "[[0, 1]]"));
    refused(
        "at least 3 relations",
        "--vectors",
        x,
        "--pairs",
        write("p.json", "{\"a\": [[0, 1]], \"b\": [[2, 3]]}"));
    refused(
        "has 1 pairs",
        "--vectors",
        x,
        "--pairs",
        write("p.json", "{\"a\": [[0, 1]], \"b\": [[2, 3]], \"c\": [[4, 5]]}"));
    refused("at most 3 components", "--vectors", x, "--pairs", pairs(), "--components", "4");
    refused("fewer than the 500", "--vectors", x, "--pairs", pairs(), "--components", "500");
    refused("2 folds", "--vectors", x, "--pairs", pairs(), "--folds", "1");
    refused("shrinkage", "--vectors", x, "--pairs", pairs(), "--shrinkage", "2");
    refused(
        "takes no shrinkage",
        "--vectors",
        x,
        "--pairs",
        pairs(),
        "--solver",
        "svd",
        "--shrinkage",
        "oas");
  }

  @Test
  void badVectorsAndWordsAreNamed() {
    float[] nan = new float[8];
    nan[5] = Float.NaN;
    Npy.write(folder.resolve("nan.npy"), NpyArray.of(nan, 4, 2));
    refused("NaN", "--vectors", folder.resolve("nan.npy").toString(), "--pairs", pairs());
    String x = vectors();
    refused(
        "2 words",
        "--vectors",
        x,
        "--words",
        write("w.txt", "a\nb\n"),
        "--relations",
        relation("ab", 3));
    refused(
        "stands there before",
        "--vectors",
        x,
        "--words",
        write("w.txt", "a\na\n"),
        "--relations",
        relation("ab", 3));
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < 8 * PAIRS; i++) {
      words.append("w").append(i).append('\n');
    }
    refused(
        "no relation has a pair",
        "--vectors",
        x,
        "--words",
        write("w.txt", words.toString()),
        "--relations",
        relation("ab", 3));
    refused("--words", "--vectors", x, "--relations", relation("ab", 3));
    refused("either --pairs or --relations", "--vectors", x);
  }

  @Test
  void badRelationsAndModelsAreNamed() {
    String bert = MODELS.resolve("bert").toString();
    refused("expected either --model or --vectors", "--relations", relation("ab", 3));
    refused("needs --relations", "--model", bert);
    refused("expected a list of", "--model", bert, "--relations", write("r.json", "{\"a\": 1}"));
    refused("is empty", "--model", bert, "--relations", write("r.json", "[]"));
    refused("'output'", "--model", bert, "--relations", write("r.json", "[{\"input\": \"a\"}]"));
    refused(
        "3 (relation, input, output), found 4",
        "--model",
        bert,
        "--relations",
        write("r.tsv", "a\tb\tc\td\n"));
    refused("four words", "--model", bert, "--relations", write("r.txt", ": x\na b c\n"));
    refused(
        "{} where the word goes",
        "--model",
        bert,
        "--relations",
        relation("ab", 3),
        "--template",
        "the");
    refused(
        "blocks 0 to 2", "--model", bert, "--relations", relation("ab", 3), "--hook", "layers.3");
    refused("hook \"third\"", "--model", bert, "--relations", relation("ab", 3), "--hook", "third");
  }

  @Test
  void frequenciesJoinTheDistractors() {
    String[] royal = royalWords();
    String f = write("f.tsv", "king\t1000\nqueen\tmany\n");
    String[] all = java.util.Arrays.copyOf(royal, royal.length + 2);
    all[royal.length] = "--frequencies";
    all[royal.length + 1] = f;
    refused("line 2", all);
    String x = vectors();
    StringBuilder words = new StringBuilder();
    StringBuilder counts = new StringBuilder();
    StringBuilder csv = new StringBuilder();
    for (int i = 0; i < 8 * PAIRS; i++) {
      words.append("w").append(i).append('\n');
      counts.append("w").append(i).append('\t').append(1 + i * i % 977).append('\n');
    }
    for (int p = 0; p < 4 * PAIRS; p++) {
      csv.append("r%d,w%d,w%d%n".formatted(p / PAIRS, 2 * p, 2 * p + 1));
    }
    Ended ended =
        run(
            "--vectors", x,
            "--words", write("w.txt", words.toString()),
            "--relations", write("r.csv", csv.toString()),
            "--frequencies", write("c.tsv", counts.toString()));
    assertThat(ended.code()).as(ended.err()).isZero();
    List<String> names = new ArrayList<>();
    result()
        .at("/layers/0/distractors/nuisances")
        .forEach(n -> {
          names.add(n.get("name").asText());
          double chance = n.at("/null/mean").asDouble();
          assertThat(chance).isCloseTo(1.0 / (4 * PAIRS - 4), within(0.02));
        });
    assertThat(names).contains("log_frequency");
  }
}
