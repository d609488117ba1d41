package almagest.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.format.Json;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Laws for any documents; each case is one seed, and a failure names it. */
class CorpusPropertyTest {
  @TempDir Path folder;

  static Stream<Long> seeds() {
    return Stream.iterate(0L, s -> s + 1).limit(20);
  }

  private static RandomGenerator random(long seed) {
    return new Seed(seed).split("corpus").generator();
  }

  /** Any characters there are but blanks alone; sometimes longer than the reader's buffer. */
  private static String text(RandomGenerator random) {
    int length = random.nextInt(10) == 0 ? 65_500 + random.nextInt(80) : 1 + random.nextInt(40);
    StringBuilder text = new StringBuilder("x");
    while (text.length() < length) {
      int c =
          switch (random.nextInt(4)) {
            case 0 -> random.nextInt(0x20, 0x7f);
            case 1 -> random.nextInt(0x110000);
            case 2 -> "\n\r\t\"\\\u2028\u0000\ufeff".charAt(random.nextInt(8));
            default -> 'a' + random.nextInt(26);
          };
      if (c < 0xd800 || c > 0xdfff) {
        text.appendCodePoint(c);
      }
    }
    return text.toString();
  }

  private static List<Document> documents(RandomGenerator random, String name) {
    List<Document> documents = new ArrayList<>();
    for (int i = 1 + random.nextInt(20); i > 0; i--) {
      documents.add(
          new Document(
              name + "#" + (documents.size() + 1), text(random), "t" + random.nextInt(3), name));
    }
    return documents;
  }

  private Path write(List<Document> documents, String name) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out =
        name.endsWith(".zst")
            ? new ZstdOutputStream(bytes)
            : name.endsWith(".gz") ? new GZIPOutputStream(bytes) : bytes) {
      for (Document document : documents) {
        ObjectNode line = Json.object().put("text", document.text());
        line.putObject("meta").put("pile_set_name", document.type());
        out.write((Json.line(line) + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
    return Files.write(folder.resolve(name), bytes.toByteArray());
  }

  private static List<Document> read(Path file) {
    try (Corpus corpus = Corpora.open(file, Corpora.Options.defaults(), Progress.NONE);
        Stream<Document> all = corpus.documents()) {
      return all.toList();
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whatIsWrittenIsRead(long seed) throws IOException {
    RandomGenerator random = random(seed);
    String name = List.of("a.jsonl", "a.jsonl.gz", "a.jsonl.zst").get(random.nextInt(3));
    List<Document> documents = documents(random, name);
    assertThat(read(write(documents, name))).isEqualTo(documents);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aPackedFileThatBreaksOffAnywhereIsAnError(long seed) throws IOException {
    RandomGenerator random = random(seed);
    String name = random.nextBoolean() ? "a.jsonl.gz" : "a.jsonl.zst";
    Path file = write(documents(random, name), name);
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < 10; i++) {
      Files.write(file, Arrays.copyOf(whole, random.nextInt(whole.length)));
      assertThatThrownBy(() -> read(file))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(name);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void damagedBytesAreReadOrRefusedAndNothingElse(long seed) throws IOException {
    RandomGenerator random = random(seed);
    String name = List.of("a.jsonl", "a.jsonl.gz", "a.jsonl.zst").get(random.nextInt(3));
    Path file = write(documents(random, name), name);
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < 10; i++) {
      byte[] damaged = whole.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);
      readOrRefuse(file);
    }
  }

  private static void readOrRefuse(Path file) {
    try {
      assertThat(read(file)).isNotEmpty();
    } catch (InputException e) {
      assertThat(e).hasMessageContaining(String.valueOf(file.getFileName()));
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void cuttingLosesNothingAndEndsAtLineEnds(long seed) {
    RandomGenerator random = random(seed);
    Manifest.Cut cut =
        new Manifest.Cut(1 + random.nextInt(60), random.nextInt(30), Integer.MAX_VALUE, 1);
    String text =
        Stream.generate(() -> "word ".repeat(random.nextInt(8)) + "end")
            .limit(1 + random.nextInt(40))
            .collect(Collectors.joining("\n"));
    List<String> pieces = Extraction.cut(text, cut);
    assertThat(String.join("\n", pieces)).isEqualTo(text);
    assertThat(pieces.subList(0, pieces.size() - 1))
        .allMatch(piece -> piece.length() + 1 >= cut.longest());
    if (pieces.size() > 1) {
      assertThat(pieces.getLast().length() + 1).isGreaterThanOrEqualTo(cut.tail());
    }
  }

  @ParameterizedTest
  @CsvSource({"3, 2, 5", "1, 1, 1", "100, 7, 3"})
  void aCutNeverGivesMoreOrShorterPiecesThanAllowed(int longest, int most, int shortest) {
    List<String> pieces =
        Extraction.cut("a line of text\n".repeat(50), new Manifest.Cut(longest, 0, most, shortest));
    assertThat(pieces).hasSizeLessThanOrEqualTo(most).allMatch(p -> p.length() >= shortest);
  }
}
