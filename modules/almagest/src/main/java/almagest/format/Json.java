package almagest.format;

import almagest.run.AtomicFile;
import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Strict JSON: duplicate keys, trailing text, deep nesting and monstrous numbers are refused; NaN
 * and infinity are written as null.
 */
public final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(200)
                          .maxNumberLength(400)
                          .maxStringLength(200_000_000)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Json() {}

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Turns records, maps, lists, arrays and numbers into a tree. */
  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  public static JsonNode read(Path file) {
    try {
      return MAPPER.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw InputException.in(
          file,
          "line " + (e.getLocation() == null ? 1 : e.getLocation().getLineNr()),
          "not valid JSON (" + e.getOriginalMessage() + ")",
          "");
    } catch (IOException e) {
      throw InputException.in(file, "", "cannot be read (" + e.getMessage() + ")", "");
    }
  }

  /** Parses one text, e.g. a line of a corpus; the caller names the place when it fails. */
  public static JsonNode parse(String text) throws JsonProcessingException {
    return MAPPER.readTree(text);
  }

  /** One line, without spaces. */
  public static String line(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes indented JSON with a final newline, atomically; equal trees give equal bytes. */
  public static void write(Path file, JsonNode node) {
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
    AtomicFile.write(
        file,
        out -> {
          out.write(MAPPER.writer(printer).writeValueAsBytes(node));
          out.write('\n');
        });
  }
}
