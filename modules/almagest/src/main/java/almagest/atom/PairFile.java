package almagest.atom;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Pairs of rows of a matrix of vectors, in JSON: a list of pairs, an object of lists by the
 * relation's name, or {@code {"pairs": [...], "relation": [...]}} with the relation of each pair. A
 * pair is {@code [input, output]}, {@code [input, output, relation]} or {@code {"input", "output",
 * "relation"}}; input and output are rows (whole numbers from 0) or, where the words are known,
 * words.
 */
public final class PairFile {
  private PairFile() {}

  /**
   * Reads pairs.
   *
   * @param words a word a row
   * @throws InputException naming file and place for another shape, an empty relation, a row that
   *     is not there or a word that is not known
   */
  public static RelationSet read(Path file, List<String> words) {
    Map<String, Integer> index = new HashMap<>();
    for (int i = 0; i < words.size(); i++) {
      index.put(words.get(i), i);
    }
    JsonNode root = Json.read(file);
    String stem = String.valueOf(file.getFileName()).replaceFirst("\\.[^.]*$", "");
    Map<String, List<int[]>> pairs = new LinkedHashMap<>();
    if (root.isArray()) {
      list(file, "", root, stem, index, words.size(), pairs);
    } else if (root.path("pairs").isArray() && root.path("relation").isArray()) {
      labelled(file, root.get("pairs"), root.get("relation"), index, words.size(), pairs);
    } else if (root.isObject() && !root.isEmpty()) {
      root.properties()
          .forEach(e -> {
            if (!e.getValue().isArray()) {
              throw InputException.in(file, e.getKey(), "expected a list of pairs", "");
            }
            list(file, e.getKey(), e.getValue(), e.getKey(), index, words.size(), pairs);
          });
    } else {
      throw InputException.in(
          file,
          "",
          "expected a list of pairs, or an object of lists by relation",
          "a pair is [input, output], [input, output, relation] or {\"input\", \"output\","
              + " \"relation\"}");
    }
    List<RelationSet.Numbered> relations = new ArrayList<>();
    pairs.forEach((name, list) ->
        relations.add(new RelationSet.Numbered(name, list, file.toString(), false)));
    return new RelationSet(words, relations, Map.of(), List.of());
  }

  private static void labelled(
      Path file,
      JsonNode list,
      JsonNode labels,
      Map<String, Integer> index,
      int rows,
      Map<String, List<int[]>> into) {
    if (list.isEmpty() || list.size() != labels.size()) {
      throw InputException.in(
          file,
          "pairs",
          list.size() + " pairs with " + labels.size() + " relations, expected as many and some",
          "");
    }
    for (int i = 0; i < list.size(); i++) {
      JsonNode pair = list.get(i);
      String place = "pairs[" + i + "]";
      if (!pair.isArray() || pair.size() != 2) {
        throw InputException.in(file, place, "expected [input, output]", "");
      }
      into.computeIfAbsent(labels.get(i).asText(), n -> new ArrayList<>())
          .add(
              new int[] {
                row(file, place, pair.get(0), index, rows),
                row(file, place, pair.get(1), index, rows)
              });
    }
  }

  private static void list(
      Path file,
      String key,
      JsonNode list,
      String otherwise,
      Map<String, Integer> index,
      int rows,
      Map<String, List<int[]>> into) {
    if (list.isEmpty()) {
      throw InputException.in(
          file, key, "relation '" + otherwise + "' is empty; expected at least one pair", "");
    }
    for (int i = 0; i < list.size(); i++) {
      JsonNode pair = list.get(i);
      String place = key + "[" + i + "]";
      boolean array = pair.isArray() && (pair.size() == 2 || pair.size() == 3);
      if (!array && !(pair.isObject() && pair.has("input") && pair.has("output"))) {
        throw InputException.in(
            file,
            place,
            "expected [input, output], [input, output, relation] or {\"input\", \"output\"}",
            "");
      }
      JsonNode relation = array ? pair.path(2) : pair.path("relation");
      into.computeIfAbsent(
              relation.isMissingNode() ? otherwise : relation.asText(), n -> new ArrayList<>())
          .add(
              new int[] {
                row(file, place, array ? pair.get(0) : pair.get("input"), index, rows),
                row(file, place, array ? pair.get(1) : pair.get("output"), index, rows)
              });
    }
  }

  private static int row(
      Path file, String place, JsonNode value, Map<String, Integer> index, int rows) {
    if (value.isIntegralNumber() && value.canConvertToInt()) {
      int row = value.asInt();
      if (row >= 0 && row < rows) {
        return row;
      }
      throw InputException.in(
          file, place, "row " + row + ", the vectors have rows 0 to " + (rows - 1), "");
    }
    Integer row = value.isTextual() ? index.get(value.asText()) : null;
    if (row == null) {
      throw InputException.in(
          file,
          place,
          "expected a row or a word of the list of words, found " + Json.line(value),
          "");
    }
    return row;
  }
}
