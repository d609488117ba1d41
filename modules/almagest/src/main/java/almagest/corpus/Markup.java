package almagest.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * HTML and XML seen as text with tags in it, which is all that is needed to get at words: no tree,
 * no entities beyond the named ones below, no errors.
 */
final class Markup {
  private static final Set<String> UNSEEN = Set.of("head", "script", "style");
  private static final Set<String> RAW = Set.of("script", "style");
  private static final Set<String> INLINE =
      Set.of(
          "a", "abbr", "b", "code", "em", "font", "i", "kbd", "marker", "span", "strong", "sub",
          "sup", "tt", "u", "var");
  private static final Map<String, String> ENTITIES =
      Map.ofEntries(
          Map.entry("lt", "<"),
          Map.entry("gt", ">"),
          Map.entry("amp", "&"),
          Map.entry("quot", "\""),
          Map.entry("apos", "'"),
          Map.entry("nbsp", " "),
          Map.entry("copy", "©"),
          Map.entry("reg", "®"),
          Map.entry("mdash", "—"),
          Map.entry("ndash", "–"),
          Map.entry("ldquo", "“"),
          Map.entry("rdquo", "”"),
          Map.entry("lsquo", "‘"),
          Map.entry("rsquo", "’"),
          Map.entry("hellip", "…"),
          Map.entry("le", "≤"),
          Map.entry("ge", "≥"),
          Map.entry("pi", "π"),
          Map.entry("times", "×"));

  private Markup() {}

  /**
   * A tag at {@code [start, end)} of a text.
   *
   * @param name as it is written; {@link #text} compares it without regard to case, as HTML does
   */
  record Tag(String name, int start, int end) {
    boolean closing(String text) {
      return text.charAt(start + 1) == '/';
    }

    /** An attribute's value with its entities resolved, or an empty text. */
    String attribute(String text, String attribute) {
      int i = start + 1 + name.length();
      while (i < end) {
        int equals = text.indexOf('=', i);
        if (equals < 0 || equals >= end - 1) {
          return "";
        }
        int open = equals + 1;
        char quote = text.charAt(open);
        int close = text.indexOf(quote, open + 1);
        if (close < 0 || close >= end) {
          return "";
        }
        if (text.substring(i, equals).strip().equals(attribute)) {
          return resolve(text.substring(open + 1, close));
        }
        i = close + 1;
      }
      return "";
    }
  }

  /** The tags in order; comments, declarations and instructions are passed over. */
  static List<Tag> tags(String text) {
    List<Tag> tags = new ArrayList<>();
    int i = text.indexOf('<');
    while (i >= 0 && i + 1 < text.length()) {
      char next = text.charAt(i + 1);
      int end;
      if (text.startsWith("<!--", i)) {
        int close = text.indexOf("-->", i + 4);
        end = close < 0 ? text.length() : close + 3;
      } else if (next == '!' || next == '?') {
        int close = text.indexOf('>', i);
        end = close < 0 ? text.length() : close + 1;
      } else if (Character.isLetter(next) || next == '/') {
        end = endOfTag(text, i);
        int from = next == '/' ? i + 2 : i + 1;
        int to = from;
        while (to < end && isNamePart(text.charAt(to))) {
          to++;
        }
        String name = text.substring(from, to);
        tags.add(new Tag(name, i, end));
        if (next != '/' && RAW.contains(name.toLowerCase(Locale.ROOT))) {
          end = endOfRaw(text, end, name);
        }
      } else {
        end = i + 1;
      }
      i = text.indexOf('<', end);
    }
    return tags;
  }

  /** What stands in a script is no markup: the next tag is the one that closes it. */
  private static int endOfRaw(String text, int from, String name) {
    for (int i = text.indexOf("</", from); i >= 0; i = text.indexOf("</", i + 2)) {
      if (text.regionMatches(true, i + 2, name, 0, name.length())) {
        return i;
      }
    }
    return text.length();
  }

  private static boolean isNamePart(char c) {
    return Character.isLetterOrDigit(c) || c == ':' || c == '-' || c == '_' || c == '.';
  }

  /** After the {@code >} that is not inside quotes. */
  private static int endOfTag(String text, int start) {
    char quote = 0;
    for (int i = start + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '>') {
        return i + 1;
      } else if ((c == '"' || c == '\'') && text.charAt(i - 1) == '=') {
        quote = c;
      }
    }
    return text.length();
  }

  /** What a reader sees of an HTML page, a line a block, without runs of spaces and blank lines. */
  static String text(String page) {
    StringBuilder out = new StringBuilder();
    int from = 0;
    String unseen = "";
    for (Tag tag : tags(page)) {
      String name = tag.name().toLowerCase(Locale.ROOT);
      if (!unseen.isEmpty()) {
        if (name.equals(unseen) && tag.closing(page)) {
          unseen = "";
          from = tag.end();
        }
        continue;
      }
      append(out, page, from, tag.start());
      from = tag.end();
      if (UNSEEN.contains(name) && !tag.closing(page)) {
        unseen = name;
      } else if (!INLINE.contains(name)) {
        out.append('\n');
      }
    }
    if (unseen.isEmpty()) {
      append(out, page, from, page.length());
    }
    StringBuilder lines = new StringBuilder();
    resolve(out.toString())
        .lines()
        .map(line -> line.replaceAll("\\s+", " ").strip())
        .filter(line -> !line.isEmpty())
        .forEach(line -> lines.append(line).append('\n'));
    return lines.toString().strip();
  }

  /** Line ends of the source mean no more than a space does; comments are gone. */
  private static void append(StringBuilder out, String page, int from, int to) {
    int i = from;
    while (i < to) {
      int comment = page.indexOf("<!", i);
      int stop = comment < 0 || comment >= to ? to : comment;
      out.append(page.substring(i, stop).replace('\r', ' ').replace('\n', ' '));
      i = stop;
      if (stop < to) {
        String end = page.startsWith("<!--", stop) ? "-->" : ">";
        int close = page.indexOf(end, stop);
        i = close < 0 ? to : close + end.length();
      }
    }
  }

  /** Takes tags out and resolves entities; line ends stay. */
  static String withoutTags(String text) {
    StringBuilder out = new StringBuilder();
    int from = 0;
    for (Tag tag : tags(text)) {
      out.append(text, from, tag.start());
      from = tag.end();
    }
    return resolve(out.append(text, from, text.length()).toString());
  }

  static String resolve(String text) {
    if (text.indexOf('&') < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int end = c == '&' ? text.indexOf(';', i) : -1;
      String value = end > i && end - i < 12 ? entity(text.substring(i + 1, end)) : "";
      if (value.isEmpty()) {
        out.append(c);
      } else {
        out.append(value);
        i = end;
      }
    }
    return out.toString();
  }

  private static String entity(String name) {
    if (name.startsWith("#")) {
      try {
        boolean hex = name.startsWith("#x") || name.startsWith("#X");
        int code =
            hex ? Integer.parseInt(name.substring(2), 16) : Integer.parseInt(name.substring(1));
        boolean surrogate = code >= 0xD800 && code <= 0xDFFF;
        boolean control = code < ' ' && code != '\n' && code != '\t';
        boolean character = Character.isValidCodePoint(code) && !surrogate && !control;
        return character ? Character.toString(code) : "";
      } catch (NumberFormatException e) {
        return "";
      }
    }
    return ENTITIES.getOrDefault(name, "");
  }
}
