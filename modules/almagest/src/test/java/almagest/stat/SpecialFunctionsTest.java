package almagest.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SpecialFunctionsTest {
  private static JsonNode golden(String name) throws Exception {
    return Json.read(
            Path.of(
                SpecialFunctionsTest.class
                    .getResource("/almagest/galaxy/entropy/expected.json")
                    .toURI()))
        .get("functions")
        .get(name);
  }

  @Test
  void functionsAreTheGoldenOnes() throws Exception {
    for (JsonNode row : golden("log_unit_ball_volume")) {
      close(SpecialFunctions.logUnitBallVolume(row.get(0).asInt()), row.get(1));
    }
    for (JsonNode row : golden("digamma")) {
      close(SpecialFunctions.digamma(row.get(0).asDouble()), row.get(1));
    }
    for (JsonNode row : golden("student_t_quantile")) {
      close(
          SpecialFunctions.studentTQuantile(row.get(0).asDouble(), row.get(1).asDouble()),
          row.get(2));
    }
  }

  private static void close(double actual, JsonNode expected) {
    assertThat(actual)
        .isCloseTo(expected.asDouble(), within(1e-11 * (1 + Math.abs(expected.asDouble()))));
  }
}
