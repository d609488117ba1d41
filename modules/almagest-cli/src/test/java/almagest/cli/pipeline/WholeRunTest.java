package almagest.cli.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.cli.Browsing;
import almagest.cli.Forked;
import almagest.cli.Main;
import almagest.cli.PageWalk;
import almagest.corpus.Corpora;
import almagest.format.Json;
import almagest.model.LanguageModel;
import almagest.run.Hashes;
import almagest.run.Progress;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole road, small: the embedded model reads a little of the embedded corpus. */
class WholeRunTest {
  @TempDir static Path folder;
  private static Headline first;

  static Settings tiny() {
    return new Settings(
        "tiny",
        new Settings.Reading("all-minilm-l6-v2", "quick", List.of(0, 2), 40_000, 5),
        new Settings.Features(null, 128, 96, 8, 100, 512),
        new Settings.Brain(256, 0, List.of(2, 3), List.of("phi"), 19, 100),
        7);
  }

  static Headline run(Path out, int threads) {
    try (Workers workers = new Workers(threads)) {
      return new WholeRun(
              tiny(),
              Corpora.Options.defaults(),
              new LanguageModel.Options(),
              workers,
              Progress.NONE,
              line -> {})
          .bring(out, false, 0);
    }
  }

  @BeforeAll
  static void runOnce() {
    first = run(folder.resolve("first"), 2);
  }

  @Test
  void aRunEndsWithAPageAndFiveFigures() throws IOException {
    assertThat(first.figures()).hasSize(5).noneMatch(f -> f.contains("NaN"));
    assertThat(Files.readString(folder.resolve("first/index.html"))).contains("Almagest");
    JsonNode manifest = Json.read(folder.resolve("first/run.json"));
    assertThat(manifest.path("stages")).allMatch(s -> s.path("state").asText().equals("done"));
    assertThat(folder.resolve("first/activations")).doesNotExist();
  }

  @Test
  void itsPageAnswersToTheHand() throws IOException {
    try (Browsing browsing = new Browsing()) {
      PageWalk.through(
          browsing, folder.resolve("first/index.html").toUri().toString(), "the", "literature");
    }
  }

  @Test
  void servedItPlaysAnyTextThroughItsOwnModel() throws IOException, InterruptedException {
    String run = folder.resolve("first").toString();
    Process server =
        Forked.java(List.of(), Main.class, "atlas", run, "--serve", "--port", "0").start();
    try (HttpClient client = HttpClient.newHttpClient()) {
      String address = server.inputReader().readLine();
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(address + "play?layer=2"))
                  .header("Content-Type", "application/json")
                  .POST(BodyPublishers.ofString("{\"text\": \"the court\"}"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      JsonNode played = Json.parse(answer.body());
      assertThat(played.path("tokens").size()).isEqualTo(2);
      assertThat(played.path("active").get(1).size()).isPositive();
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  @Test
  void aSecondRunRecomputesNothing() {
    assertThat(run(folder.resolve("first"), 2).stages()).isZero();
  }

  @Test
  void theNumberOfThreadsChangesNoByte() throws IOException {
    run(folder.resolve("one-thread"), 1);
    assertThat(differing(folder.resolve("one-thread"))).isEmpty();
  }

  @Test
  void aRunThatIsKilledAgainAndAgainEndsInTheSameBytes() throws IOException, InterruptedException {
    Path out = folder.resolve("killed");
    int kills = 0;
    for (long patience = 3000; ; patience *= 2) {
      Process process = start(out);
      if (process.waitFor(patience, TimeUnit.MILLISECONDS)) {
        assertThat(process.exitValue()).isZero();
        break;
      }
      process.destroyForcibly().waitFor();
      kills++;
    }
    assertThat(kills).isPositive();
    assertThat(differing(out)).isEmpty();
  }

  private static Process start(Path out) throws IOException {
    return Forked.java(List.of(), TinyRun.class, out.toString())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("killed.log").toFile())
        .start();
  }

  /** Names of files that are not the same as in the first run, or in only one of the two. */
  private static Set<String> differing(Path run) throws IOException {
    Map<String, String> ours = hashes(run);
    Map<String, String> firsts = hashes(folder.resolve("first"));
    Set<String> names = new TreeSet<>(ours.keySet());
    names.addAll(firsts.keySet());
    names.removeIf(n -> Objects.equals(ours.get(n), firsts.get(n)));
    return names;
  }

  private static Map<String, String> hashes(Path run) throws IOException {
    Map<String, String> hashes = new TreeMap<>();
    try (Stream<Path> files = Files.walk(run)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = run.relativize(file).toString();
        if (!name.equals("run.json") && !name.equals(".lock")) {
          hashes.put(name, Hashes.sha256(file));
        }
      }
    }
    return hashes;
  }

  /** The same run in a process of its own, to be killed. */
  static final class TinyRun {
    private TinyRun() {}

    public static void main(String[] args) {
      run(Path.of(args[0]), 2);
    }
  }
}
