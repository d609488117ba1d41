package almagest.corpus;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * JSON lines in the form of The Pile: an object a line, the text in one field, the type in another.
 * Empty lines and documents whose text is blank are passed over; half of a surrogate pair, which no
 * encoding can hold, becomes U+FFFD. Everything else that is not as expected is an error with its
 * line.
 */
final class PileLines implements DocumentReader {
  /** The type of a document that names none, where no field was asked for. */
  static final String UNTYPED = "untyped";

  static final String TEXT_FIELD = "text";
  static final String TYPE_FIELD = "meta.pile_set_name";

  private final Path file;
  private final String name;
  private final Fields fields;
  private final Oddities oddities;
  private final String[] textPath;
  private final String[] typePath;
  private final TextLines lines;

  /**
   * Where things stand in a line; each a path with dots.
   *
   * @param type null for {@value #TYPE_FIELD}, which a line may lack
   * @param id null for the file's name and the line's number
   * @param source null for the file's name
   */
  record Fields(String text, @Nullable String type, @Nullable String id, @Nullable String source) {}

  /**
   * @param name of the file within its corpus
   */
  PileLines(Path file, String name, Fields fields, Oddities oddities) {
    this.file = file;
    this.name = name;
    this.fields = fields;
    this.oddities = oddities;
    this.textPath = path(fields.text());
    this.typePath = path(fields.type() == null ? TYPE_FIELD : fields.type());
    this.lines = new TextLines(file);
  }

  @Override
  public @Nullable Document next() {
    for (String line = lines.next(); line != null; line = lines.next()) {
      if (line.isBlank()) {
        continue;
      }
      Document document = document(line);
      if (!document.text().isBlank()) {
        return document;
      }
      oddities.blank();
    }
    return null;
  }

  private Document document(String line) {
    JsonNode node;
    try {
      node = Json.parse(line);
    } catch (JsonProcessingException e) {
      throw bad(
          "is not a JSON object (" + e.getOriginalMessage() + ")",
          "the file may have been cut off, or is not in the form of JSON lines");
    }
    if (!node.isObject()) {
      throw bad("expected a JSON object, found " + kind(node), "");
    }
    JsonNode text = at(node, textPath);
    if (text == null || !text.isTextual()) {
      throw bad(
          "expected a string under '"
              + String.join(".", textPath)
              + "', found "
              + (text == null ? "only " + keys(node) : kind(text)),
          "--text-field names another field");
    }
    JsonNode type = at(node, typePath);
    if (type == null && fields.type() != null) {
      throw bad(
          "there is nothing under '" + String.join(".", typePath) + "', only " + keys(node),
          "--type-field names the field with the type");
    }
    if (type != null && (type.isContainerNode() || type.asText().isBlank())) {
      throw bad(
          "expected a name under '" + String.join(".", typePath) + "', found " + kind(type),
          "--type-field names the field with the type");
    }
    if (type == null) {
      oddities.untyped();
      oddities.fields(keys(node));
    }
    String given = text.asText();
    String mended = wellFormed(given);
    if (!mended.equals(given)) {
      oddities.mended();
    }
    return new Document(
        given(node, fields.id(), name + "#" + lines.number()),
        mended,
        type == null ? UNTYPED : wellFormed(type.asText()),
        given(node, fields.source(), name));
  }

  private String given(JsonNode node, @Nullable String field, String otherwise) {
    if (field == null) {
      return otherwise;
    }
    JsonNode value = at(node, path(field));
    if (value == null || !value.isTextual()) {
      throw bad("expected a string under '" + field + "'", "");
    }
    return value.asText();
  }

  private static String[] path(String field) {
    return field.split("\\.");
  }

  private static @Nullable JsonNode at(JsonNode node, String[] path) {
    JsonNode here = node;
    for (String key : path) {
      JsonNode next = here.get(key);
      if (next == null || next.isNull()) {
        return null;
      }
      here = next;
    }
    return here;
  }

  private static String keys(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    List<String> first = names.size() > 8 ? names.subList(0, 8) : names;
    return first.isEmpty() ? "an empty object" : String.join(", ", first);
  }

  private static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "a list";
      case STRING -> "an empty string";
      case NUMBER -> "the number " + node.asText();
      case BOOLEAN -> "a truth value";
      default -> "nothing";
    };
  }

  static String wellFormed(String text) {
    StringBuilder mended = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else {
        mended = mended == null ? new StringBuilder(text) : mended;
        mended.setCharAt(i, '\uFFFD');
      }
    }
    return mended == null ? text : mended.toString();
  }

  private InputException bad(String problem, String advice) {
    return InputException.in(file, "line " + lines.number(), problem, advice);
  }

  @Override
  public void close() {
    lines.close();
  }
}
