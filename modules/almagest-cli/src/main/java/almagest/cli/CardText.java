package almagest.cli;

import almagest.atlas.FeatureCard;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A feature's card as lines of a terminal. With colours, a token's ground is the darker the more it
 * activates the feature; without, tokens that do stand in brackets, the peak in double ones.
 */
final class CardText {
  private static final String RESET = "\u001b[0m";
  private static final String FAINT = "\u001b[2m";
  private static final String BOLD = "\u001b[1m";

  /** Five steps of the 256-colour palette, from faint to strong, with ink that reads on them. */
  private static final int[] GROUNDS = {230, 223, 221, 214, 208};

  private final FeatureCard card;
  private final boolean colours;
  private final int contexts;

  CardText(FeatureCard card, boolean colours, int contexts) {
    this.card = card;
    this.colours = colours;
    this.contexts = contexts;
  }

  String text() {
    StringBuilder out = new StringBuilder();
    out.append(style(BOLD, "Feature " + card.feature())).append(", ").append(card.layer());
    out.append('\n').append(facts()).append("\n\n");
    card.lobes()
        .forEach((affinity, byK) ->
            out.append(
                byK.entrySet().stream()
                    .map(e ->
                        "k="
                            + e.getKey()
                            + " "
                            + (e.getValue().number() < 0
                                ? "none"
                                : e.getValue().number()
                                    + 1
                                    + (e.getValue().name().isEmpty()
                                        ? ""
                                        : " (" + plain(e.getValue().name()) + ")")))
                    .collect(
                        Collectors.joining(", ", "  lobe by " + plain(affinity) + ": ", "\n"))));
    out.append('\n');
    String quantile = "";
    for (FeatureCard.Context context : card.contexts().stream().limit(contexts).toList()) {
      if (!context.quantile().equals(quantile)) {
        quantile = context.quantile();
        out.append(style(FAINT, "contexts, " + plain(quantile))).append('\n');
      }
      out.append(number(context.activation(), 7)).append("  ").append(tokens(context)).append('\n');
      out.append(" ".repeat(9))
          .append(style(FAINT, plain(context.type() + " · " + context.document())))
          .append('\n');
    }
    out.append('\n');
    neighbours(out, "nearest by direction (cosine)", card.cosine());
    neighbours(out, "nearest by co-occurrence (phi)", card.phi());
    return out.toString();
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

  private String tokens(FeatureCard.Context context) {
    StringBuilder line = new StringBuilder();
    List<String> tokens = context.tokens();
    double most = Math.max(card.max(), 1e-30);
    for (int t = 0; t < tokens.size(); t++) {
      String token = plain(tokens.get(t));
      double value = context.values()[t];
      if (!(value > 0)) {
        line.append(token);
      } else if (colours) {
        int step = (int) Math.clamp(Math.ceil(value / most * GROUNDS.length) - 1, 0, 4);
        line.append(t == context.focus() ? BOLD : "")
            .append("\u001b[38;5;16;48;5;")
            .append(GROUNDS[step])
            .append('m')
            .append(token)
            .append(RESET);
      } else {
        String bare = token.stripLeading();
        line.append(token, 0, token.length() - bare.length())
            .append(t == context.focus() ? "[[" : "[")
            .append(bare)
            .append(t == context.focus() ? "]]" : "]");
      }
    }
    return line.toString().strip();
  }

  private void neighbours(StringBuilder out, String title, List<FeatureCard.Neighbour> list) {
    if (!list.isEmpty()) {
      out.append("  ").append(title).append(": ");
      out.append(
          list.stream()
              .map(n -> String.format(Locale.ROOT, "%d (%.2f)", n.feature(), n.value()))
              .collect(Collectors.joining(", ")));
      out.append('\n');
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
