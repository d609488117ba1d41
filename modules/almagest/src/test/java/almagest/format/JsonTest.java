package almagest.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonTest {
  private record Values(double one, float two, double[] three, List<Double> four) {}

  @Test
  void whatIsNoNumberIsWrittenAsNullWhereverItStands(@TempDir Path folder) throws Exception {
    Values values =
        new Values(
            Double.NaN,
            Float.NEGATIVE_INFINITY,
            new double[] {1.5, Double.NaN},
            List.of(Double.NaN));
    String line = "{\"one\":null,\"two\":null,\"three\":[1.5,null],\"four\":[null]}";
    assertThat(Json.line(Json.tree(values))).isEqualTo(line);
    assertThat(Json.line(Json.object().put("x", Double.POSITIVE_INFINITY)))
        .isEqualTo("{\"x\":null}");
    Path file = folder.resolve("v.json");
    Json.write(file, Json.tree(values));
    assertThat(Files.readString(file).replaceAll("\\s", "")).isEqualTo(line);
    assertThat(Json.line(Json.read(file))).isEqualTo(line);
  }
}
