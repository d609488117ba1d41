package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.brain.Chunks;
import almagest.format.Npz;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollectCommandTest {
  private static final Path ROAD =
      Path.of("../almagest/src/test/resources/almagest/brain/end_to_end").toAbsolutePath();

  @TempDir private Path folder;

  private int run(Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "collect",
                "--quiet",
                "--model",
                ROAD.resolve("model").toString(),
                "--sae",
                ROAD.resolve("sae").resolve("params.npz").toString(),
                "--hook",
                "blocks.1.hook_resid_post",
                "--tokens",
                ROAD.resolve("documents.json").toString(),
                "--context",
                "65",
                "--threshold",
                "0.5",
                "--out",
                out.toString()));
    arguments.addAll(List.of(more));
    return Main.execute(arguments.toArray(String[]::new));
  }

  @Test
  void severalLengthsInOnePassGiveWhatEachGivesAlone() {
    Path together = folder.resolve("together");
    assertThat(run(together, "--chunk", "8,16,64")).isZero();
    assertThat(Npz.read(together.resolve("cooccurrence-16.npz")).get("histogram").doubles())
        .isEqualTo(Npz.read(ROAD.resolve("cooccurrence.npz")).get("histogram").doubles());
    Path alone = folder.resolve("alone");
    assertThat(run(alone, "--chunk", "8")).isZero();
    Chunks eight = Chunks.read(alone.resolve("chunks.npz"));
    Chunks same = Chunks.read(together.resolve("chunks-8.npz"));
    assertThat(same.pattern().indices()).isEqualTo(eight.pattern().indices());
    assertThat(same.document()).isEqualTo(eight.document());
    // 64 tokens a context at most: a chunk of 64 is four of 16.
    assertThat(Chunks.read(together.resolve("chunks-64.npz")).count())
        .isLessThan(Chunks.read(together.resolve("chunks-16.npz")).count() / 3);
    assertThat(Files.exists(together.resolve("occurrences.npz"))).isTrue();
    assertThat(Files.exists(together.resolve("chunks.npz"))).isFalse();
  }

  @Test
  void tailsAreKeptOnRequest() {
    Path without = folder.resolve("without");
    Path with = folder.resolve("with");
    assertThat(run(without, "--chunk", "16")).isZero();
    assertThat(run(with, "--chunk", "16", "--tails")).isZero();
    assertThat(Chunks.read(with.resolve("chunks.npz")).count())
        .isGreaterThan(Chunks.read(without.resolve("chunks.npz")).count());
  }

  @Test
  void badLengthsAreNamed() {
    assertThat(run(folder.resolve("bad"), "--chunk", "16,0")).isEqualTo(Main.BAD_INPUT);
    assertThat(run(folder.resolve("bad"), "--chunk", "all")).isEqualTo(Main.USAGE);
  }
}
