package almagest.corpus;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Word relations: the ones that come with the library, and readers for files of the user's.
 *
 * <ul>
 *   <li>{@code .json}: a list of {@code {"input": …, "output": …}} as in the data of Todd et al.,
 *       "Function Vectors in Large Language Models" (arXiv 2310.15213); one relation, named like
 *       the file;
 *   <li>{@code .csv}, {@code .tsv}: two columns (input, output; one relation) or three (relation,
 *       input, output); a first line with these names is a heading;
 *   <li>{@code .txt}: analogy questions as in the data of Mikolov et al., "Efficient Estimation of
 *       Word Representations in Vector Space" (arXiv 1301.3781): {@code : category}, then lines of
 *       four words; each category is a relation whose pairs are the distinct halves of its lines.
 * </ul>
 */
public final class Relations {
  private static final long MAX_BYTES = 64 << 20;

  private static final String OWN = "written for Almagest";

  /** Name and source of what comes with the library. */
  private static final Map<String, String> DEFAULTS = defaultSources();

  private Relations() {}

  private static Map<String, String> defaultSources() {
    Map<String, String> sources = new LinkedHashMap<>();
    String cities = OWN + ", compared with the simplemaps world cities";
    String wordNet = OWN + ", compared with WordNet 3.1";
    sources.put("country-capital", cities);
    sources.put("country-currency", OWN);
    sources.put("country-adjective", wordNet);
    sources.put("us-state-capital", cities);
    sources.put("city-country", cities);
    sources.put("english-french", OWN);
    sources.put("singular-plural", wordNet);
    sources.put("base-past", wordNet);
    sources.put("adjective-comparative", wordNet);
    sources.put("adjective-adverb", wordNet);
    sources.put("verb-agent", wordNet);
    sources.put("un-antonym", wordNet);
    sources.put("male-female", OWN);
    sources.put("person-occupation", wordNet);
    sources.put("antonym", wordNet);
    return sources;
  }

  /**
   * Fifteen relations with 1,700 pairs. Two are there as honest negatives: antonyms, whose
   * differences have no common direction to expect, and persons with their occupations.
   */
  public static List<Relation> defaults() {
    List<Relation> relations = new ArrayList<>();
    DEFAULTS.forEach((name, source) -> {
      String resource = "relations/" + name + ".json";
      try (InputStream in = Relations.class.getResourceAsStream(resource)) {
        if (in == null) {
          throw new IllegalStateException("the library lacks its resource " + resource);
        }
        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        relations.add(new Relation(name, pairs(Path.of(resource), text), source));
      } catch (IOException e) {
        throw new IllegalStateException("the library's resource " + resource + " is bad", e);
      }
    });
    return relations;
  }

  /**
   * Reads a file of relations, or all such files of a folder in the order of their names.
   *
   * @throws InputException naming file and place for anything that is not in one of the three forms
   */
  public static List<Relation> read(Path path) {
    if (Files.isDirectory(path)) {
      List<Relation> all = new ArrayList<>();
      for (Path file : filesIn(path)) {
        all.addAll(read(file));
      }
      if (all.isEmpty()) {
        throw InputException.in(
            path, "", "expected relation files (.json, .csv, .tsv, .txt), found none", "");
      }
      return all;
    }
    String name = String.valueOf(path.getFileName());
    int dot = name.lastIndexOf('.');
    String stem = dot < 0 ? name : name.substring(0, dot);
    String text = text(path);
    return switch (dot < 0 ? "" : name.substring(dot).toLowerCase(Locale.ROOT)) {
      case ".json" -> List.of(new Relation(stem, pairs(path, text), path.toString()));
      case ".csv" -> table(path, stem, text, ',');
      case ".tsv" -> table(path, stem, text, '\t');
      case ".txt" -> analogies(path, text);
      default ->
          throw InputException.in(
              path, "", "expected a relation file: .json, .csv, .tsv or .txt (analogies)", "");
    };
  }

  private static List<Path> filesIn(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(f -> String.valueOf(f.getFileName()).matches("(?i)[^.].*\\.(json|csv|tsv|txt)"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw InputException.in(folder, "", "cannot be listed (" + e.getMessage() + ")", "");
    }
  }

  private static String text(Path file) {
    StringBuilder text = new StringBuilder();
    try (TextLines lines = new TextLines(file)) {
      for (String line = lines.next(); line != null; line = lines.next()) {
        text.append(line).append('\n');
        if (text.length() > MAX_BYTES) {
          throw InputException.in(
              file, "line " + lines.number(), "larger than any file of relations", "");
        }
      }
    }
    return text.toString();
  }

  private static List<Relation.Pair> pairs(Path file, String text) {
    JsonNode root;
    try {
      root = Json.parse(text);
    } catch (JsonProcessingException e) {
      throw InputException.in(
          file,
          "line " + (e.getLocation() == null ? 1 : e.getLocation().getLineNr()),
          "not valid JSON (" + e.getOriginalMessage() + ")",
          "");
    }
    if (!root.isArray()) {
      throw InputException.in(
          file, "", "expected a list of {\"input\", \"output\"}", "other JSON is not read");
    }
    List<Relation.Pair> pairs = new ArrayList<>();
    for (int i = 0; i < root.size(); i++) {
      String place = "[" + i + "]";
      pairs.add(
          new Relation.Pair(
              word(file, place, root.get(i), "input"), word(file, place, root.get(i), "output")));
    }
    return pairs;
  }

  private static String word(Path file, String place, JsonNode pair, String key) {
    JsonNode value = pair.get(key);
    if (value == null || !(value.isTextual() || value.isNumber())) {
      throw InputException.in(file, place, "expected a text under '" + key + "'", "");
    }
    return notBlank(file, place, value.asText());
  }

  private static String notBlank(Path file, String place, String word) {
    if (word.isBlank()) {
      throw InputException.in(file, place, "expected a word, found only spaces", "");
    }
    return word;
  }

  private static List<Relation> table(Path file, String stem, String text, char separator) {
    Map<String, List<Relation.Pair>> relations = new LinkedHashMap<>();
    int number = 0;
    int columns = 0;
    for (Table.Row row : Table.rows(file, text, separator)) {
      List<String> cells = row.cells();
      String place = "line " + row.line();
      if (number++ == 0) {
        columns = cells.size();
        if (columns != 2 && columns != 3) {
          throw InputException.in(
              file,
              place,
              "expected 2 columns (input, output) or 3 (relation, input, output), found " + columns,
              "");
        }
        if (cells.get(columns - 2).equalsIgnoreCase("input")
            && cells.get(columns - 1).equalsIgnoreCase("output")) {
          continue;
        }
      }
      if (cells.size() != columns) {
        throw InputException.in(
            file, place, "expected " + columns + " columns, found " + cells.size(), "");
      }
      String name = columns == 2 ? stem : notBlank(file, place, cells.getFirst());
      relations
          .computeIfAbsent(name, n -> new ArrayList<>())
          .add(
              new Relation.Pair(
                  notBlank(file, place, cells.get(columns - 2)),
                  notBlank(file, place, cells.get(columns - 1))));
    }
    return all(file, relations);
  }

  /**
   * Reads a file of analogy questions ({@code .txt}), in its order.
   *
   * @throws InputException naming file and line for anything else
   */
  public static List<AnalogyQuestion> questions(Path file) {
    List<AnalogyQuestion> questions = questions(file, text(file));
    if (questions.isEmpty()) {
      throw InputException.in(file, "", "expected analogy questions, found none", "");
    }
    return questions;
  }

  private static List<AnalogyQuestion> questions(Path file, String text) {
    List<AnalogyQuestion> questions = new ArrayList<>();
    @Nullable String category = null;
    int number = 0;
    for (String line : (Iterable<String>) text.lines()::iterator) {
      String place = "line " + ++number;
      if (line.isBlank()) {
        continue;
      }
      if (line.startsWith(":")) {
        category = notBlank(file, place, line.substring(1)).strip().replaceAll("\\s+", "-");
        continue;
      }
      String[] words = line.strip().split("\\s+");
      if (category == null) {
        throw InputException.in(file, place, "expected ': category' before the first question", "");
      }
      if (words.length != 4) {
        throw InputException.in(file, place, "expected four words, found " + words.length, "");
      }
      questions.add(new AnalogyQuestion(category, words[0], words[1], words[2], words[3]));
    }
    return questions;
  }

  private static List<Relation> analogies(Path file, String text) {
    Map<String, Set<Relation.Pair>> relations = new LinkedHashMap<>();
    for (AnalogyQuestion q : questions(file, text)) {
      Set<Relation.Pair> category =
          relations.computeIfAbsent(q.category(), n -> new LinkedHashSet<>());
      category.add(new Relation.Pair(q.a(), q.b()));
      category.add(new Relation.Pair(q.c(), q.d()));
    }
    return all(file, relations);
  }

  private static <P extends java.util.Collection<Relation.Pair>> List<Relation> all(
      Path file, Map<String, P> relations) {
    if (relations.isEmpty()) {
      throw InputException.in(file, "", "an empty file of relations: there is no pair in it", "");
    }
    return relations.entrySet().stream()
        .map(e -> new Relation(e.getKey(), List.copyOf(e.getValue()), file.toString()))
        .toList();
  }
}
