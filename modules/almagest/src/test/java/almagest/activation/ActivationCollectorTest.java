package almagest.activation;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.corpus.Document;
import almagest.model.Activations;
import almagest.model.Context;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Workers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ActivationCollectorTest {
  private static final Windows.Options SHORT = new Windows.Options(16, 0);
  private static final Set<Hook> HOOKS = Set.of(Hook.residPost(0), Hook.residPost(2));

  @TempDir private Path folder;
  private LanguageModel model;

  @BeforeEach
  void open() throws Exception {
    Path directory = Path.of(LanguageModel.class.getResource("bert").toURI());
    model = LanguageModel.open(directory, new LanguageModel.Options());
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void windowsCoverEveryDocumentOnceAndNeverMixThem() {
    List<Window> windows = windows(new Windows.Options(16, 0));
    int[] before = model.contextPrefix();
    int[] after = model.contextSuffix();
    assertThat(before).hasSize(1);
    assertThat(after).hasSize(1);
    Map<Integer, List<Integer>> text = new java.util.TreeMap<>();
    for (Window w : windows) {
      int[] ids = w.context().ids();
      assertThat(ids.length).isLessThanOrEqualTo(16);
      assertThat(ids[0]).isEqualTo(before[0]);
      assertThat(ids[ids.length - 1]).isEqualTo(after[0]);
      assertThat(w.first()).isEqualTo(1);
      assertThat(w.last()).isEqualTo(ids.length - 1);
      List<Integer> of = text.computeIfAbsent(w.document(), k -> new ArrayList<>());
      for (int p = w.first(); p < w.last(); p++) {
        of.add(ids[p]);
      }
    }
    List<Document> documents = documents();
    for (int d = 0; d < documents.size(); d++) {
      int[] ids = model.tokenizer().encodePlain(documents.get(d).text());
      assertThat(text.getOrDefault(d, List.of()))
          .containsExactlyElementsOf(IntStream.of(ids).boxed().toList());
    }
  }

  @Test
  void noMoreWindowsOfADocumentThanAskedFor() {
    assertThat(windows(new Windows.Options(8, 2)))
        .allMatch(w -> w.index() < 2)
        .anyMatch(w -> w.index() == 1);
  }

  @Test
  void rowsAreWhatTheModelMakesOfEachWindow() {
    Windows.Options options = new Windows.Options(16, 0);
    Map<Hook, ActivationStore> stores = collect(options, folder, 40, 2, 0);
    ActivationStore store = stores.get(Hook.residPost(2));
    assertThat(store.shards()).isGreaterThan(2);
    TokenTable table = store.tokenTable();
    assertThat((long) table.tokens()).isEqualTo(store.tokens());
    int row = 0;
    int shard = 0;
    try (Workers workers = new Workers(1)) {
      for (Window w : windows(options)) {
        Context context = w.context();
        try (Activations a =
            model.forward(List.of(context), LanguageModel.Request.of(store.hook()), workers)) {
          for (int p = w.first(); p < w.last(); p++, row++) {
            if (row == store.start(shard + 1)) {
              shard++;
            }
            assertThat(table.document()[row]).isEqualTo(w.document());
            assertThat(table.window()[row]).isEqualTo(w.index());
            assertThat(table.position()[row]).isEqualTo(p);
            assertThat(table.id()[row]).isEqualTo(context.ids()[p]);
            // Other batches, other bits: products of another shape sum in another order.
            assertThat(store.shard(shard).row(row - store.start(shard)))
                .containsExactly(
                    a.at(store.hook()).row(p), org.assertj.core.data.Offset.offset(1e-5f));
          }
        }
      }
    }
    assertThat((long) row).isEqualTo(store.tokens());
  }

  @Test
  void theNumberOfThreadsDoesNotChangeABit() throws IOException {
    Windows.Options options = new Windows.Options(16, 0);
    collect(options, folder.resolve("one"), 100, 1, 0);
    collect(options, folder.resolve("three"), 100, 3, 0);
    assertSameFiles(folder.resolve("one"), folder.resolve("three"));
  }

  @Test
  void anInterruptedCollectionGoesOnToTheSameBytes() throws IOException {
    Windows.Options options = new Windows.Options(16, 0);
    collect(options, folder.resolve("whole"), 40, 2, 0);
    Path broken = folder.resolve("broken");
    collect(options, broken, 40, 2, 0);
    Path store = ActivationCollector.folder(broken, Hook.residPost(0));
    Files.delete(store.resolve("shard-0001.npy"));
    Files.delete(store.resolve("activations.json"));
    Path kept = store.resolve("shard-0000.npy");
    Object before = Files.getLastModifiedTime(kept);
    collect(options, broken, 40, 2, 0);
    assertThat(Files.getLastModifiedTime(kept)).isEqualTo(before);
    assertSameFiles(folder.resolve("whole"), broken);
  }

  @Test
  void aCollectionThatIsKilledGoesOnToTheSameBytes() throws IOException, InterruptedException {
    collect(SHORT, folder.resolve("whole"), 40, 2, 0);
    Path killed = folder.resolve("killed");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                Slowly.class.getName(),
                killed.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    Path store = ActivationCollector.folder(killed, Hook.residPost(2));
    while (process.isAlive() && !Files.exists(store.resolve("shard-0002.npy"))) {
      Thread.sleep(5);
    }
    process.destroyForcibly().waitFor();
    Path kept = store.resolve("shard-0000.npy");
    assertThat(kept).exists();
    assertThat(store.resolve("activations.json")).doesNotExist();
    Object before = Files.getLastModifiedTime(kept);
    collect(SHORT, killed, 40, 2, 0);
    assertThat(Files.getLastModifiedTime(kept)).isEqualTo(before);
    assertSameFiles(folder.resolve("whole"), killed);
  }

  /** Collects into a folder so slowly that it can be killed on the way. */
  static final class Slowly {
    public static void main(String[] args) throws Exception {
      ActivationCollectorTest test = new ActivationCollectorTest();
      test.open();
      Progress.Task slow =
          new Progress.Task() {
            @Override
            public void advance(long by) {
              LockSupport.parkNanos(50_000_000);
            }

            @Override
            public void close() {}
          };
      test.collect(SHORT, Path.of(args[0]), 40, 2, 0, (name, total, unit) -> slow);
    }
  }

  @Test
  void anotherProvenanceBeginsAnew() throws IOException {
    Path store = ActivationCollector.folder(folder, Hook.residPost(0));
    collect(new Windows.Options(16, 0), folder, 40, 2, 0);
    collect(new Windows.Options(16, 1), folder, 40, 2, 1);
    long shards;
    try (Stream<Path> files = Files.list(store)) {
      shards = files.filter(f -> f.toString().endsWith(".npy")).count();
    }
    assertThat(shards).isEqualTo(ActivationStore.open(store).shards());
  }

  private Map<Hook, ActivationStore> collect(
      Windows.Options options, Path out, int blockTokens, int threads, long seed) {
    return collect(options, out, blockTokens, threads, seed, Progress.NONE);
  }

  private Map<Hook, ActivationStore> collect(
      Windows.Options options,
      Path out,
      int blockTokens,
      int threads,
      long seed,
      Progress progress) {
    try (Workers workers = new Workers(threads)) {
      return new ActivationCollector(
              model, HOOKS, new ActivationStream(model, HOOKS, blockTokens), workers, progress)
          .collect(
              new Windows(model, options).ofDocuments(documents().stream(), workers),
              out,
              Provenance.of(seed, Map.of()));
    }
  }

  private List<Window> windows(Windows.Options options) {
    try (Workers workers = new Workers(2);
        Stream<Window> stream =
            new Windows(model, options).ofDocuments(documents().stream(), workers)) {
      return stream.toList();
    }
  }

  private static List<Document> documents() {
    return IntStream.range(0, 90)
        .mapToObj(i ->
            new Document(
                "d" + i, "the small cat number " + i + " sleeps. ".repeat(i % 7), "t", "s"))
        .toList();
  }

  private static void assertSameFiles(Path a, Path b) throws IOException {
    try (Stream<Path> files = Files.walk(a)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(b.resolve(a.relativize(file))).hasSameBinaryContentAs(file);
      }
    }
  }
}
