package almagest.brain;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * On which tokens features fire most strongly: the distinct tokens at the peaks of their top
 * contexts, without surrounding space and in lower case.
 *
 * @param vocabulary the tokens, in the order in which they first occur
 * @param of for each feature its tokens, as places in the vocabulary
 */
public record FeatureTokens(List<String> vocabulary, int[][] of) {
  /** Weight of the prior, in tokens. */
  private static final double PRIOR = 50;

  /** A token is typical from so many standard errors on. */
  private static final double LEAST_Z = 2;

  /**
   * A token that is typical of some features.
   *
   * @param features how many of them have it
   * @param z its log-odds among them against all others, over its standard error
   */
  public record Typical(String token, int features, double z) {}

  /**
   * Reads {@code examples.jsonl}.
   *
   * @param features how many there are; a file of fewer lines leaves the rest without tokens
   * @throws InputException when a line is no feature's
   */
  public static FeatureTokens read(Path file, int features) {
    Map<String, Integer> place = new LinkedHashMap<>();
    int[][] of = new int[features][0];
    Json.readLines(
        file,
        (number, node) -> {
          int feature = node.path("feature").asInt(-1);
          if (feature < 0 || feature >= features) {
            throw InputException.in(
                file,
                "line " + number,
                "expected a feature below " + features + ", found " + node.path("feature"),
                "are the examples of the same SAE?");
          }
          of[feature] = tokens(node.path("examples"), place);
        });
    return new FeatureTokens(List.copyOf(place.keySet()), of);
  }

  private static int[] tokens(JsonNode examples, Map<String, Integer> place) {
    List<Integer> found = new ArrayList<>();
    for (JsonNode example : examples) {
      String token =
          example
              .path("tokens")
              .path(example.path("focus").asInt(-1))
              .asText("")
              .strip()
              .toLowerCase(Locale.ROOT);
      if (example.path("quantile").asText().equals("top") && !token.isEmpty()) {
        found.add(place.computeIfAbsent(token, t -> place.size()));
      }
    }
    return found.stream().mapToInt(Integer::intValue).distinct().toArray();
  }

  /**
   * The tokens most typical of the features of one lobe, the most typical first, by log-odds with a
   * prior in proportion to all tokens (Monroe, Colaresi and Quinn, "Fightin' words", 2008). It
   * takes tokens as independent draws.
   *
   * @param lobes the lobe of each feature, negative for none
   */
  public List<Typical> typical(int[] lobes, int lobe, int most) {
    int[] inside = new int[vocabulary.size()];
    int[] all = new int[vocabulary.size()];
    for (int f = 0; f < of.length; f++) {
      if (lobes[f] >= 0) {
        for (int t : of[f]) {
          all[t]++;
          inside[t] += lobes[f] == lobe ? 1 : 0;
        }
      }
    }
    double total = Arrays.stream(all).sum();
    double within = Arrays.stream(inside).sum();
    return IntStream.range(0, all.length)
        .filter(t -> inside[t] >= 2)
        .mapToObj(t -> {
          double prior = PRIOR * all[t] / total;
          double a = inside[t] + prior;
          double b = all[t] - inside[t] + prior;
          double odds =
              Math.log(a / (within + PRIOR - a)) - Math.log(b / (total - within + PRIOR - b));
          return new Typical(vocabulary.get(t), inside[t], odds / Math.sqrt(1 / a + 1 / b));
        })
        .filter(t -> t.z > LEAST_Z)
        .sorted(Comparator.comparingDouble((Typical t) -> -t.z).thenComparing(Typical::token))
        .limit(most)
        .toList();
  }
}
