package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.format.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CorpusCommandTest {
  @TempDir Path folder;
  private final PrintStream realOut = System.out;
  private final PrintStream realErr = System.err;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void listen() {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void stopListening() {
    System.setOut(realOut);
    System.setErr(realErr);
  }

  private Path file(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  @Test
  void aFolderIsCountedByType() throws IOException {
    file("texts/poem/a.txt", "a rose is a rose");
    file("texts/law/b.txt", "whereas");
    file("texts/law/c.txt", "therefore");
    assertThat(Main.execute("corpus", "info", folder.resolve("texts").toString(), "--quiet"))
        .isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .containsPattern("law +2 +16\n")
        .containsPattern("poem +1 +16\n")
        .containsPattern("total +3 +32\n");
    assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void theJsonHoldsTheSameAndNothingElse() throws IOException {
    Path lines =
        file(
            "a.jsonl",
            "{\"text\": \"one\", \"kind\": \"x\"}\n{\"text\": \"two\", \"kind\": \"y\"}\n");
    assertThat(
            Main.execute(
                "corpus",
                "info",
                lines.toString(),
                "--type-field",
                "kind",
                "--documents",
                "1",
                "--json",
                "--quiet"))
        .isZero();
    JsonNode result = parse(out.toString(StandardCharsets.UTF_8));
    assertThat(result.at("/types/x/documents").asInt()).isEqualTo(1);
    assertThat(result.at("/types").size()).isEqualTo(1);
    assertThat(result.at("/inputs/a.jsonl").asText()).hasSize(64);
  }

  private static JsonNode parse(String text) {
    try {
      return Json.parse(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aPrintedManifestCanBeHandedIn() throws IOException {
    assertThat(Main.execute("corpus", "manifest", "quick")).isZero();
    JsonNode manifest = parse(out.toString(StandardCharsets.UTF_8));
    assertThat(manifest.get("name").asText()).isEqualTo("quick");
    assertThat(manifest.get("sources").size()).isGreaterThanOrEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "half.jsonl; {\"text\": \"one\"}|{\"text\": \"tw; line 2",
        "words.jsonl; just words; line 1",
        "list.jsonl; [1, 2]; line 1",
        "no-text.jsonl; {\"body\": \"x\"}; --text-field",
        "empty.jsonl; ``; empty corpus",
        "blank.jsonl; |  |; empty corpus",
        "packed.jsonl.gz; not packed; gzip",
        "packed.jsonl.zst; not packed; zstandard",
        "table.parquet; not a table; Parquet",
        "mine.json; {\"name\": \"mine\"; line 1",
        "mine.json; {\"name\": \"mine\"}; sources",
        "mine.json; {\"name\": 3, \"sources\": []}; sources",
        "mine.json; {\"name\": \"m\", \"sources\": [{\"type\": \"t\", \"from\": \"x\", \"rule\": \"text\"}]}; from",
        "book.pdf; %PDF; expected .jsonl"
      })
  void badCorporaEndInOneLineAndExitCode3(String name, String content, String named)
      throws IOException {
    Path file = file(name, content.replace('|', '\n'));
    assertThat(Main.execute("corpus", "info", file.toString(), "--quiet")).isEqualTo(3);
    assertOneLine(named);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(name);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "info,nowhere,3,no such corpus",
    "manifest,huge,3,no embedded corpus",
    "info,--documents=0,2,CORPUS"
  })
  void wrongNamesAreNamed(String command, String argument, int code, String named) {
    assertThat(Main.execute("corpus", command, argument)).isEqualTo(code);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(named);
  }

  private void assertOneLine(String named) {
    String message = err.toString(StandardCharsets.UTF_8);
    assertThat(message.lines()).hasSize(1);
    assertThat(message).startsWith("almagest: ").contains(named);
  }
}
