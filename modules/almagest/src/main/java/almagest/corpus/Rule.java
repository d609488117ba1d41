package almagest.corpus;

import almagest.format.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Finds the texts in an entry of an archive. Rules are pure: the same text gives the same items.
 * What is not in the form that a rule expects gives fewer items, not an error, since archives are
 * pinned.
 */
sealed interface Rule {

  /**
   * A text that was found.
   *
   * @param kind only items of one kind are joined, e.g. those in one language
   */
  record Item(String kind, String text) {}

  void find(String text, Consumer<Item> found);

  /** The keys that a source with its rule may have besides those that every source has. */
  static Set<String> parameters(Keys keys) {
    return switch (keys.text("rule")) {
      case "text" -> Set.of("comments", "drop_lines");
      case "json" -> Set.of("keys");
      case "attributes" -> Set.of("elements", "attribute", "within");
      case "elements" -> Set.of("elements");
      case "tab-lines" -> Set.of("column", "languages");
      default -> Set.of();
    };
  }

  static Rule parse(Keys keys) {
    return switch (keys.text("rule")) {
      case "text" ->
          new Text(
              switch (keys.text("comments", "keep")) {
                case "keep" -> Comments.KEEP;
                case "drop" -> Comments.DROP;
                case "drop-first" -> Comments.DROP_FIRST;
                default -> throw keys.bad("comments", "expected keep, drop or drop-first");
              },
              keys.has("drop_lines") ? keys.texts("drop_lines") : List.of());
      case "doc-comments" -> new DocComments();
      case "paragraphs" -> new Paragraphs();
      case "lines" -> new Lines();
      case "tab-lines" -> new TabLines(keys.count("column", 1, 1), languages(keys));
      case "html" -> new Html();
      case "json" -> new JsonValues(keys.texts("keys"));
      case "attributes" ->
          new Attributes(
              Set.copyOf(keys.texts("elements")), keys.text("attribute"), keys.text("within"));
      case "elements" -> new Elements(Set.copyOf(keys.texts("elements")));
      case "wordnet" -> new WordNet();
      case "obo" -> new Obo();
      case "python-strings" -> new PythonStrings();
      default ->
          throw keys.bad(
              "rule",
              "expected text, doc-comments, paragraphs, lines, tab-lines, html, json, attributes,"
                  + " elements, wordnet, obo or python-strings");
    };
  }

  private static Languages.Choice languages(Keys keys) {
    return switch (keys.text("languages", "all")) {
      case "all" -> Languages.Choice.ALL;
      case "english" -> Languages.Choice.ENGLISH;
      case "other" -> Languages.Choice.OTHER;
      default -> throw keys.bad("languages", "expected all, english or other");
    };
  }

  /** What becomes of block comments. */
  enum Comments {
    KEEP,
    DROP,
    DROP_FIRST
  }

  /** The whole entry, perhaps without block comments and without lines that begin in some way. */
  record Text(Comments comments, List<String> dropLines) implements Rule {
    @Override
    public void find(String text, Consumer<Item> found) {
      String kept =
          switch (comments) {
            case KEEP -> text;
            case DROP -> SourceCode.withoutBlockComments(text, Integer.MAX_VALUE);
            case DROP_FIRST -> SourceCode.withoutBlockComments(text, 1);
          };
      if (!dropLines.isEmpty()) {
        StringBuilder lines = new StringBuilder();
        kept.lines()
            .filter(line -> dropLines.stream().noneMatch(line::startsWith))
            .forEach(line -> lines.append(line).append('\n'));
        kept = lines.toString();
      }
      found.accept(new Item("", kept.strip()));
    }
  }

  /** The text of Javadoc and its like, without tags, one item a comment. */
  record DocComments() implements Rule {
    @Override
    public void find(String text, Consumer<Item> found) {
      for (String comment : SourceCode.docComments(text)) {
        found.accept(new Item("", comment));
      }
    }
  }

  /** What stands between blank lines. */
  record Paragraphs() implements Rule {
    @Override
    public void find(String text, Consumer<Item> found) {
      StringBuilder paragraph = new StringBuilder();
      for (String line : (Iterable<String>) text.lines()::iterator) {
        if (line.isBlank()) {
          flush(paragraph, found);
        } else {
          paragraph.append(line).append('\n');
        }
      }
      flush(paragraph, found);
    }

    private static void flush(StringBuilder paragraph, Consumer<Item> found) {
      if (!paragraph.isEmpty()) {
        found.accept(new Item("", paragraph.toString().stripTrailing()));
        paragraph.setLength(0);
      }
    }
  }

  /** Each line. */
  record Lines() implements Rule {
    @Override
    public void find(String text, Consumer<Item> found) {
      text.lines().map(String::strip).forEach(line -> found.accept(new Item("", line)));
    }
  }

  /**
   * One column of lines with tabs, perhaps only in some languages; items of one language a kind.
   */
  record TabLines(int column, Languages.Choice languages) implements Rule {
    @Override
    public void find(String text, Consumer<Item> found) {
      for (String line : (Iterable<String>) text.lines()::iterator) {
        String[] columns = line.split("\t");
        if (columns.length >= column) {
          String content = columns[column - 1].strip();
          String language = Languages.guess(content);
          if (languages.accepts(language)) {
            found.accept(new Item(language, content));
          }
        }
      }
    }
  }

  /** A page's text, without its head, scripts and tags. */
  record Html() implements Rule {
    @Override
    public void find(String text, Consumer<Item> found) {
      found.accept(new Item("", Markup.text(text)));
    }
  }

  /** The first of some keys of a JSON object that holds a text. */
  record JsonValues(List<String> keys) implements Rule {
    @Override
    public void find(String text, Consumer<Item> found) {
      JsonNode node;
      try {
        node = Json.parse(text);
      } catch (JsonProcessingException e) {
        return;
      }
      for (String key : keys) {
        if (node.path(key).isTextual()) {
          found.accept(new Item("", node.get(key).asText().strip()));
          return;
        }
      }
    }
  }

  /** An attribute of some elements; items within one outer element are of one kind. */
  record Attributes(Set<String> elements, String attribute, String within) implements Rule {
    @Override
    public void find(String text, Consumer<Item> found) {
      int outer = 0;
      for (Markup.Tag tag : Markup.tags(text)) {
        if (tag.name().equals(within)) {
          outer += tag.closing(text) ? 0 : 1;
        } else if (elements.contains(tag.name())) {
          String value = tag.attribute(text, attribute);
          if (!value.isBlank()) {
            found.accept(new Item(Integer.toString(outer), value.strip()));
          }
        }
      }
    }
  }

  /** The text inside some elements. */
  record Elements(Set<String> elements) implements Rule {
    @Override
    public void find(String text, Consumer<Item> found) {
      List<Markup.Tag> tags = Markup.tags(text);
      for (int i = 0; i < tags.size(); i++) {
        Markup.Tag open = tags.get(i);
        if (!elements.contains(open.name()) || open.closing(text)) {
          continue;
        }
        int j = i + 1;
        while (j < tags.size()
            && !(tags.get(j).name().equals(open.name()) && tags.get(j).closing(text))) {
          j++;
        }
        if (j < tags.size()) {
          found.accept(
              new Item("", Markup.withoutTags(text.substring(open.end(), tags.get(j).start()))));
          i = j;
        }
      }
    }
  }

  /** Lines "words: gloss" of a WordNet data file; items of one lexicographer file a kind. */
  record WordNet() implements Rule {
    /** Offset, lexicographer file, part of speech, number of words in hexadecimal. */
    private static final Pattern SYNSET = Pattern.compile("\\d{8} \\d\\d [nvasr] [0-9a-f]{2} ");

    @Override
    public void find(String text, Consumer<Item> found) {
      for (String line : (Iterable<String>) text.lines()::iterator) {
        int bar = line.indexOf(" | ");
        if (bar < 0 || !SYNSET.matcher(line).lookingAt()) {
          continue;
        }
        String[] fields = line.substring(0, bar).split(" ");
        int words = Integer.parseInt(fields[3], 16);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < words && 4 + 2 * i < fields.length; i++) {
          names.add(fields[4 + 2 * i].replace('_', ' ').replaceFirst("\\([a-z]+\\)$", ""));
        }
        found.accept(
            new Item(fields[1], String.join(", ", names) + ": " + line.substring(bar + 3).strip()));
      }
    }
  }

  /** "name. definition" of each term of an OBO ontology. */
  record Obo() implements Rule {
    @Override
    public void find(String text, Consumer<Item> found) {
      String name = "";
      for (String line : (Iterable<String>) text.lines()::iterator) {
        if (line.startsWith("[")) {
          name = "";
        } else if (line.startsWith("name: ")) {
          name = line.substring(6).strip();
        } else if (line.startsWith("def: \"") && !name.isEmpty()) {
          int end = 6;
          while (end < line.length() && (line.charAt(end) != '"' || line.charAt(end - 1) == '\\')) {
            end++;
          }
          found.accept(
              new Item(
                  "", name + ". " + line.substring(6, end).replace("\\n", " ").replace("\\", "")));
        }
      }
    }
  }

  /** The values of a Python dictionary of texts, written as adjacent literals. */
  record PythonStrings() implements Rule {
    @Override
    public void find(String text, Consumer<Item> found) {
      StringBuilder value = new StringBuilder();
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c == '#') {
          int end = text.indexOf('\n', i);
          i = end < 0 ? text.length() : end;
        } else if (c == '\'' || c == '"') {
          StringBuilder literal = new StringBuilder();
          i = SourceCode.literal(text, i, literal);
          int next = i + 1;
          if (next < text.length() && text.charAt(next) == ':') {
            flush(value, found);
          } else {
            value.append(literal);
          }
        }
      }
      flush(value, found);
    }

    private static void flush(StringBuilder value, Consumer<Item> found) {
      if (!value.isEmpty()) {
        found.accept(new Item("", value.toString().strip()));
        value.setLength(0);
      }
    }
  }
}
