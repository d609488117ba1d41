package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.brain.Chunks;
import almagest.format.NpyArray;
import almagest.format.Npz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CollectCommandTest {
  private static final Path ROAD =
      Path.of("../almagest/src/test/resources/almagest/brain/end_to_end").toAbsolutePath();

  @TempDir private Path folder;

  private static int run(Path out, String... more) {
    return run(ROAD.resolve("sae/params.npz"), ROAD.resolve("documents.json"), out, more);
  }

  private static int run(Path sae, Path documents, Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "collect",
                "--quiet",
                "--model",
                ROAD.resolve("model").toString(),
                "--sae",
                sae.toString(),
                "--hook",
                "blocks.1.hook_resid_post",
                "--tokens",
                documents.toString(),
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

  @ParameterizedTest
  @ValueSource(strings = {"[]", "[[]]", "[[3, 4], []]", "[[-1]]", "{}"})
  void documentsThatHoldNothingAreRefused(String documents) throws IOException {
    Path file = folder.resolve("documents.json");
    Files.writeString(file, documents);
    Path sae = ROAD.resolve("sae/params.npz");
    assertThat(run(sae, file, folder.resolve("bad"), "--chunk", "8")).isEqualTo(Main.BAD_INPUT);
  }

  /** A feature whose encoder is NaN would never fire and pass for a dead one. */
  @Test
  void anEncoderThatIsNotFiniteIsRefused() {
    Map<String, NpyArray> sae = new TreeMap<>(Npz.read(ROAD.resolve("sae/params.npz")));
    NpyArray encoder = sae.get("W_enc");
    float[] weights = encoder.floats().clone();
    weights[200] = Float.NaN;
    sae.put("W_enc", NpyArray.of(weights, encoder.shape()));
    Path file = folder.resolve("params.npz");
    Npz.write(file, sae);
    assertThat(run(file, ROAD.resolve("documents.json"), folder.resolve("bad"), "--chunk", "8"))
        .isEqualTo(Main.BAD_INPUT);
  }

  @Test
  void badLengthsAreNamed() {
    assertThat(run(folder.resolve("bad"), "--chunk", "16,0")).isEqualTo(Main.BAD_INPUT);
    assertThat(run(folder.resolve("bad"), "--documents", "0")).isEqualTo(Main.BAD_INPUT);
    assertThat(run(folder.resolve("bad"), "--chunk", "all")).isEqualTo(Main.USAGE);
  }
}
