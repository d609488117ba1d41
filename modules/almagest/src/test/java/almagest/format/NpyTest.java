package almagest.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadBack() {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("f", NpyArray.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
    arrays.put("d", NpyArray.of(new double[] {Math.PI}));
    arrays.put("i", NpyArray.of(new int[70_000]));
    arrays.put("n", NpyArray.scalar(12));
    Path file = folder.resolve("a.npz");
    Npz.write(file, arrays);
    Map<String, NpyArray> back = Npz.read(file);
    assertThat(back.keySet()).containsExactly("f", "d", "i", "n");
    assertThat(back.get("f").shape()).containsExactly(2, 3);
    assertThat(back.get("f").floats()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(back.get("d").doubles()).containsExactly(Math.PI);
    assertThat(back.get("i").ints()).hasSize(70_000);
    assertThat(back.get("n").longs()).containsExactly(12);
  }
}
