package almagest.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CorporaTest {
  private static final Corpora.Options OPTIONS = Corpora.Options.defaults();

  @TempDir Path folder;

  private static List<Document> read(Path path, Corpora.Options options) {
    try (Corpus corpus = Corpora.open(path, options, Progress.NONE);
        Stream<Document> documents = corpus.documents()) {
      return documents.toList();
    }
  }

  private static List<Document> read(Path path) {
    return read(path, OPTIONS);
  }

  private Path file(String name, String content) {
    Path file = folder.resolve(name);
    try {
      Files.createDirectories(file.getParent());
      try (OutputStream raw = Files.newOutputStream(file);
          OutputStream out =
              name.endsWith(".zst")
                  ? new ZstdOutputStream(raw)
                  : name.endsWith(".gz") ? new GZIPOutputStream(raw) : raw) {
        out.write(content.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  private static String line(String text, String type) {
    return "{\"text\": \"" + text + "\", \"meta\": {\"pile_set_name\": \"" + type + "\"}}\n";
  }

  private static Path hostile(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(CorporaTest.class.getResource("/corpus/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst"})
  void linesReadTheSameHoweverTheyArePacked(String name) {
    Path file = file(name, line("one", "B") + "\n" + line("two \\u00e9", "A"));
    assertThat(read(file))
        .containsExactly(
            new Document(name + "#1", "one", "B", name),
            new Document(name + "#3", "two é", "A", name));
    try (Corpus corpus = Corpora.open(file, OPTIONS, Progress.NONE)) {
      assertThat(corpus.types()).containsExactly("A", "B");
      assertThat(corpus.size()).isEqualTo(2);
      assertThat(corpus.inputs()).containsOnlyKeys(name);
    }
  }

  @Test
  void severalPackedPartsInOneFileAreOneStream() throws IOException {
    Path file = folder.resolve("parts.jsonl.zst");
    byte[] first = Files.readAllBytes(file("x.jsonl.zst", line("one", "A")));
    byte[] second = Files.readAllBytes(file("y.jsonl.zst", line("two", "A")));
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(first);
      out.write(second);
    }
    assertThat(read(file)).extracting(Document::text).containsExactly("one", "two");
  }

  @Test
  void theFieldsCanBeNamed() {
    Path file = file("a.jsonl", "{\"body\": {\"raw\": \"hello\"}, \"kind\": 3}\n");
    assertThat(read(file, OPTIONS.withTextField("body.raw").withTypeField("kind")))
        .extracting(Document::text, Document::type)
        .containsExactly(org.assertj.core.api.Assertions.tuple("hello", "3"));
    assertThat(read(file, OPTIONS.withTextField("body.raw")).getFirst().type())
        .isEqualTo("untyped");
    assertThatThrownBy(
            () -> read(file, OPTIONS.withTextField("body.raw").withTypeField("meta.label")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 1")
        .hasMessageContaining("meta.label")
        .hasMessageContaining("body, kind");
  }

  @Test
  void aLimitTakesDocumentsFromTheStartAndReadsNoFurther() {
    Path file = file("a.jsonl", line("one", "A") + line("two", "B") + "this is not JSON");
    assertThat(read(file, OPTIONS.withDocuments(2))).hasSize(2);
    try (Corpus corpus = Corpora.open(file, OPTIONS.withDocuments(1), Progress.NONE)) {
      assertThat(corpus.types()).containsExactly("A");
    }
  }

  @Test
  void shardsFollowTheirNumbers() {
    file("set/train/2.jsonl", line("two", "A"));
    file("set/train/10.jsonl.zst", line("ten", "A"));
    file("set/train/1.jsonl.gz", line("one", "A"));
    file("set/train/.hidden.jsonl", "no");
    file("set/README.md", "about");
    assertThat(read(folder.resolve("set")))
        .extracting(Document::id)
        .containsExactly("train/1.jsonl.gz#1", "train/2.jsonl#1", "train/10.jsonl.zst#1");
  }

  @Test
  void aFolderOfTextsTakesItsTypesFromItsFolders() throws IOException {
    file("texts/poem/a.txt", "a rose");
    file("texts/law/deep/b.md", "whereas");
    file("texts/loose.txt", "alone");
    file("texts/poem/blank.txt", " \n");
    Files.write(file("texts/law/picture.png", ""), new byte[] {(byte) 0x89, 'P', 0, 1});
    file("texts/.git/config", "hidden");
    assertThat(read(folder.resolve("texts")))
        .containsExactly(
            new Document("law/deep/b.md", "whereas", "law", "law/deep/b.md"),
            new Document("loose.txt", "alone", "untyped", "loose.txt"),
            new Document("poem/a.txt", "a rose", "poem", "poem/a.txt"));
  }

  @Test
  void theTypesOfAFolderTakeTurns() {
    for (int i = 1; i <= 12; i++) {
      file("texts/a/" + i + ".txt", "a" + i);
      file("texts/b/" + i + ".txt", "b" + i);
    }
    file("texts/c/1.txt", "c1");
    assertThat(read(folder.resolve("texts"), OPTIONS.withDocuments(7)))
        .extracting(Document::text)
        .containsExactly("a1", "b1", "c1", "a2", "b2", "a3", "b3");
  }

  @Test
  void theFingerprintFollowsTheFilesAndHowTheyAreRead() {
    Path file = file("a/x.jsonl", line("one", "A"));
    Path same = file("b/x.jsonl", line("one", "A"));
    Path other = file("c/x.jsonl", line("one", "B"));
    assertThat(fingerprint(file, OPTIONS))
        .isEqualTo(fingerprint(same, OPTIONS))
        .isNotEqualTo(fingerprint(other, OPTIONS))
        .isNotEqualTo(fingerprint(file, OPTIONS.withDocuments(1)))
        .isNotEqualTo(fingerprint(file, OPTIONS.withTypeField("meta.pile_set_name")));
    assertThat(fingerprint(file.getParent(), OPTIONS)).isNotEqualTo(fingerprint(folder, OPTIONS));
  }

  @Test
  void whatAPassTookInItsStrideIsSaid() throws IOException {
    Path lines =
        file(
            "n.jsonl",
            "{\"text\": \"one\", \"label\": 3}\n{\"text\": \" \"}\n{\"text\": \"\\ud83d\"}\n");
    try (Corpus corpus = Corpora.open(lines, OPTIONS, Progress.NONE)) {
      assertThat(corpus.notes()).isEmpty();
      assertThat(corpus.size()).isEqualTo(2);
      assertThat(corpus.notes())
          .anyMatch(n -> n.contains("without a type") && n.contains("text, label"))
          .anyMatch(n -> n.contains("without text") && n.endsWith("1"))
          .anyMatch(n -> n.contains("surrogate") && n.endsWith("1"))
          .hasSize(3);
    }
    file("texts/loose.txt", "x");
    Files.write(file("texts/a/b.png", ""), new byte[] {0});
    try (Corpus corpus = Corpora.open(folder.resolve("texts"), OPTIONS, Progress.NONE)) {
      assertThat(corpus.size()).isEqualTo(1);
      assertThat(corpus.notes()).anyMatch(n -> n.contains("not text")).hasSize(2);
    }
  }

  private static String fingerprint(Path path, Corpora.Options options) {
    try (Corpus corpus = Corpora.open(path, options, Progress.NONE)) {
      return corpus.inputs().values().iterator().next();
    }
  }

  @Test
  void theControlFileIsRead() {
    assertThat(read(hostile("jsonl-valid.jsonl.zst"))).hasSize(400);
  }

  @ParameterizedTest
  @CsvSource({
    "jsonl-invalid-utf8.jsonl, line 2, UTF-8",
    "jsonl-missing-text.jsonl, line 2, 'text'",
    "jsonl-text-not-string.jsonl, line 2, number",
    "jsonl-half-line.jsonl, line 2, not a JSON object",
    "jsonl-truncated.jsonl.zst, line, breaks off",
    "jsonl-checksum.jsonl.zst, line, damaged",
    "jsonl-not-zst.jsonl.zst, line 1, zstandard",
    "jsonl-window-2gb.jsonl.zst, line 1, window",
    "jsonl-line-bomb.jsonl.zst, line 1, longer than"
  })
  void hostileLinesAreRefusedByName(String name, String place, String problem) {
    assertThatThrownBy(() -> read(hostile(name)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(place)
        .hasMessageContaining(problem);
  }

  @Test
  void halfASurrogatePairIsReplacedSinceNoEncodingHoldsIt() {
    for (Document document : read(hostile("jsonl-lone-surrogate.jsonl"))) {
      assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(document.text())).isTrue();
    }
    assertThat(PileLines.wellFormed("a\ud83d\ude00b")).isEqualTo("a\ud83d\ude00b");
    assertThat(PileLines.wellFormed("\ude00a\ud83d")).isEqualTo("\ufffda\ufffd");
  }

  @Test
  void whatHoldsNoDocumentIsAnEmptyCorpus() throws IOException {
    Path nothing = Files.createDirectory(folder.resolve("nothing"));
    for (Path path :
        List.of(
            file("empty.jsonl", ""),
            file("blank.jsonl", "\n\n"),
            file("only-blank-texts.jsonl", line("  ", "A")),
            nothing)) {
      assertThatThrownBy(() -> read(path))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(path.toString())
          .hasMessageContaining("empty corpus");
    }
  }

  @Test
  void whatIsNotACorpusIsNamed() {
    for (Path path :
        List.of(
            folder.resolve("missing"),
            file("a.pdf", "x"),
            file("a.json", "[]"),
            file("b.json", "{"),
            file("a.parquet", "PAR1 no"))) {
      assertThatThrownBy(() -> read(path))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(path.toString());
    }
  }

  @Test
  void textThatIsNotUtf8IsNamed() throws IOException {
    Path file = file("texts/a/latin.txt", "");
    Files.write(file, new byte[] {'c', 'a', 'f', (byte) 0xe9});
    assertThatThrownBy(() -> read(folder.resolve("texts")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("latin.txt");
  }

  @ParameterizedTest
  @CsvSource({"a2, a10", "a02, a2", "a, ab", "1/2, 1/10", "9, 10", "00.x, 01.x", "a1b2, a1b10"})
  void numbersInNamesAreComparedAsNumbers(String less, String more) {
    assertThat(Corpora.compareNaturally(less, more)).isNegative();
    assertThat(Corpora.compareNaturally(more, less)).isPositive();
    assertThat(Corpora.compareNaturally(less, less)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"flat-snappy.parquet", "flat-zstd.parquet", "flat-gzip.parquet"})
  void rowsOfParquetAreDocuments(String name) {
    assertThat(read(hostile(name)))
        .extracting(d -> d.id() + " " + d.type() + " " + d.text())
        .containsExactly(
            name + "#1 A one",
            name + "#2 B zwei é",
            name + "#5 untyped drei",
            name + "#6 A one",
            name + "#7 B zwei é",
            name + "#10 untyped drei");
    assertThat(read(hostile(name), OPTIONS.withTypeField("n")).getFirst().type()).isEqualTo("0");
  }

  @Test
  void columnsOfParquetCanLieInGroups() {
    assertThat(read(hostile("nested.parquet")))
        .extracting(Document::type)
        .containsExactly("ArXiv", "untyped");
    assertThat(read(hostile("nested.parquet"), OPTIONS.withTextField("meta.pile_set_name")))
        .extracting(Document::text)
        .containsExactly("ArXiv");
  }

  @ParameterizedTest
  @CsvSource({
    "numbers.parquet, text, INT64",
    "lists.parquet, text, one value a row",
    "nested.parquet, body, no column 'body'"
  })
  void columnsThatHoldNoTextAreNamed(String name, String field, String problem) {
    assertThatThrownBy(() -> read(hostile(name), OPTIONS.withTextField(field)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"flat-snappy.parquet", "flat-zstd.parquet", "nested.parquet"})
  void damagedTablesAreReadOrRefusedAndNeverWaitedForInVain(String name) throws IOException {
    byte[] whole = Files.readAllBytes(hostile(name));
    RandomGenerator random = new Seed(whole.length).generator();
    Path file = folder.resolve(name);
    for (int i = 0; i < 20; i++) {
      byte[] damaged = whole.clone();
      if (i % 4 == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      } else {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(file, damaged);
      try (ParquetRows rows =
          new ParquetRows(file, name, "text", null, new Oddities(), Duration.ofMillis(300))) {
        while (rows.next() != null) {
          assertThat(file).exists();
        }
      } catch (InputException e) {
        assertThat(e).hasMessageContaining(name);
      }
    }
  }
}
