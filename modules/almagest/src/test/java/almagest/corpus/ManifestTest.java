package almagest.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.Hashes;
import almagest.run.InputException;
import almagest.run.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
  private static final String FILLER = "some words to make the piece long enough. ".repeat(6);

  @TempDir Path folder;

  private Corpora.Options options() {
    return Corpora.Options.defaults().withCache(folder.resolve("cache"));
  }

  private Path manifest(String sources) throws IOException {
    return Files.writeString(
        folder.resolve("mine.json"),
        """
        {"name": "mine", "per_type": 10,
         "artifacts": {"books": {"path": "books", "licence": "CC0-1.0", "about": "ours"}},
         "sources": [%s]}
        """
            .formatted(sources));
  }

  private void book(String name, String text) throws IOException {
    Path file = folder.resolve("books").resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static List<Document> read(Corpus corpus) {
    try (corpus;
        Stream<Document> documents = corpus.documents()) {
      return documents.toList();
    }
  }

  private List<Document> read(Path manifest) {
    return read(Corpora.open(manifest, options(), Progress.NONE));
  }

  private static String source(String type, String entries) {
    return "{\"type\": \"%s\", \"from\": \"books\", \"entries\": \"%s\", \"rule\": \"text\"}"
        .formatted(type, entries);
  }

  @Test
  void documentsCarryWhereTheyComeFrom() throws IOException {
    book("prose/a.txt", FILLER);
    Path manifest = manifest(source("prose", "**/*.txt"));
    assertThat(read(manifest))
        .containsExactly(
            new Document("prose/books/prose/a.txt#1", FILLER.strip(), "prose", "books"));
    try (Corpus corpus = Corpora.open(manifest, options(), Progress.NONE)) {
      assertThat(corpus.licences()).containsExactly(new Licence("books", "CC0-1.0", "ours"));
    }
  }

  @Test
  void everyPrefixHoldsTheTypesInEqualParts() throws IOException {
    for (int i = 0; i < 20; i++) {
      book("a/" + i + ".txt", i + FILLER);
      book("b/" + i + ".txt", -i + FILLER + "b");
    }
    book("c/0.txt", "rare" + FILLER);
    List<Document> documents =
        read(manifest(source("A", "a/*") + "," + source("B", "b/*") + "," + source("C", "c/*")));
    assertThat(documents).hasSize(21);
    for (int n = 1; n <= documents.size(); n++) {
      Map<String, Long> counts =
          documents.stream()
              .limit(n)
              .collect(Collectors.groupingBy(Document::type, TreeMap::new, Collectors.counting()));
      assertThat(Math.abs(counts.get("A") - counts.getOrDefault("B", 0L))).isLessThanOrEqualTo(1);
    }
    assertThat(documents.stream().map(Document::id).distinct()).hasSize(21);
  }

  @Test
  void twoExtractionsGiveTheSameBytesAndTheSecondCallNone() throws IOException {
    for (int i = 0; i < 30; i++) {
      book("a/" + i + ".txt", (i + FILLER + "\n").repeat(60));
    }
    Path manifest = manifest(source("A", "a/*"));
    List<Document> first = read(manifest);
    Path kept = onlyFile(folder.resolve("cache/corpora"));
    byte[] bytes = Files.readAllBytes(kept);
    assertThat(read(manifest)).isEqualTo(first);
    Files.delete(kept);
    assertThat(read(manifest)).isEqualTo(first);
    assertThat(kept).hasBinaryContent(bytes);
  }

  @Test
  void aChangedArchiveIsCutAgain() throws IOException {
    book("a.txt", FILLER);
    Path manifest = manifest(source("A", "*"));
    assertThat(read(manifest)).hasSize(1);
    book("b.txt", "other " + FILLER);
    assertThat(read(manifest)).hasSize(2);
  }

  private static Path onlyFile(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.getFirst();
    }
  }

  @Test
  void oneDocumentOfEachEntryComesBeforeASecond() throws IOException {
    book(
        "a/long.txt",
        IntStream.range(0, 100).mapToObj(i -> i + FILLER + "\n").collect(Collectors.joining()));
    for (int i = 0; i < 9; i++) {
      book("a/" + i + ".txt", i + FILLER);
    }
    assertThat(read(manifest(source("A", "a/*"))).stream().map(d -> d.id().replaceFirst("#.*", "")))
        .doesNotHaveDuplicates()
        .hasSize(10);
  }

  @Test
  void piecesEndAtLineEndsAndLoseNothingButWhatTheManifestDrops() throws IOException {
    String text =
        IntStream.range(0, 100)
            .mapToObj(i -> "line " + i + " " + "x".repeat(90))
            .collect(Collectors.joining("\n"));
    book("a.txt", text);
    List<Document> pieces =
        read(manifest(source("A", "a.txt"))).stream()
            .sorted(java.util.Comparator.comparing(Document::id))
            .toList();
    assertThat(pieces.stream().map(Document::text).collect(Collectors.joining("\n")))
        .isEqualTo(text);
    assertThat(pieces).hasSize(3).allMatch(d -> d.text().length() < 5200);
  }

  @Test
  void repeatedPiecesAreKeptOnce() throws IOException {
    book("a.txt", FILLER);
    book("b.txt", FILLER.replace(" ", "  "));
    assertThat(read(manifest(source("A", "*")))).hasSize(1);
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the stand-in for Maven is a shell script")
  void artifactsComeThroughMavenAndAreReadAsZipFiles() throws IOException {
    byte[] jar =
        MavenArtifactsTest.zip(
            Map.of(
                "x/A.java",
                ("/* licence */\nimport x;\nclass A { " + FILLER + " }\n")
                    .getBytes(StandardCharsets.UTF_8),
                "x/B.class",
                new byte[] {1}));
    FakeMaven maven = new FakeMaven(folder.resolve("maven"));
    maven.serve("lib-1-sources.jar", jar);
    Path file =
        Files.writeString(
            folder.resolve("m.json"),
            """
            {"name": "m", "artifacts": {"lib": {"maven": "g:lib:1:jar:sources", "sha256": "%s",
             "licence": "MIT"}}, "sources": [{"type": "code", "from": "lib", "entries": "**/*.java",
             "rule": "text", "comments": "drop", "drop_lines": ["import "]}]}
            """
                .formatted(Hashes.sha256(jar)));
    Corpora.Options options = options();
    List<Document> documents =
        read(
            EmbeddedCorpus.open(
                Manifest.read(file), options, maven.over(options.cache()), Progress.NONE));
    assertThat(documents)
        .containsExactly(
            new Document(
                "code/lib/x/A.java#1",
                "class A { " + FILLER + " }",
                "code",
                "g:lib:1:jar:sources"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick", "default"})
  void theEmbeddedManifestsAreWholeAndVaried(String name) {
    Manifest manifest = Manifest.embedded(name);
    assertThat(manifest.name()).isEqualTo(name);
    Set<String> types =
        manifest.sources().stream().map(Manifest.Source::type).collect(Collectors.toSet());
    assertThat(types).hasSizeGreaterThanOrEqualTo(name.equals("quick") ? 8 : 12);
    assertThat(types.stream().filter(t -> t.startsWith("code-"))).hasSizeGreaterThan(2);
    Set<String> used = new HashSet<>();
    manifest.sources().forEach(s -> used.addAll(s.from()));
    assertThat(used).isEqualTo(manifest.archives().keySet());
    assertThat(manifest.archives().values())
        .allMatch(a -> a.artifact() != null && !a.licence().licence().isBlank());
  }

  @Test
  void thePresetsAgreeOnTheirPins() {
    Map<String, Manifest.Archive> all =
        new LinkedHashMap<>(Manifest.embedded("default").archives());
    Manifest.embedded("quick")
        .archives()
        .forEach((name, archive) -> assertThat(archive).isEqualTo(all.get(name)));
  }

  @Test
  void theQuickCorpusIsWhatItWas() {
    Path cache = Cache.directory();
    Manifest manifest = Manifest.embedded("quick");
    MavenArtifacts maven = new MavenArtifacts(cache);
    Assumptions.assumeTrue(
        manifest.archives().values().stream()
            .allMatch(a -> a.artifact() != null && Files.exists(maven.path(a.artifact()))),
        "the artifacts of the quick corpus have not been fetched on this machine; almagest run does");
    try (Corpus corpus = Corpora.open("quick", options().withCache(cache), Progress.NONE)) {
      assertThat(corpus.types()).hasSize(10);
      assertThat(corpus.size()).isEqualTo(1200);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "'rule': 'text'; 'rule': 'words'; rule",
        "'rule': 'text'; 'rule': 'text', 'grup': 3; grup",
        "'rule': 'text'; 'rule': 'text', 'group': -1; group",
        "'rule': 'text'; 'rule': 'text', 'comments': 'some'; comments",
        "'rule': 'text'; 'rule': 'html', 'comments': 'drop'; comments",
        "'from': 'books'; 'from': 'films'; films",
        "'type': 'A'; 'type': 3; type",
        "'path': 'books'; 'path': 'gone'; gone",
        "'path': 'books'; 'maven': 'a:b:1', 'sha256': 'abc'; sha256",
        "'entries': '*'; 'entries': 'nothing/*'; empty corpus",
      })
  void slipsOfThePenAreNamed(String good, String bad, String named) throws IOException {
    book("a.txt", FILLER);
    Path file = manifest(source("A", "*"));
    String text = Files.readString(file);
    assertThat(text).contains(good.replace('\'', '"'));
    Files.writeString(file, text.replace(good.replace('\'', '"'), bad.replace('\'', '"')));
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(named);
  }
}
