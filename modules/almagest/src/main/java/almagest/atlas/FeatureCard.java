package almagest.atlas;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a run directory says about one feature: the card of the page, for terminals and scripts.
 * Parts that the directory lacks are empty.
 *
 * @param layer the folder's name, e.g. {@code layer-06}
 * @param feature its number
 * @param features how many features the layer has; −1 when no file says so
 * @param fires on how many tokens; −1 when unknown
 * @param tokens how many tokens were counted; −1 when unknown
 * @param max the largest activation seen, 0 when unknown
 * @param mean the mean activation where it fires, 0 when unknown
 * @param contexts text around its activations, strongest first
 * @param cosine nearest by decoder direction
 * @param phi nearest by co-occurrence
 * @param lobes by affinity, then k: the lobe (from 0; −1: none) and its name
 */
public record FeatureCard(
    String layer,
    int feature,
    int features,
    long fires,
    long tokens,
    double max,
    double mean,
    List<Context> contexts,
    List<Neighbour> cosine,
    List<Neighbour> phi,
    Map<String, Map<Integer, Lobe>> lobes) {

  /**
   * A context.
   *
   * @param tokens as displayed, a leading space kept
   * @param values their activations, as many as tokens
   * @param focus the token at the peak
   */
  public record Context(
      String document,
      String type,
      String quantile,
      double activation,
      List<String> tokens,
      double[] values,
      int focus) {}

  /**
   * A neighbour.
   *
   * @param value how near it is (cosine or phi, −1 … 1)
   * @param name the commonest tokens at the peaks of its contexts, or an empty text
   */
  public record Neighbour(int feature, double value, String name) {}

  /** A lobe's number and what it is called, or an empty name. */
  public record Lobe(int number, String name) {}

  private static final Pattern BEGINS =
      Pattern.compile("\\{\\s*\"feature\"\\s*:\\s*(\\d{1,9})\\s*[,}]");

  private static final Pattern LABELS = Pattern.compile("labels-(.+)-k(\\d{1,6})\\.npy");

  /** The folders of a run's layers, in order. */
  public static List<String> layers(Path run) {
    return new RunFiles(run).layers();
  }

  /**
   * Reads a card.
   *
   * @param run a run directory
   * @param layer a folder of {@link #layers}
   * @throws InputException if the layer or the feature is not there
   */
  public static FeatureCard read(Path run, String layer, int feature) {
    RunFiles files = new RunFiles(run);
    if (!files.layers().contains(layer)) {
      throw new InputException(run + ": no layer \"" + layer + "\"; there are " + files.layers());
    }
    Map<String, NpyArray> occurrences = files.npz(layer + "/occurrences.npz", "");
    NpyArray histogram = occurrences.get("histogram");
    int features = histogram == null ? -1 : histogram.shape()[0];
    JsonNode lobes = files.json(layer + "/lobes.json", "");
    Map<String, Map<Integer, Lobe>> membership = new TreeMap<>();
    for (String name : files.list(layer, "labels-", ".npy")) {
      Matcher m = LABELS.matcher(name);
      NpyArray labels = m.matches() ? files.npy(layer + "/" + name, "", -1) : null;
      if (labels == null) {
        continue;
      }
      features = labels.shape()[0];
      if (feature >= 0 && feature < features) {
        int lobe = labels.ints()[feature];
        String called =
            lobes
                .path("affinities")
                .path(m.group(1))
                .path("k")
                .path(m.group(2))
                .path("names")
                .path(Math.max(lobe, 0))
                .asText("");
        membership
            .computeIfAbsent(m.group(1), a -> new TreeMap<>())
            .put(Integer.parseInt(m.group(2)), new Lobe(lobe, lobe < 0 ? "" : called));
      }
    }
    List<Neighbour> cosine = neighbours(files, layer, "cosine", feature);
    List<Neighbour> phi = neighbours(files, layer, "phi", feature);
    Set<Integer> wanted = new HashSet<>(Set.of(feature));
    cosine.forEach(n -> wanted.add(n.feature()));
    phi.forEach(n -> wanted.add(n.feature()));
    Map<Integer, JsonNode> lines = lines(files, layer, wanted);
    JsonNode line = lines.getOrDefault(feature, MissingNode.getInstance());
    if (feature < 0 || (features >= 0 ? feature >= features : line.isMissingNode())) {
      throw new InputException(
          run
              + ", "
              + layer
              + ": no feature "
              + feature
              + (features >= 0 ? "; they run from 0 to " + (features - 1) : ""));
    }
    NpyArray counted = occurrences.get("n_tokens");
    return new FeatureCard(
        layer,
        feature,
        features,
        histogram != null ? histogram.longs()[feature] : line.path("fires").asLong(-1),
        counted == null ? -1 : counted.longs()[0],
        line.path("max").asDouble(),
        line.path("mean").asDouble(),
        contexts(line),
        named(cosine, lines),
        named(phi, lines),
        membership);
  }

  private static List<Neighbour> named(List<Neighbour> neighbours, Map<Integer, JsonNode> lines) {
    return neighbours.stream()
        .map(n -> new Neighbour(n.feature(), n.value(), name(lines.get(n.feature()))))
        .toList();
  }

  private static String name(@Nullable JsonNode line) {
    Peaks peaks = new Peaks();
    if (line != null) {
      line.path("examples")
          .forEach(e -> peaks.add(e.path("tokens").path(e.path("focus").asInt()).asText("")));
    }
    return String.join(", ", peaks.name());
  }

  /** The lines of some features; those of others are not parsed. */
  private static Map<Integer, JsonNode> lines(RunFiles files, String layer, Set<Integer> features) {
    Map<Integer, JsonNode> found = new HashMap<>();
    String name = layer + "/examples.jsonl";
    if (!files.has(name)) {
      return found;
    }
    int number = 0;
    try (BufferedReader lines = Files.newBufferedReader(files.path(name))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        Matcher begins = BEGINS.matcher(line);
        if (begins.lookingAt() && features.contains(Integer.parseInt(begins.group(1)))) {
          found.put(Integer.parseInt(begins.group(1)), Json.parse(line));
        }
      }
    } catch (JsonProcessingException e) {
      throw InputException.in(files.path(name), "line " + number, "not JSON", "");
    } catch (IOException e) {
      throw InputException.in(files.path(name), "line " + number, "" + e.getMessage(), "");
    }
    return found;
  }

  private static List<Context> contexts(JsonNode line) {
    List<Context> contexts = new ArrayList<>();
    for (JsonNode example : line.path("examples")) {
      List<String> tokens = new ArrayList<>();
      example.path("tokens").forEach(t -> tokens.add(t.asText()));
      double[] values = new double[tokens.size()];
      for (int t = 0; t < values.length; t++) {
        values[t] = example.path("values").path(t).asDouble();
      }
      contexts.add(
          new Context(
              example.path("document").asText(),
              example.path("type").asText(),
              example.path("quantile").asText("top"),
              example.path("activation").asDouble(),
              tokens,
              values,
              example.path("focus").asInt()));
    }
    return contexts;
  }

  private static List<Neighbour> neighbours(
      RunFiles files, String layer, String kind, int feature) {
    Map<String, NpyArray> arrays = files.npz(layer + "/neighbours.npz", "");
    NpyArray index = arrays.get(kind + "_index");
    NpyArray value = arrays.get(kind + "_value");
    List<Neighbour> neighbours = new ArrayList<>();
    if (index == null
        || value == null
        || index.shape().length != 2
        || feature >= index.shape()[0]
        || index.ints().length != value.floats().length) {
      return neighbours;
    }
    int width = index.shape()[1];
    for (int j = feature * width; j < (feature + 1) * width; j++) {
      if (index.ints()[j] >= 0) {
        neighbours.add(new Neighbour(index.ints()[j], value.floats()[j], ""));
      }
    }
    return neighbours;
  }

  /** As one JSON object. */
  public ObjectNode toJson() {
    return (ObjectNode) Json.tree(this);
  }
}
