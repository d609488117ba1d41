package almagest.atlas;

import almagest.format.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The lines of {@code examples.jsonl} as columns: one table of distinct token texts, and for every
 * context its feature, document, type, quantile, token numbers and activations. So a page searches
 * millions of tokens by looking through an integer array.
 */
final class ContextColumns {
  private static final int BINS_LIMIT = 1000;

  /** Features whose contexts are fetched together. */
  private static final int BLOCK = 32;

  private final int features;
  private final int perFeature;
  private final Map<String, Integer> vocabulary = new LinkedHashMap<>();
  private final Map<String, Integer> documents = new LinkedHashMap<>();
  private final Map<String, Integer> types = new LinkedHashMap<>();
  private final Map<String, Integer> quantiles = new LinkedHashMap<>();
  private final Ints feature = new Ints();
  private final Ints document = new Ints();
  private final Ints type = new Ints();
  private final Ints quantile = new Ints();
  private final Ints focus = new Ints();
  private final Ints length = new Ints();
  private final Ints tokens = new Ints();
  private final Ints values = new Ints();
  private final float[] unit;
  private final float[] max;
  private final float[] mean;
  private final float[] frequency;
  private final float[] low;
  private final float[] high;
  private int bins;
  private int[] histogram = new int[0];
  private int trimmed;

  /**
   * @param features how many features there are
   * @param perFeature how many contexts of a feature to keep, the first ones
   */
  ContextColumns(int features, int perFeature) {
    this.features = features;
    this.perFeature = perFeature;
    this.unit = new float[features];
    this.max = new float[features];
    this.mean = new float[features];
    this.frequency = new float[features];
    this.low = new float[features];
    this.high = new float[features];
  }

  /** Reads the file; returns an empty text, or what is wrong with it. */
  String read(Path file) {
    int number = 0;
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (!line.isBlank()) {
          String problem = take(Json.parse(line));
          if (!problem.isEmpty()) {
            return "line " + number + ": " + problem;
          }
        }
      }
    } catch (JsonProcessingException e) {
      return "line " + number + " is not JSON";
    } catch (IOException e) {
      return e.getMessage() + " after line " + number;
    }
    return "";
  }

  private String take(JsonNode line) {
    int f = line.path("feature").asInt(-1);
    if (f < 0 || f >= features) {
      return "feature " + line.path("feature") + ", expected 0 to " + (features - 1);
    }
    max[f] = (float) line.path("max").asDouble();
    mean[f] = (float) line.path("mean").asDouble();
    frequency[f] = (float) line.path("frequency").asDouble();
    takeHistogram(f, line.path("histogram"));
    JsonNode examples = line.path("examples");
    double largest = 0;
    for (JsonNode example : examples) {
      for (JsonNode v : example.path("values")) {
        largest = Math.max(largest, Math.abs(v.asDouble()));
      }
    }
    unit[f] = (float) (largest / 255);
    for (int e = 0; e < examples.size(); e++) {
      if (e >= perFeature) {
        trimmed++;
      } else {
        takeExample(f, examples.get(e));
      }
    }
    return "";
  }

  private void takeExample(int f, JsonNode example) {
    feature.add(f);
    document.add(number(documents, example.path("document").asText()));
    type.add(number(types, example.path("type").asText()));
    quantile.add(number(quantiles, example.path("quantile").asText("top")));
    focus.add(Math.clamp(example.path("focus").asInt(), 0, 0xffff));
    JsonNode text = example.path("tokens");
    JsonNode activations = example.path("values");
    length.add(text.size());
    for (int t = 0; t < text.size(); t++) {
      tokens.add(number(vocabulary, text.get(t).asText()));
      double v = activations.path(t).asDouble();
      long q = unit[f] > 0 ? Math.round(v / unit[f]) : 0;
      // A value that is there must not look like none.
      values.add(Math.clamp(v > 0 ? Math.max(1, q) : 0, 0, 255));
    }
  }

  private void takeHistogram(int f, JsonNode node) {
    JsonNode counts = node.path("counts");
    JsonNode edges = node.path("edges");
    int n = counts.size();
    if (n == 0 || n > BINS_LIMIT || edges.size() != n + 1) {
      return;
    }
    if (bins == 0) {
      bins = n;
      histogram = new int[Math.multiplyExact(features, n)];
    }
    if (n != bins) {
      return;
    }
    low[f] = (float) edges.get(0).asDouble();
    high[f] = (float) edges.get(n).asDouble();
    for (int b = 0; b < n; b++) {
      histogram[f * n + b] = (int) Math.min(Integer.MAX_VALUE, counts.get(b).asLong());
    }
  }

  /** How many contexts were left out by the limit. */
  int trimmed() {
    return trimmed;
  }

  /** The ids of the documents that contexts come from, in the order of their numbers. */
  List<String> documents() {
    return List.copyOf(documents.keySet());
  }

  /** Frequencies by feature, for runs without {@code occurrences.npz}. */
  float[] frequencies() {
    return frequency;
  }

  /** The columns, and what the index says about them. */
  ObjectNode into(Columns columns) {
    ObjectNode node = Json.object();
    node.set("vocabulary", columns.json(vocabulary.keySet()));
    node.set("types", Json.tree(types.keySet()));
    node.set("quantiles", Json.tree(quantiles.keySet()));
    node.put("count", feature.size());
    node.put("trimmed", trimmed);
    node.set("feature", ints(columns, feature));
    node.set("document", ints(columns, document));
    node.set("type", ints(columns, type));
    node.set("quantile", ints(columns, quantile));
    node.set("focus", ints(columns, focus));
    node.set("length", ints(columns, length));
    node.set("tokens", ints(columns, tokens));
    node.set("values", ints(columns, values));
    node.set("unit", columns.floats(unit, features));
    node.set("max", columns.floats(max, features));
    node.set("mean", columns.floats(mean, features));
    if (bins > 0) {
      node.set("histogram", columns.ints(histogram, features, bins));
      node.set("low", columns.floats(low, features));
      node.set("high", columns.floats(high, features));
    }
    return node;
  }

  /**
   * The same contexts in pieces of {@value #BLOCK} features, and the features' names, so that a
   * card need not fetch what only a search reads.
   */
  void apart(Columns columns, ObjectNode node) {
    List<String> texts = List.copyOf(vocabulary.keySet());
    List<String> ids = List.copyOf(documents.keySet());
    int[] first = new int[features + 1];
    for (int e = 0; e < feature.size(); e++) {
      first[feature.get(e) + 1]++;
    }
    for (int f = 0; f < features; f++) {
      first[f + 1] += first[f];
    }
    int[] next = first.clone();
    int[] order = new int[feature.size()];
    int[] start = new int[feature.size()];
    for (int e = 0, at = 0; e < order.length; at += length.get(e), e++) {
      order[next[feature.get(e)]++] = e;
      start[e] = at;
    }
    ArrayNode blocks = node.putArray("blocks");
    ArrayNode names = Json.object().putArray("names");
    for (int from = 0; from < features; from += BLOCK) {
      ArrayNode block = Json.object().putArray("block");
      for (int f = from; f < Math.min(features, from + BLOCK); f++) {
        ArrayNode quoted = block.addArray();
        Peaks peaks = new Peaks();
        for (int i = first[f]; i < first[f + 1]; i++) {
          int e = order[i];
          ObjectNode quote = quoted.addObject();
          quote.put("document", ids.get(document.get(e))).put("type", type.get(e));
          quote.put("quantile", quantile.get(e)).put("focus", focus.get(e));
          ArrayNode words = quote.putArray("tokens");
          ArrayNode heights = quote.putArray("values");
          for (int t = start[e]; t < start[e] + length.get(e); t++) {
            words.add(texts.get(tokens.get(t)));
            heights.add(values.get(t));
          }
          if (focus.get(e) < length.get(e)) {
            peaks.add(texts.get(tokens.get(start[e] + focus.get(e))));
          }
        }
        ArrayNode name = names.addArray();
        peaks.name().forEach(name::add);
      }
      blocks.add(columns.json(block));
    }
    node.put("block", BLOCK);
    node.set("names", columns.json(names));
  }

  private static ObjectNode ints(Columns columns, Ints ints) {
    return columns.ints(ints.toArray(), ints.size());
  }

  private static int number(Map<String, Integer> numbers, String text) {
    Integer known = numbers.get(text);
    if (known == null) {
      known = numbers.size();
      numbers.put(text, known);
    }
    return known;
  }

  /** A growing array of int. */
  private static final class Ints {
    private int[] values = new int[1024];
    private int size;

    void add(int value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, size + (size >> 1));
      }
      values[size++] = value;
    }

    int get(int at) {
      return values[at];
    }

    int size() {
      return size;
    }

    int[] toArray() {
      return Arrays.copyOf(values, size);
    }
  }
}
