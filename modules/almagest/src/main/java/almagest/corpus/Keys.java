package almagest.corpus;

import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** An object of a JSON file, read strictly: each complaint names the file and the key. */
final class Keys {
  private final Path file;
  private final String place;
  private final JsonNode node;

  Keys(Path file, String place, JsonNode node) {
    this.file = file;
    this.place = place;
    this.node = node;
    if (!node.isObject()) {
      throw InputException.in(file, place, "expected a JSON object", "");
    }
  }

  InputException bad(String key, String problem) {
    return InputException.in(file, place(key), problem, "docs/corpus.md explains the keys");
  }

  /** Refuses keys that are not in the set, so that a slip of the pen is not passed over. */
  void allow(Set<String> keys) {
    for (String key : names()) {
      if (!keys.contains(key)) {
        throw bad(key, "there is no such key, only " + String.join(", ", new TreeSet<>(keys)));
      }
    }
  }

  List<String> names() {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  boolean has(String key) {
    return node.has(key);
  }

  String text(String key) {
    JsonNode value = node.get(key);
    if (value == null || !value.isTextual() || value.asText().isBlank()) {
      throw bad(key, "expected a text");
    }
    return value.asText();
  }

  /** A text that may be empty or missing. */
  String text(String key, String otherwise) {
    JsonNode value = node.get(key);
    if (value == null) {
      return otherwise;
    }
    if (!value.isTextual()) {
      throw bad(key, "expected a text");
    }
    return value.asText();
  }

  /** One text or a list of them. */
  List<String> texts(String key) {
    JsonNode value = node.get(key);
    if (value == null) {
      throw bad(key, "expected a text or a list of texts, found nothing");
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode item : value.isArray() ? value : List.of(value)) {
      if (!item.isTextual()) {
        throw bad(key, "expected a text or a list of texts");
      }
      texts.add(item.asText());
    }
    return texts;
  }

  int count(String key, int otherwise, int least) {
    JsonNode value = node.get(key);
    if (value == null) {
      return otherwise;
    }
    if (!value.isInt() || value.asInt() < least) {
      throw bad(key, "expected a whole number of at least " + least + ", found " + value);
    }
    return value.asInt();
  }

  boolean flag(String key) {
    JsonNode value = node.get(key);
    if (value != null && !value.isBoolean()) {
      throw bad(key, "expected true or false");
    }
    return value != null && value.asBoolean();
  }

  /** An object; an empty one where there is none. */
  Keys object(String key) {
    JsonNode value = node.get(key);
    return new Keys(file, place(key), value == null ? almagest.format.Json.object() : value);
  }

  List<Keys> objects(String key) {
    JsonNode value = node.get(key);
    if (value == null || !value.isArray()) {
      throw bad(key, "expected a list");
    }
    List<Keys> objects = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      objects.add(new Keys(file, place(key) + "[" + i + "]", value.get(i)));
    }
    return objects;
  }

  private String place(String key) {
    return place.isEmpty() ? key : place + "." + key;
  }
}
