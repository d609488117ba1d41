package almagest.cli.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
  @TempDir Path folder;
  private final List<String> ran = new ArrayList<>();

  private Stage stage(String name, Object option, boolean keep, Stage... needs) {
    return new Stage(
        name,
        Map.of("option", option),
        List.of(needs),
        List.of(name + ".txt"),
        keep,
        run -> {
          ran.add(name);
          try {
            Files.writeString(run.resolve(name + ".txt"), name + option);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private void bring(Stage goal) {
    ran.clear();
    try (RunDirectory run = RunDirectory.open(folder.resolve("run"), line -> {})) {
      run.bring(List.of(goal));
    }
  }

  @Test
  void aSecondRunRecomputesNothing() {
    Stage a = stage("a", 1, true);
    Stage b = stage("b", 1, true, a);
    bring(b);
    assertThat(ran).containsExactly("a", "b");
    bring(b);
    assertThat(ran).isEmpty();
  }

  @Test
  void aChangedOptionRunsItsStageAndWhatNeedsIt() {
    bring(stage("c", 1, true, stage("b", 1, true), stage("a", 1, true)));
    bring(stage("c", 1, true, stage("b", 2, true), stage("a", 1, true)));
    assertThat(ran).containsExactly("b", "c");
  }

  @Test
  void whatIsNotKeptIsRemovedAndMadeAgainOnlyWhenNeeded() {
    Stage shards = stage("shards", 1, false);
    bring(stage("sae", 1, true, shards));
    assertThat(folder.resolve("run/shards.txt")).doesNotExist();
    bring(stage("sae", 1, true, shards));
    assertThat(ran).isEmpty();
    bring(stage("sae", 2, true, shards));
    assertThat(ran).containsExactly("shards", "sae");
    assertThat(folder.resolve("run/shards.txt")).doesNotExist();
  }

  @Test
  void aLostOrShortenedFileIsMadeAgain() throws IOException {
    Stage a = stage("a", 1, true);
    bring(a);
    Files.writeString(folder.resolve("run/a.txt"), "");
    bring(a);
    assertThat(ran).containsExactly("a");
  }

  @Test
  void aFailedStageIsNotDone() {
    Stage fails =
        new Stage(
            "a",
            Map.of(),
            List.of(),
            List.of("a.txt"),
            true,
            run -> {
              throw new InputException("no");
            });
    assertThatThrownBy(() -> bring(fails)).hasMessage("no");
    bring(stage("a", 1, true));
    assertThat(ran).containsExactly("a");
  }

  @Test
  void aFolderWithOtherThingsIsRefused() throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(folder.resolve("run/thesis.tex"), "");
    assertThatThrownBy(() -> bring(stage("a", 1, true))).isInstanceOf(InputException.class);
  }

  @Test
  void twoAtOnceAreRefused() {
    try (RunDirectory first = RunDirectory.open(folder.resolve("run"), line -> {})) {
      assertThat(first.ran()).isZero();
      assertThatThrownBy(() -> RunDirectory.open(folder.resolve("run"), line -> {}))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("another almagest");
    }
  }
}
