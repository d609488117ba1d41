package almagest.atlas;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.run.Hashes;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One layer's folder, read into columns and an entry of the index. */
final class LayerData {
  private static final Pattern LABELS = Pattern.compile("labels-(.+)-k(\\d{1,6})\\.npy");

  private final RunFiles run;
  private final String folder;
  private final Columns columns;
  private final ObjectNode node = Json.object();
  private int features = -1;

  private LayerData(RunFiles run, String folder, Columns columns) {
    this.run = run;
    this.folder = folder;
    this.columns = columns;
  }

  /**
   * Reads a layer.
   *
   * @param quotes which contexts to keep, and how
   * @param documents takes the ids of the documents that are quoted
   */
  static ObjectNode read(
      RunFiles run, String folder, Columns columns, Quotes quotes, Set<String> documents) {
    LayerData layer = new LayerData(run, folder, columns);
    layer.node.put("name", folder);
    layer.node.put("layer", RunFiles.number(folder));
    layer.maps();
    layer.labels();
    layer.occurrences();
    layer.contexts(quotes, documents);
    layer.neighbours();
    layer.quantities();
    layer.results();
    layer.node.put("features", Math.max(0, layer.features));
    return layer.node;
  }

  private String file(String name) {
    return folder + "/" + name;
  }

  private void maps() {
    NpyArray map = run.npy(file("map.npy"), folder + " has no flat map", -1, 2);
    if (map != null) {
      features = map.shape()[0];
      node.set("map", columns.floats(map.floats(), map.shape()));
    }
    JsonNode about = run.json(file("map.json"), "");
    if (about.isObject()) {
      node.set("mapInfo", about);
    }
    ArrayNode others = node.putArray("maps");
    for (String name : run.list(folder, "map-", ".npy")) {
      NpyArray other = run.npy(file(name), "this map is left out", features, 2);
      if (other != null) {
        features = other.shape()[0];
        others
            .addObject()
            .put("name", name.substring("map-".length(), name.length() - ".npy".length()))
            .set("column", columns.floats(other.floats(), other.shape()));
      }
    }
    NpyArray pca =
        run.npy(file("pca.npy"), folder + " has no cloud in three dimensions", features, 3);
    if (pca != null) {
      features = pca.shape()[0];
      node.set("pca", columns.floats(pca.floats(), pca.shape()));
      // Tells whether two runs are about the same decoder directions.
      node.put("fingerprint", Hashes.sha256(run.path(file("pca.npy"))).substring(0, 16));
    }
  }

  private void labels() {
    ArrayNode labels = node.putArray("labels");
    for (String name : run.list(folder, "labels-", ".npy")) {
      Matcher m = LABELS.matcher(name);
      if (m.matches()) {
        NpyArray array = run.npy(file(name), "this colouring is left out", features);
        if (array != null
            && !(array.values() instanceof float[] || array.values() instanceof double[])) {
          features = array.shape()[0];
          ObjectNode entry = labels.addObject();
          entry.put("affinity", m.group(1));
          entry.put("k", Integer.parseInt(m.group(2)));
          entry.set("column", columns.ints(array.ints(), array.shape()));
        }
      }
    }
    if (labels.isEmpty()) {
      run.note(folder + " has no labels-AFFINITY-kK.npy, so its map has no lobes to colour by.");
    }
  }

  private void occurrences() {
    Map<String, NpyArray> arrays =
        run.npz(file("occurrences.npz"), "frequencies of " + folder + " come from its contexts");
    NpyArray histogram =
        run.fitting(
            file("occurrences.npz"), arrays.get("histogram"), "frequencies are unknown", features);
    NpyArray tokens = arrays.get("n_tokens");
    if (histogram == null || tokens == null || tokens.longs().length != 1) {
      return;
    }
    features = histogram.shape()[0];
    node.set("fires", columns.doubles(histogram.doubles(), features));
    node.put("tokens", tokens.longs()[0]);
    NpyArray byType = arrays.get("type_histogram");
    NpyArray typeTokens = arrays.get("type_tokens");
    if (byType != null
        && typeTokens != null
        && byType.shape().length == 2
        && byType.shape()[1] == features
        && byType.shape()[0] == typeTokens.longs().length) {
      node.set("typeFires", columns.ints(clamped(byType.longs()), byType.shape()));
      node.set("typeTokens", Json.tree(typeTokens.longs()));
    }
  }

  private static int[] clamped(long[] values) {
    return Arrays.stream(values).mapToInt(v -> Math.clamp(v, 0, Integer.MAX_VALUE)).toArray();
  }

  private void contexts(Quotes quotes, Set<String> documents) {
    String name = file("examples.jsonl");
    if (!run.has(name)) {
      run.note(
          name + " is not in the run directory, so features of " + folder + " have no contexts.");
      return;
    }
    if (features < 0) {
      run.note(name + " is left out, since nothing says how many features " + folder + " has.");
      return;
    }
    ContextColumns contexts = new ContextColumns(features, quotes.perFeature());
    String problem = contexts.read(run.path(name));
    if (!problem.isEmpty()) {
      run.note(name + ", " + problem + "; contexts from there on are left out.");
    }
    if (contexts.trimmed() > 0) {
      run.note(
          folder
              + ": "
              + contexts.trimmed()
              + " contexts beyond the first "
              + quotes.perFeature()
              + " of a feature are left out to keep this file small; "
              + (quotes.elsewhere() == null
                  ? "`almagest atlas RUN --export DIR/`"
                  : quotes.elsewhere() + "/index.html, beside this file,")
              + " and `almagest atlas RUN --serve` have all.");
    }
    documents.addAll(contexts.documents());
    ObjectNode entry = contexts.into(columns);
    if (quotes.apart()) {
      contexts.apart(columns, entry);
    }
    if (contexts.trimmed() > 0 && quotes.elsewhere() != null) {
      entry.put("elsewhere", quotes.elsewhere() + "/index.html");
    }
    entry.set("documents", columns.json(new LinkedHashSet<>(contexts.documents())));
    node.set("contexts", entry);
    if (!node.has("fires")) {
      node.set("frequency", columns.floats(contexts.frequencies(), features));
    }
  }

  private void neighbours() {
    String name = file("neighbours.npz");
    Map<String, NpyArray> arrays = run.npz(name, "cards of " + folder + " name no neighbours");
    for (String kind : new String[] {"cosine", "phi"}) {
      NpyArray index =
          run.fitting(name, arrays.get(kind + "_index"), "neighbours are left out", features, -1);
      @Nullable NpyArray value =
          index == null
              ? null
              : run.fitting(
                  name, arrays.get(kind + "_value"), "neighbours are left out", index.shape());
      if (index != null && value != null) {
        ObjectNode entry = node.putObject(kind);
        entry.set("index", columns.ints(index.ints(), index.shape()));
        entry.set("value", columns.scaled(value.floats(), 1, value.shape()));
      }
    }
  }

  private void quantities() {
    String name = file("quantities.npz");
    ArrayNode list = node.putArray("quantities");
    if (!run.has(name)) {
      return;
    }
    run.npz(name, "maps have fewer colourings")
        .forEach((key, array) -> {
          NpyArray fitting = run.fitting(name, array, "a colouring is left out", features);
          if (fitting != null) {
            float[] values = fitting.floats();
            double largest = 0;
            for (float v : values) {
              largest = Float.isFinite(v) ? Math.max(largest, Math.abs(v)) : largest;
            }
            list.addObject()
                .put("name", key)
                .set("column", columns.scaled(values, largest, features));
          }
        });
  }

  private void results() {
    JsonNode lobes =
        run.json(file("lobes.json"), "figures about the lobes of " + folder + " are left out");
    if (lobes.isObject()) {
      node.set("lobes", lobes);
    }
    for (String name : new String[] {"sae-eval", "control"}) {
      JsonNode result = run.json(file(name + ".json"), "");
      if (result.isObject()) {
        node.set(name.equals("sae-eval") ? "sae" : name, result);
      }
    }
    JsonNode config = run.json(file("sae/cfg.json"), "");
    for (JsonNode place : new JsonNode[] {config, config.path("metadata")}) {
      String id = place.path("neuronpedia_id").asText("");
      if (id.matches("[A-Za-z0-9._/-]{1,100}")) {
        node.put("neuronpedia", id);
      }
    }
    lines("texts.jsonl", "texts", "no text can be played");
    lines("logits.jsonl", "logits", "cards name no promoted tokens");
    JsonNode lens = run.json(file("logits.json"), "");
    if (lens.isObject()) {
      node.set("lens", lens);
    }
  }

  /** A file of JSON lines as one list, when it is there. */
  private void lines(String fileName, String key, String without) {
    String name = file(fileName);
    if (!run.has(name)) {
      return;
    }
    ArrayNode list = Json.object().putArray(key);
    try (Stream<String> lines = Files.lines(run.path(name))) {
      for (String line : lines.filter(l -> !l.isBlank()).toList()) {
        list.add(Json.parse(line));
      }
      node.set(key, columns.json(list));
    } catch (IOException | UncheckedIOException e) {
      run.note(name + " cannot be read, so " + without + ".");
    }
  }
}
