package almagest.corpus;

import java.util.ArrayList;
import java.util.List;

/** Comments and literals of languages in the manner of C. */
final class SourceCode {
  /** Shorter documentation comments say little. */
  private static final int SHORTEST_COMMENT = 80;

  private SourceCode() {}

  /**
   * Leaves out the first {@code most} block comments, and the lines that they leave blank. Strings
   * and line comments are known, so that what only looks like a comment stays.
   */
  static String withoutBlockComments(String text, int most) {
    StringBuilder kept = new StringBuilder(text.length());
    int dropped = 0;
    int i = 0;
    while (i < text.length()) {
      int end = i + 1;
      char c = text.charAt(i);
      if (text.startsWith("/*", i)) {
        int close = text.indexOf("*/", i + 2);
        end = close < 0 ? text.length() : close + 2;
        if (dropped < most) {
          dropped++;
          int line = kept.lastIndexOf("\n") + 1;
          if (kept.substring(line).isBlank()) {
            kept.setLength(line);
            if (end < text.length() && text.charAt(end) == '\n') {
              end++;
            }
          }
          i = end;
          continue;
        }
      } else if (text.startsWith("//", i)) {
        int close = text.indexOf('\n', i);
        end = close < 0 ? text.length() : close;
      } else if (text.startsWith("\"\"\"", i)) {
        int close = text.indexOf("\"\"\"", i + 3);
        end = close < 0 ? text.length() : close + 3;
      } else if (c == '"' || c == '\'') {
        end = endOfLiteral(text, i);
      }
      kept.append(text, i, end);
      i = end;
    }
    return kept.toString();
  }

  /** After the closing quote, or at the end of the line where there is none. */
  private static int endOfLiteral(String text, int start) {
    char quote = text.charAt(start);
    for (int i = start + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == quote) {
        return i + 1;
      } else if (c == '\n') {
        return i;
      }
    }
    return text.length();
  }

  /**
   * Reads a quoted literal with the escapes that Python and C share.
   *
   * @return the index of the closing quote
   */
  static int literal(String text, int start, StringBuilder into) {
    char quote = text.charAt(start);
    int i = start + 1;
    while (i < text.length() && text.charAt(i) != quote) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        i++;
        switch (text.charAt(i)) {
          case 'n' -> into.append('\n');
          case 't' -> into.append('\t');
          case '\n' -> {}
          default -> into.append(text.charAt(i));
        }
      } else {
        into.append(c);
      }
      i++;
    }
    return i;
  }

  /** The texts of the longer comments that begin with slash and two asterisks. */
  static List<String> docComments(String text) {
    List<String> comments = new ArrayList<>();
    int start = text.indexOf("/**");
    while (start >= 0) {
      int end = text.indexOf("*/", start + 3);
      if (end < 0) {
        break;
      }
      String comment = prose(text.substring(start + 3, end));
      if (comment.length() >= SHORTEST_COMMENT) {
        comments.add(comment);
      }
      start = text.indexOf("/**", end + 2);
    }
    return comments;
  }

  private static String prose(String comment) {
    StringBuilder lines = new StringBuilder();
    for (String line : (Iterable<String>) comment.lines()::iterator) {
      String bare = line.strip().replaceFirst("^\\*+ ?", "").stripTrailing();
      if (bare.startsWith("@author") || bare.startsWith("@since") || bare.startsWith("@version")) {
        continue;
      }
      lines
          .append(bare.replaceFirst("^@(param|return|throws|exception|see|deprecated) ?", ""))
          .append('\n');
    }
    return Markup.withoutTags(inline(lines.toString())).strip();
  }

  /** Replaces inline tags by what a reader sees of them: the label of a link, the code. */
  private static String inline(String text) {
    StringBuilder out = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      if (!text.startsWith("{@", i)) {
        out.append(text.charAt(i++));
        continue;
      }
      int depth = 1;
      int end = i + 2;
      while (end < text.length() && depth > 0) {
        char c = text.charAt(end++);
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      }
      String inside = text.substring(i + 2, depth == 0 ? end - 1 : end);
      String[] nameAndRest = inside.split("\\s+", 2);
      String rest = nameAndRest.length < 2 ? "" : nameAndRest[1];
      boolean link = nameAndRest[0].startsWith("link") || nameAndRest[0].equals("value");
      String shown = link ? label(rest) : rest;
      out.append(link ? shown.replace('#', '.') : shown.replace("<", "&lt;"));
      i = end;
    }
    return out.toString();
  }

  /** A link's label, which follows its target; the target itself where there is none. */
  private static String label(String link) {
    int depth = 0;
    for (int i = 0; i < link.length(); i++) {
      char c = link.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (depth == 0 && Character.isWhitespace(c) && !link.substring(i).isBlank()) {
        return link.substring(i + 1).strip();
      }
    }
    return link.strip();
  }
}
