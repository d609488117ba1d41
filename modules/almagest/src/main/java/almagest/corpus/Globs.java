package almagest.corpus;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Patterns for names of entries: {@code *} stands for characters but the slash, {@code **} for any,
 * {@code **}{@code /} also for no folder at all, {@code ?} for one character, <code>{a,b}</code>
 * for a choice.
 */
final class Globs {
  private final List<Pattern> patterns;

  Globs(List<String> globs) {
    patterns = globs.stream().map(Globs::pattern).toList();
  }

  boolean matches(String name) {
    return patterns.stream().anyMatch(p -> p.matcher(name).matches());
  }

  private static Pattern pattern(String glob) {
    StringBuilder regex = new StringBuilder();
    int depth = 0;
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      if (glob.startsWith("**/", i)) {
        regex.append("(?:.*/)?");
        i += 2;
      } else if (glob.startsWith("**", i)) {
        regex.append(".*");
        i++;
      } else if (c == '*') {
        regex.append("[^/]*");
      } else if (c == '?') {
        regex.append("[^/]");
      } else if (c == '{') {
        regex.append("(?:");
        depth++;
      } else if (c == '}' && depth > 0) {
        regex.append(')');
        depth--;
      } else if (c == ',' && depth > 0) {
        regex.append('|');
      } else {
        regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex + ")".repeat(depth), Pattern.DOTALL);
  }
}
