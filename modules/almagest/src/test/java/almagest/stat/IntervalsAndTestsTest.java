package almagest.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

class IntervalsAndTestsTest {
  @Test
  void wilsonIntervalsStayInsideTheUnitInterval() {
    assertThat(Wilson.interval(0, 10).lo()).isZero();
    assertThat(Wilson.interval(0, 10).hi()).isCloseTo(0.2775327998628892, within(1e-12));
    assertThat(Wilson.interval(10, 10).hi()).isEqualTo(1);
    assertThat(Wilson.interval(103, 159).lo()).isCloseTo(0.5708656616123258, within(1e-12));
    assertThat(Wilson.interval(103, 159).hi()).isCloseTo(0.717758625718286, within(1e-12));
    assertThat(Wilson.interval(0, 0).lo()).isNaN();
  }

  @Test
  void chiSquareIsThatOfTheReference() {
    long[][] table = {{103, 55, 60, 51}, {15, 68, 20, 18}, {26, 15, 64, 22}, {15, 17, 22, 69}};
    ChiSquare test = ChiSquare.of(table);
    assertThat(test.statistic()).isCloseTo(199.5780636544748, within(1e-10));
    assertThat(test.degreesOfFreedom()).isEqualTo(9);
    assertThat(test.p()).isCloseTo(4.061301137207351e-38, within(1e-46));
    assertThat(test.cramersV()).isCloseTo(0.3224079840099688, within(1e-12));
  }

  @Test
  void emptyRowsAndColumnsDoNotCount() {
    ChiSquare bare = ChiSquare.of(new long[][] {{3, 5}, {8, 2}});
    ChiSquare padded = ChiSquare.of(new long[][] {{3, 0, 5}, {0, 0, 0}, {8, 0, 2}});
    assertThat(padded).isEqualTo(bare);
    assertThat(ChiSquare.of(new long[][] {{3, 5}}).cramersV()).isNaN();
  }

  @Test
  void empiricalPIsNeverZero() {
    double[] nulls = {1, 2, 3, 4};
    assertThat(EmpiricalP.upper(9, nulls)).isEqualTo(0.2);
    assertThat(EmpiricalP.upper(3, nulls)).isEqualTo(0.6);
    assertThat(EmpiricalP.lower(0, nulls)).isEqualTo(0.2);
    assertThat(EmpiricalP.twoSided(9, nulls)).isEqualTo(0.4);
    assertThat(EmpiricalP.twoSided(2.5, nulls)).isEqualTo(1);
  }

  @Test
  void sigmaUsesThePopulationStandardDeviation() {
    NullTest test = NullTest.of("any", 5, new double[] {1, 3});
    assertThat(test.sd()).isEqualTo(1);
    assertThat(test.z()).isEqualTo(3);
    assertThat(test.effect()).isEqualTo(3);
    assertThat(test.p()).isEqualTo(1.0 / 3);
    assertThat(NullTest.of("constant", 5, new double[] {1, 1}).z()).isNaN();
  }

  @Test
  void balancedAccuracyIsThatOfTheReference() {
    for (JsonNode expected : Golden.json("balanced-accuracy.json")) {
      BalancedAccuracy found =
          BalancedAccuracy.of(
              Golden.ints(expected.get("truth")), Golden.ints(expected.get("guess")));
      String name = expected.get("name").asText();
      assertThat(found.value())
          .as(name)
          .isCloseTo(expected.get("balanced").asDouble(), within(1e-12));
      assertThat(found.accuracy())
          .as(name)
          .isCloseTo(expected.get("plain").asDouble(), within(1e-12));
      if (expected.get("adjusted").isNull()) {
        assertThat(found.adjusted()).as(name).isNaN();
      } else {
        assertThat(found.adjusted())
            .as(name)
            .isCloseTo(expected.get("adjusted").asDouble(), within(1e-12));
      }
    }
  }

  @Test
  void anIntervalIsWrittenAsAPair() {
    assertThat(Json.line(Json.tree(new Interval(0.25, 0.5)))).isEqualTo("[0.25,0.5]");
  }
}
