package almagest.cli;

import almagest.atlas.FeatureCard;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A feature's card as lines of a terminal. With colours, a token's ground is the darker the more it
 * activates the feature; without, tokens that do stand in brackets, the peak in double ones.
 */
final class CardText {
  private static final String RESET = "\u001b[0m";
  private static final String FAINT = "\u001b[2m";
  private static final String BOLD = "\u001b[1m";

  /** Where contexts begin, after their activation. */
  private static final int INDENT = 9;

  /** Five steps of the 256-colour palette, from faint to strong, with ink that reads on them. */
  private static final int[] GROUNDS = {230, 223, 221, 214, 208};

  private final FeatureCard card;
  private final boolean colours;
  private final int contexts;
  private final int width;

  /**
   * @param contexts how many to show: of each quantile the first ones, in turn
   * @param width the cells of a line
   */
  CardText(FeatureCard card, boolean colours, int contexts, int width) {
    this.card = card;
    this.colours = colours;
    this.contexts = contexts;
    this.width = width;
  }

  String text() {
    StringBuilder out = new StringBuilder();
    out.append(style(BOLD, "Feature " + card.feature())).append(", ").append(card.layer());
    out.append('\n');
    paragraph(out, 0, facts());
    out.append('\n');
    card.lobes().forEach((affinity, byK) -> lobes(out, affinity, byK));
    String quantile = "";
    for (FeatureCard.Context context : shown()) {
      if (!context.quantile().equals(quantile)) {
        quantile = context.quantile();
        out.append('\n').append(style(FAINT, "contexts, " + plain(quantile))).append('\n');
      }
      out.append(number(context.activation(), 7)).append("  ");
      tokens(out, context);
      Wrapped from = indented(out, INDENT);
      String before = colours ? FAINT : "";
      for (String part : plain(context.type() + " · " + context.document()).split("(?<=[/ ])")) {
        from.add(before, part, colours ? RESET : "");
      }
      from.end();
    }
    neighbours(out, "nearest by direction (cosine)", card.cosine());
    neighbours(out, "nearest by co-occurrence (phi)", card.phi());
    return out.toString();
  }

  /** The contexts to show, each quantile's together and in the order of the card. */
  private List<FeatureCard.Context> shown() {
    Map<String, List<FeatureCard.Context>> quantiles =
        card.contexts().stream()
            .collect(
                Collectors.groupingBy(
                    FeatureCard.Context::quantile, LinkedHashMap::new, Collectors.toList()));
    Set<FeatureCard.Context> chosen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int turn = 0; turn < card.contexts().size(); turn++) {
      for (List<FeatureCard.Context> quantile : quantiles.values()) {
        if (turn < quantile.size() && chosen.size() < contexts) {
          chosen.add(quantile.get(turn));
        }
      }
    }
    return quantiles.values().stream().flatMap(List::stream).filter(chosen::contains).toList();
  }

  private void lobes(StringBuilder out, String affinity, Map<Integer, FeatureCard.Lobe> byK) {
    String title = affinity.equals("angular") ? "cluster by angle" : "lobe by " + plain(affinity);
    out.append("  ").append(style(FAINT, title)).append('\n');
    if (byK.values().stream().allMatch(lobe -> lobe.name().isEmpty())) {
      out.append("  ");
      Wrapped line = new Wrapped(out, width, 2, 4);
      byK.forEach((k, lobe) -> line.add("  k=" + k + ": " + number(lobe)));
      line.end();
      return;
    }
    byK.forEach((k, lobe) -> {
      String place = String.format(Locale.ROOT, "    k=%-4d %4s  ", k, number(lobe));
      out.append(place);
      Wrapped line = new Wrapped(out, width, place.length(), place.length());
      line.words("", plain(lobe.name()), "");
      line.end();
    });
  }

  private static String number(FeatureCard.Lobe lobe) {
    return lobe.number() < 0 ? "none" : Integer.toString(lobe.number() + 1);
  }

  private void paragraph(StringBuilder out, int indent, String text) {
    Wrapped line = indented(out, indent);
    line.words("", text, "");
    line.end();
  }

  private Wrapped indented(StringBuilder out, int indent) {
    out.append(" ".repeat(indent));
    return new Wrapped(out, width, indent, indent);
  }

  private String facts() {
    if (card.fires() == 0) {
      return "never fired on this corpus";
    }
    String often =
        card.fires() < 0
            ? ""
            : card.tokens() <= 0
                ? "fires on " + card.fires() + " tokens"
                : String.format(
                    Locale.ROOT,
                    "fires on %.3g %% of tokens (%d of %d)",
                    100.0 * card.fires() / card.tokens(),
                    card.fires(),
                    card.tokens());
    return card.max() > 0
        ? String.format(
            Locale.ROOT,
            "%s; at most %.3g, on average %.3g where it fires",
            often,
            card.max(),
            card.mean())
        : often;
  }

  private void tokens(StringBuilder out, FeatureCard.Context context) {
    Wrapped line = new Wrapped(out, width, INDENT, INDENT);
    List<String> tokens = context.tokens();
    double most = Math.max(card.max(), 1e-30);
    for (int t = 0; t < tokens.size(); t++) {
      String token = t == 0 ? plain(tokens.get(t)).stripLeading() : plain(tokens.get(t));
      double value = context.values()[t];
      boolean peak = t == context.focus();
      String bare = token.stripLeading();
      String space = token.substring(0, token.length() - bare.length());
      if (!(value > 0)) {
        line.add(token);
      } else if (colours) {
        int step = (int) Math.clamp(Math.ceil(value / most * GROUNDS.length) - 1, 0, 4);
        String ground = "\u001b[38;5;16;48;5;" + GROUNDS[step] + "m";
        line.add((peak ? BOLD : "") + ground, token, RESET);
      } else {
        line.add(space + (peak ? "[[" : "[") + bare + (peak ? "]]" : "]"));
      }
    }
    line.end();
  }

  private void neighbours(StringBuilder out, String title, List<FeatureCard.Neighbour> list) {
    if (list.isEmpty()) {
      return;
    }
    out.append('\n').append(style(FAINT, title)).append('\n');
    for (FeatureCard.Neighbour n : list) {
      out.append(String.format(Locale.ROOT, "%7d  %5.2f  ", n.feature(), n.value()));
      Wrapped line = new Wrapped(out, width, 16, 16);
      line.words("", plain(n.name()), "");
      line.end();
    }
  }

  private String style(String code, String text) {
    return colours ? code + text + RESET : text;
  }

  private static String number(double value, int width) {
    return String.format(Locale.ROOT, "%" + width + ".3f", value);
  }

  /** Text of a corpus cannot steer the terminal: control characters become visible ones. */
  static String plain(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          if (c == '\n' || c == '\r') {
            out.append('⏎');
          } else if (c == '\t') {
            out.append(' ');
          } else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || isDirectional(c)) {
            out.append('·');
          } else {
            out.appendCodePoint(c);
          }
        });
    return out.toString();
  }

  /** Marks that would turn the line's direction. */
  private static boolean isDirectional(int c) {
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  }
}
