package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.format.NpyArray;
import almagest.format.Npz;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CooccurCommandTest {
  @TempDir private Path folder;
  private String errors = "";

  private String counts(String name, String values, int n, long chunks) {
    int[] histogram = Arrays.stream(values.split(" ")).mapToInt(Integer::parseInt).toArray();
    Path file = folder.resolve(name);
    Npz.write(
        file,
        Map.of("histogram", NpyArray.of(histogram, n, n), "n_chunks", NpyArray.scalar(chunks)));
    return file.toString();
  }

  private int merge(String... files) {
    String[] arguments = Arrays.copyOf(new String[] {"cooccur", "merge"}, 5 + files.length);
    System.arraycopy(files, 0, arguments, 2, files.length);
    arguments[2 + files.length] = "--out";
    arguments[3 + files.length] = folder.resolve("sum.npz").toString();
    arguments[4 + files.length] = "--quiet";
    PrintStream before = System.err;
    ByteArrayOutputStream caught = new ByteArrayOutputStream();
    System.setErr(new PrintStream(caught, true, StandardCharsets.UTF_8));
    try {
      return Main.execute(arguments);
    } finally {
      System.setErr(before);
      errors = caught.toString(StandardCharsets.UTF_8);
    }
  }

  @Test
  void sumsHoldTheCountsOfAllFiles() {
    String a = counts("a.npz", "4 1 1 3", 2, 9);
    assertThat(merge(a, a, counts("b.npz", "2 2 2 5", 2, 6))).isZero();
    Map<String, NpyArray> sum = Npz.read(folder.resolve("sum.npz"));
    assertThat(sum.get("histogram").ints()).containsExactly(10, 4, 4, 11);
    assertThat(sum.get("n_chunks").longs()).containsExactly(24);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4 1 2 4|10|2|transposed",
        "4 -1 -1 4|10|2|negative",
        "2 3 3 4|10|2|min(c_i, c_j)",
        "4 1 1 11|10|2|n_chunks",
        "5|10|1|expected the 2 features of"
      })
  void filesThatCannotBeAddedAreNamed(String values, long chunks, int n, String reason) {
    String bad = counts("bad.npz", values, n, chunks);
    assertThat(merge(counts("good.npz", "4 1 1 3", 2, 9), bad)).isEqualTo(Main.BAD_INPUT);
    assertThat(errors).contains("bad.npz", reason).hasLineCount(1);
    assertThat(folder.resolve("sum.npz")).doesNotExist();
  }

  @Test
  void nothingToAddIsAMistakeOfUse() {
    assertThat(merge()).isEqualTo(Main.USAGE);
  }
}
