package almagest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Locale;
import java.util.StringJoiner;

/** What a terminal shows of {@code crystals.json}. */
final class CrystalsText {
  private final StringBuilder text = new StringBuilder();

  private CrystalsText() {}

  static String of(JsonNode result, Path out) {
    CrystalsText t = new CrystalsText();
    for (JsonNode left : result.path("left_out")) {
      t.add(
          String.format(
              Locale.ROOT,
              "left out of %s: %d of %d, %s",
              left.get("name").asText(),
              left.get("count").asInt(),
              left.get("of").asInt(),
              left.get("reason").asText()));
    }
    for (JsonNode layer : result.get("layers")) {
      t.layer(layer);
    }
    t.add(String.format(Locale.ROOT, "in %s", out.resolve("crystals.json")));
    return t.text.toString().stripTrailing();
  }

  private void add(String line) {
    text.append(line.stripTrailing()).append('\n');
  }

  private void layer(JsonNode layer) {
    add("");
    if (layer.has("skipped")) {
      add(
          String.format(
              Locale.ROOT, "%s: %s", layer.get("hook").asText(), layer.get("skipped").asText()));
    } else {
      relations(layer);
      silhouettes(layer);
      distractors(layer);
    }
    if (layer.has("analogies")) {
      analogies(layer.get("analogies"));
    }
  }

  private void relations(JsonNode layer) {
    add(
        String.format(
            Locale.ROOT,
            "%s, LDA with %d components. Medians over faces; in brackets the cosine of outputs dealt to"
                + " other inputs; held out: pairs that LDA did not see",
            layer.get("hook").asText(),
            layer.at("/lda/components").asInt()));
    add(
        "                                     before LDA              held out               other subspaces"
            + "  silhouette     LDA helps");
    String row = "  %-24s %6s  %6s %6s %-8s %6s %6s %-8s %7s %7s  %7s %7s  %-5s %-5s %7s";
    add(
        String.format(
            Locale.ROOT,
            row,
            "relation",
            "pairs",
            "resid.",
            "cosine",
            "(dealt)",
            "resid.",
            "cosine",
            "(dealt)",
            "random",
            "unseen",
            "before",
            "held",
            "faces",
            "silh.",
            "3CosAdd"));
    StringJoiner helped = new StringJoiner(", ");
    StringJoiner others = new StringJoiner(", ");
    for (JsonNode r : layer.get("relations")) {
      add(
          String.format(
              Locale.ROOT,
              row,
              r.get("name").asText(),
              r.get("pairs").asInt(),
              number(r.at("/before/parallelogram_residual/median")),
              number(r.at("/before/trapezoid_cosine/median")),
              "(" + number(r.at("/before/null/mean")) + ")",
              number(r.at("/after/parallelogram_residual/median")),
              number(r.at("/after/trapezoid_cosine/median")),
              "(" + number(r.at("/after/null/mean")) + ")",
              number(r.at("/random_subspace/trapezoid_cosine/median")),
              number(r.at("/unseen_relation/trapezoid_cosine/median")),
              number(r.at("/silhouette/before")),
              number(r.at("/silhouette/held_out")),
              yes(r.get("gains")),
              yes(r.at("/silhouette/gain/claimed")),
              percent(r.at("/analogy/accuracy"))));
      boolean both = r.get("gains").asBoolean() && r.at("/silhouette/gain/claimed").asBoolean();
      (both ? helped : others).add(r.get("name").asText());
    }
    add("  LDA helps held-out pairs by faces and by silhouette: " + names(helped));
    add("  not by both: " + names(others));
  }

  private static String names(StringJoiner names) {
    return names.length() == 0 ? "none" : names.toString();
  }

  private void silhouettes(JsonNode layer) {
    silhouette("differences", layer.get("silhouette"));
    for (JsonNode v : layer.get("variants")) {
      silhouette(v.get("name").asText(), v.get("silhouette"));
    }
    JsonNode held = layer.get("held_out_relations");
    if (held != null && !held.isNull()) {
      add(
          String.format(
              Locale.ROOT,
              "  relations held out: the projection of the others helps %d of %d groups",
              held.get("groups_that_gain").asInt(),
              held.get("groups").size()));
    }
  }

  private void silhouette(String name, JsonNode s) {
    JsonNode gain = s.get("gain");
    int k = Math.max(0, index(s.get("dimensions"), gain.get("dimensions").asInt()));
    add(
        String.format(
            Locale.ROOT,
            "  silhouette, %-11s %d components: before %s; LDA seen %s, held out %s; random subspace %s;"
                + " shuffled relations seen %s, held out %s; gain of held-out pairs %s (least fold %s): %s",
            name,
            gain.get("dimensions").asInt(),
            number(s.get("held_out_before")),
            number(s.get("train").get(k)),
            number(s.get("held_out").get(k)),
            number(s.get("held_out_random_subspace").get(k)),
            number(s.get("shuffled_train").get(k)),
            number(s.get("shuffled").get(k)),
            number(gain.get("mean")),
            number(gain.get("least_fold")),
            gain.get("claimed").asBoolean() ? "claimed" : "not claimed"));
  }

  private static int index(JsonNode values, int value) {
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i).asInt() == value) {
        return i;
      }
    }
    return -1;
  }

  private void distractors(JsonNode layer) {
    JsonNode d = layer.get("distractors");
    add(
        String.format(
            Locale.ROOT,
            "  scatter within relations explained by the words' surface: %s (dealt anew %s); after, of"
                + " held-out pairs: %s (%s)",
            percent(d.at("/all/share_before")),
            percent(d.at("/all/null/mean")),
            percent(d.at("/all/share_after")),
            percent(d.at("/all/chance_after"))));
    for (JsonNode n : d.get("nuisances")) {
      add(
          String.format(
              Locale.ROOT,
              "    %-14s before %7s (p %s)  after %7s (%s)  of its direction outside the subspace %7s"
                  + " (a random one %s)",
              n.get("name").asText(),
              percent(n.get("share_before")),
              number(n.at("/null/p")),
              percent(n.get("share_after")),
              percent(n.get("chance_after")),
              percent(n.get("removed")),
              percent(n.get("removed_chance"))));
    }
    int at = 0;
    for (JsonNode r : d.get("removed_directions")) {
      if (at++ == 3) {
        break;
      }
      StringJoiner parts = new StringJoiner(", ");
      r.get("r_squared")
          .properties()
          .forEach(e -> parts.add(e.getKey() + " " + percent(e.getValue())));
      add(
          String.format(
              Locale.ROOT,
              "    removed direction %d: %s of the scatter; r² with %s",
              at,
              percent(r.get("share_of_scatter")),
              parts));
    }
    JsonNode l = layer.get("length");
    add(
        String.format(
            Locale.ROOT,
            "  first component and difference in length: r %s [%s, %s], n %d%s",
            number(l.get("r")),
            number(l.at("/ci/0")),
            number(l.at("/ci/1")),
            l.get("n").asInt(),
            l.at("/last_token/r").isNumber()
                ? "; of the last token: r "
                    + number(l.at("/last_token/r"))
                    + " ["
                    + number(l.at("/last_token/ci/0"))
                    + ", "
                    + number(l.at("/last_token/ci/1"))
                    + "]"
                : ""));
  }

  private void analogies(JsonNode analogies) {
    add(
        String.format(
            Locale.ROOT,
            "analogies over %d words, right of asked:",
            analogies.get("words").asInt()));
    String row = "  %-28s %9s %9s %9s %13s %13s";
    add(
        String.format(
            Locale.ROOT,
            row,
            "category",
            "questions",
            "3CosAdd",
            "3CosMul",
            "PairDirection",
            "nearest to c"));
    for (JsonNode c : analogies.get("categories")) {
      analogy(row, c.get("name").asText(), c);
    }
    analogy(row, "all", analogies.get("all"));
    add(String.format(Locale.ROOT, "  3CosAdd of all: %s", percent(analogies.at("/all/accuracy"))));
  }

  private void analogy(String row, String name, JsonNode a) {
    add(
        String.format(
            Locale.ROOT,
            row,
            name,
            a.get("questions").asInt(),
            a.get("three_cos_add").asInt(),
            a.get("three_cos_mul").asInt(),
            a.get("pair_direction").asInt(),
            a.get("nearest_to_c").asInt()));
  }

  private static String yes(JsonNode node) {
    return node.asBoolean() ? "yes" : "no";
  }

  private static String number(JsonNode node) {
    return node != null && Double.isFinite(node.asDouble(Double.NaN))
        ? String.format(Locale.ROOT, "%.3f", node.asDouble())
        : "-";
  }

  private static String percent(JsonNode node) {
    return node != null && Double.isFinite(node.asDouble(Double.NaN))
        ? String.format(Locale.ROOT, "%.1f %%", 100 * node.asDouble())
        : "-";
  }
}
