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
    for (JsonNode row : golden("log_gamma")) {
      close(SpecialFunctions.logGamma(row.get(0).asDouble()), row.get(1));
    }
  }

  @Test
  void quantilesAndTailsAreTheGoldenOnes() throws Exception {
    for (JsonNode row : golden("student_t_quantile")) {
      close(
          Distributions.studentTQuantile(row.get(0).asDouble(), row.get(1).asDouble()),
          row.get(2));
    }
    for (JsonNode row : golden("normal_quantile")) {
      close(Distributions.normalQuantile(row.get(0).asDouble()), row.get(1));
    }
    for (JsonNode row : golden("chi_square_survival")) {
      double expected = row.get(2).asDouble();
      assertThat(
              Distributions.chiSquareSurvival(row.get(0).asDouble(), row.get(1).asDouble()))
          .isCloseTo(expected, within(1e-10 * expected));
    }
  }

  @Test
  void quantilesInvertTheirDistribution() {
    for (double p : new double[] {1e-6, 0.01, 0.3, 0.5, 0.8, 0.999}) {
      assertThat(Distributions.normalCdf(Distributions.normalQuantile(p)))
          .isCloseTo(p, within(1e-12));
      assertThat(Distributions.studentTCdf(Distributions.studentTQuantile(p, 3.5), 3.5))
          .isCloseTo(p, within(1e-12));
    }
  }

  private static void close(double actual, JsonNode expected) {
    assertThat(actual)
        .isCloseTo(expected.asDouble(), within(1e-11 * (1 + Math.abs(expected.asDouble()))));
  }
}
