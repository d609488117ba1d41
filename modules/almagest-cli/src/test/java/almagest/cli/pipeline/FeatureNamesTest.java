package almagest.cli.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureNamesTest {
  @TempDir private Path folder;

  @Test
  void aFeatureIsCalledByTheTokenAtWhichItMostOftenPeaks() throws IOException {
    Path file = folder.resolve("examples.jsonl");
    Files.writeString(
        file,
        """
        {"feature":0,"examples":[{"tokens":["a"," king","b"],"focus":1},{"tokens":[" queen"],"focus":0},{"tokens":["x"," king"],"focus":1}]}
        {"feature":1,"examples":[]}
        """);
    FeatureNames names = FeatureNames.read(file);
    assertThat(names.names()).containsExactly("king", "1");
    assertThat(names.contexts().getFirst()).containsExactly("a«king»b", "«queen»");
    assertThat(names.contexts().getLast()).isEmpty();
  }

  @Test
  void otherFilesAreRefusedWithTheLine() throws IOException {
    Path file = folder.resolve("examples.jsonl");
    Files.writeString(file, "{\"feature\":0,\"examples\":[]}\n{\"feature\":7}\n");
    assertThatThrownBy(() -> FeatureNames.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 2")
        .hasMessageContaining("7");
    Files.writeString(file, "{\"feature\":0,\n");
    assertThatThrownBy(() -> FeatureNames.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 1");
  }
}
