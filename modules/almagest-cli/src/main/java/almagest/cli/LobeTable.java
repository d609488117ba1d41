package almagest.cli;

import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * A run's lobes for a terminal: every cut in a line, and of some cuts each lobe with its size and
 * the types of documents on which it is the busiest.
 */
final class LobeTable {
  /** Types of a lobe that are named, those of the largest share. */
  private static final int TYPES = 4;

  private final Path file;
  private final String layer;
  private final JsonNode lobes;

  /**
   * @param file where {@code lobes} comes from, for messages
   * @param layer the layer's folder
   * @param lobes the contents of a {@code lobes.json}
   */
  LobeTable(Path file, String layer, JsonNode lobes) {
    this.file = file;
    this.layer = layer;
    this.lobes = lobes;
    if (!lobes.path("affinities").isObject() || lobes.path("affinities").isEmpty()) {
      throw InputException.in(file, "affinities", "no lobes", "a lobes.json of a run");
    }
  }

  /**
   * The table.
   *
   * @param affinities whose lobes are listed one by one; none: phi, else the first
   * @param ks in how many lobes; none: 3, else the fewest
   * @param width the cells of a line
   * @throws InputException if the run has no such cut
   */
  String text(List<String> affinities, List<Integer> ks, int width) {
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            Locale.ROOT,
            "%s: %d features, %d chunks, %d features never fired%n%n",
            layer,
            lobes.path("features").asInt(),
            lobes.path("chunks").asInt(),
            lobes.path("dead").asInt()));
    cuts(out);
    JsonNode all = lobes.path("affinities");
    List<String> named =
        affinities.isEmpty()
            ? List.of(all.has("phi") ? "phi" : all.fieldNames().next())
            : affinities;
    for (String affinity : named) {
      JsonNode byK = known(all, affinity, "affinities").path("k");
      List<Integer> wanted =
          ks.isEmpty() ? List.of(byK.has("3") ? 3 : numbers(byK).getFirst()) : ks;
      for (int k : wanted) {
        lobes(out, affinity, k, known(byK, Integer.toString(k), affinity + ", k"), width);
      }
    }
    return out.toString();
  }

  private JsonNode known(JsonNode among, String name, String what) {
    if (!among.has(name)) {
      List<String> there = new ArrayList<>();
      among.fieldNames().forEachRemaining(there::add);
      throw InputException.in(file, what, "no " + name, "one of " + String.join(", ", there));
    }
    return among.path(name);
  }

  private static List<Integer> numbers(JsonNode byK) {
    List<Integer> numbers = new ArrayList<>();
    byK.fieldNames().forEachRemaining(k -> numbers.add(Integer.valueOf(k)));
    numbers.sort(Comparator.naturalOrder());
    return numbers;
  }

  private void cuts(StringBuilder out) {
    out.append("affinity            k   ncut  stable: seeds halves     AMI  accuracy       V\n");
    lobes
        .path("affinities")
        .properties()
        .forEach(affinity -> {
          JsonNode byK = affinity.getValue().path("k");
          for (int k : numbers(byK)) {
            JsonNode cut = byK.path(Integer.toString(k));
            JsonNode classifier = cut.path("classifier");
            JsonNode accuracy =
                classifier.has("corrected")
                    ? classifier.path("corrected")
                    : classifier.path("published");
            out.append(
                String.format(
                    Locale.ROOT,
                    "%-16s %4d %6s %14s %6s %7s %9s %7s%n",
                    CardText.plain(affinity.getKey()),
                    k,
                    number(cut.path("ncut")),
                    number(cut.path("stability").path("seeds")),
                    number(cut.path("stability").path("halves")),
                    number(cut.path("ami")),
                    number(accuracy.path("balanced_accuracy")),
                    number(cut.path("types").path("cramers_v"))));
          }
        });
  }

  private static void lobes(StringBuilder out, String affinity, int k, JsonNode cut, int width) {
    JsonNode types = cut.path("types");
    out.append('\n').append(CardText.plain(affinity)).append(", k = ").append(k).append('\n');
    out.append("lobe  features  name, and the types on which it is busiest (95 % interval)\n");
    int indent = 16;
    for (int l = 0; l < k; l++) {
      out.append(
          String.format(Locale.ROOT, "%4d  %8d  ", l + 1, cut.path("sizes").path(l).asInt()));
      Wrapped name = new Wrapped(out, width, indent, indent);
      name.words("", CardText.plain(cut.path("names").path(l).asText("")), "");
      name.end();
      List<String> busiest = busiest(types, l);
      if (!busiest.isEmpty()) {
        out.append(" ".repeat(indent));
        Wrapped line = new Wrapped(out, width, indent, indent);
        for (int i = 0; i < busiest.size(); i++) {
          line.add((i == 0 ? "" : " ") + busiest.get(i) + (i + 1 < busiest.size() ? "," : ""));
        }
        line.end();
      }
    }
    JsonNode permuted = types.path("cramers_v_null");
    if (permuted.path("mean").isNumber()) {
      Wrapped line = new Wrapped(out, width, 0, 0);
      line.words(
          "",
          String.format(
              Locale.ROOT,
              "Cramér's V = %s, against %s ± %s with %s.",
              number(types.path("cramers_v")),
              number(permuted.path("mean")),
              number(permuted.path("sd")),
              CardText.plain(permuted.path("kind").asText("permuted lobes"))),
          "");
      line.end();
    }
  }

  /** The types of which a lobe wins the most chunks, with share and interval. */
  private static List<String> busiest(JsonNode types, int lobe) {
    JsonNode share = types.path("winner_share").path(lobe);
    return IntStream.range(0, share.size())
        .boxed()
        .filter(t -> share.path(t).asDouble() > 0)
        .sorted(Comparator.comparingDouble(t -> -share.path(t).asDouble()))
        .limit(TYPES)
        .map(t -> {
          JsonNode interval = types.path("wilson").path(lobe).path(t);
          return CardText.plain(types.path("names").path(t).asText())
              + String.format(Locale.ROOT, " %.0f %%", 100 * share.path(t).asDouble())
              + (interval.size() == 2
                  ? String.format(
                      Locale.ROOT,
                      " [%.0f, %.0f]",
                      100 * interval.path(0).asDouble(),
                      100 * interval.path(1).asDouble())
                  : "");
        })
        .toList();
  }

  private static String number(JsonNode value) {
    return value.isNumber() ? String.format(Locale.ROOT, "%.3f", value.asDouble()) : "-";
  }
}
