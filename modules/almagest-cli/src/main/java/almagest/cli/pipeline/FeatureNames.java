package almagest.cli.pipeline;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Names of features from their contexts ({@code examples.jsonl}): the token at which a feature most
 * often peaks there, and the texts around its first peaks. A feature without contexts is called by
 * its number.
 *
 * @param names one a feature, trimmed
 * @param contexts texts of each feature, the token of the peak in «»
 */
public record FeatureNames(List<String> names, List<List<String>> contexts) {
  private static final int CONTEXTS = 2;
  private static final int AROUND = 6;

  /**
   * Reads contexts.
   *
   * @throws InputException for a line that is not of such a file, with its number
   */
  public static FeatureNames read(Path file) {
    List<String> names = new ArrayList<>();
    List<List<String>> contexts = new ArrayList<>();
    Json.readLines(
        file,
        (number, feature) -> {
          if (feature.path("feature").asInt(-1) != names.size()) {
            throw InputException.in(
                file,
                "line " + number,
                "expected feature " + names.size() + ", found " + feature.path("feature"),
                "");
          }
          names.add(name(feature.path("examples"), names.size()));
          contexts.add(texts(feature.path("examples")));
        });
    return new FeatureNames(names, contexts);
  }

  private static String name(JsonNode examples, int feature) {
    Map<String, Integer> count = new TreeMap<>();
    for (JsonNode e : examples) {
      String token = e.path("tokens").path(e.path("focus").asInt()).asText().strip();
      if (!token.isEmpty()) {
        count.merge(token, 1, Integer::sum);
      }
    }
    String best = Integer.toString(feature);
    int most = 0;
    for (Map.Entry<String, Integer> c : count.entrySet()) {
      if (c.getValue() > most) {
        most = c.getValue();
        best = c.getKey();
      }
    }
    return best;
  }

  private static List<String> texts(JsonNode examples) {
    List<String> texts = new ArrayList<>();
    for (JsonNode e : examples) {
      if (texts.size() == CONTEXTS) {
        break;
      }
      JsonNode tokens = e.path("tokens");
      int focus = e.path("focus").asInt();
      StringBuilder text = new StringBuilder();
      for (int t = Math.max(0, focus - AROUND);
          t <= Math.min(tokens.size() - 1, focus + AROUND);
          t++) {
        String token = tokens.get(t).asText();
        text.append(t == focus ? "«" + token.strip() + "»" : token);
      }
      texts.add(text.toString().strip());
    }
    return texts;
  }
}
