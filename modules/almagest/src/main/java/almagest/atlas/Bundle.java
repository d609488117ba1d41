package almagest.atlas;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Joins ES modules into one classic script, since a page opened from a file may not import. Each
 * module becomes a function that returns its exports; modules stand in the order given, each after
 * what it imports.
 *
 * <p>Understood forms, at the start of a line or of the module (our own sources keep to them, and
 * minified libraries do): {@code import {a, b as c} from "x"}, {@code export {a as b}}, {@code
 * export {a} from "x"}, {@code export function|const|class|async function}. No default exports, no
 * star imports, and an exported binding must not be assigned again.
 */
final class Bundle {
  private static final Pattern IMPORT =
      Pattern.compile(
          "(?m)(?:^|(?<=\\*/\\n)|(?<=;))import\\s*\\{([^}]*)\\}\\s*from\\s*[\"']([^\"']+)[\"'];?");
  private static final Pattern EXPORT_FROM =
      Pattern.compile("(?m)(?:^|(?<=;))export\\s*\\{([^}]*)\\}\\s*from\\s*[\"']([^\"']+)[\"'];?");
  private static final Pattern EXPORT_LIST =
      Pattern.compile("(?m)(?:^|(?<=[;}]))export\\s*\\{([^}]*)\\};?");
  private static final Pattern EXPORT_DECLARATION =
      Pattern.compile("(?m)^export\\s+((?:async\\s+)?function\\*?|const|class)\\s+([\\w$]+)");

  private final StringBuilder script = new StringBuilder("\"use strict\";\nconst modules = {};\n");
  private final Map<String, List<String>> known = new LinkedHashMap<>();

  /** Adds a module under the name by which others import it (the path's last part). */
  void add(String name, String source) {
    List<String> exports = new ArrayList<>();
    StringBuilder tail = new StringBuilder();
    String body =
        replace(
            EXPORT_FROM,
            source,
            m -> {
              String from = require(name, m.group(2));
              for (String[] pair : pairs(m.group(1))) {
                exports.add(pair[1]);
                tail.append(pair[1])
                    .append(": ")
                    .append(from)
                    .append('.')
                    .append(pair[0])
                    .append(", ");
              }
              return "";
            });
    body =
        replace(
            IMPORT,
            body,
            m -> {
              String from = require(name, m.group(2));
              String names =
                  pairs(m.group(1)).stream()
                      .map(p -> p[0].equals(p[1]) ? p[0] : p[0] + ": " + p[1])
                      .collect(Collectors.joining(", "));
              return "const { " + names + " } = " + from + ";";
            });
    body =
        replace(
            EXPORT_LIST,
            body,
            m -> {
              for (String[] pair : pairs(m.group(1))) {
                exports.add(pair[1]);
                tail.append(pair[1]).append(": ").append(pair[0]).append(", ");
              }
              return "";
            });
    body =
        replace(
            EXPORT_DECLARATION,
            body,
            m -> {
              exports.add(m.group(2));
              tail.append(m.group(2)).append(", ");
              return m.group(1) + " " + m.group(2);
            });
    known.put(last(name), exports);
    script
        .append("modules[\"")
        .append(last(name))
        .append("\"] = (() => {\n")
        .append(body)
        .append("\nreturn { ")
        .append(tail)
        .append("};\n})();\n");
  }

  /** The whole script. */
  String script() {
    return script.toString();
  }

  private String require(String importer, String path) {
    if (!known.containsKey(last(path))) {
      throw new IllegalStateException(importer + " imports " + path + ", which stands after it");
    }
    return "modules[\"" + last(path) + "\"]";
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** {@code a as b, c} as pairs (a, b), (c, c). */
  private static List<String[]> pairs(String list) {
    List<String[]> pairs = new ArrayList<>();
    for (String item : list.split(",")) {
      String text = item.strip();
      if (!text.isEmpty()) {
        String[] sides = text.split("\\s+as\\s+");
        pairs.add(new String[] {sides[0], sides[sides.length - 1]});
      }
    }
    return pairs;
  }

  private static String replace(
      Pattern pattern, String text, java.util.function.Function<Matcher, String> by) {
    Matcher m = pattern.matcher(text);
    StringBuilder out = new StringBuilder();
    while (m.find()) {
      m.appendReplacement(out, Matcher.quoteReplacement(by.apply(m)));
    }
    return m.appendTail(out).toString();
  }
}
