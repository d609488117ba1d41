package almagest.format;

import almagest.run.AtomicFile;
import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
                  .addDecorator((factory, generator) -> new FiniteNumbers(generator))
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** The largest file that is read, in bytes; real ones (tokenizers) stay under a tenth of it. */
  private static final long SIZE_LIMIT = 500_000_000;

  private Json() {}

  /** Writes null for what is no number: JSON has no NaN, and a text in its place is no number. */
  private static final class FiniteNumbers extends JsonGeneratorDelegate {
    FiniteNumbers(JsonGenerator generator) {
      super(generator);
    }

    @Override
    public void writeNumber(double value) throws IOException {
      if (Double.isFinite(value)) {
        super.writeNumber(value);
      } else {
        writeNull();
      }
    }

    @Override
    public void writeNumber(float value) throws IOException {
      if (Float.isFinite(value)) {
        super.writeNumber(value);
      } else {
        writeNull();
      }
    }
  }

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Turns records, maps, lists, arrays and numbers into a tree. */
  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  public static JsonNode read(Path file) {
    try {
      if (Files.size(file) > SIZE_LIMIT) {
        throw InputException.in(
            file, "", Files.size(file) + " bytes of JSON, expected at most " + SIZE_LIMIT, "");
      }
      return finite(MAPPER.readTree(Files.readAllBytes(file)));
    } catch (JsonProcessingException e) {
      throw InputException.in(
          file,
          "line " + (e.getLocation() == null ? 1 : e.getLocation().getLineNr()),
          "not valid JSON (" + reason(e) + ")",
          "");
    } catch (NoSuchFileException e) {
      throw InputException.in(file, "", "there is no such file", "");
    } catch (IOException e) {
      throw InputException.in(file, "", "cannot be read (" + e.getMessage() + ")", "");
    }
  }

  /** Parses one text, e.g. a line of a corpus; the caller names the place when it fails. */
  public static JsonNode parse(String text) throws JsonProcessingException {
    return finite(MAPPER.readTree(text));
  }

  /** Takes the lines of a file one by one. */
  @FunctionalInterface
  public interface LineReader {
    /**
     * @param number of the line, from 1
     */
    void line(int number, JsonNode node);
  }

  /** Reads a file of one JSON value a line, without holding more than a line of it. */
  public static void readLines(Path file, LineReader reader) {
    int number = 0;
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        reader.line(++number, parse(line));
      }
    } catch (JsonProcessingException e) {
      throw InputException.in(file, "line " + number, "not valid JSON (" + reason(e) + ")", "");
    } catch (IOException e) {
      throw InputException.in(file, "", "cannot be read (" + e.getMessage() + ")", "");
    }
  }

  /** What is wrong, in one short line. */
  static String reason(JsonProcessingException e) {
    String message = e.getOriginalMessage();
    return message.length() <= 200 ? message : message.substring(0, 200) + " …";
  }

  /** Refuses numbers such as 1e999999999, which a double reads as infinity. */
  private static JsonNode finite(JsonNode node) throws JsonProcessingException {
    if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
      throw new JsonParseException(null, "a number beyond the range of a double");
    }
    for (JsonNode child : node) {
      finite(child);
    }
    return node;
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
