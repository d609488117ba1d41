package almagest.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SaeEvaluationTest {
  private static final Path FIXTURES =
      Path.of("src/test/resources/almagest/feature/saes").toAbsolutePath();

  static Iterator<String> evaluated() {
    return Json.read(FIXTURES.resolve("metrics.json")).fieldNames();
  }

  @ParameterizedTest
  @MethodSource("evaluated")
  void figuresAreThoseOfTheFixture(String name) {
    JsonNode expected = Json.read(FIXTURES.resolve("metrics.json")).path(name);
    Sae sae = Sae.open(FIXTURES.resolve(name));
    FloatMatrix x =
        FloatMatrix.copyOf(
            Npz.read(FIXTURES.resolve(name).resolve("io.npz")).get("x").floats(), sae.dModel());
    try (Workers workers = new Workers(2)) {
      SaeEvaluation got = SaeEvaluation.of(sae, ActivationSource.of(x), workers, Progress.NONE);
      JsonNode figures = SaeReport.figures(got);
      for (String key : new String[] {"tokens", "l0", "dead_fraction"}) {
        assertThat(figures.path(key).asDouble()).isEqualTo(expected.path(key).asDouble());
      }
      for (String key :
          new String[] {
            "mse", "sse_per_token", "fvu", "explained_variance", "explained_variance_per_token"
          }) {
        double e = expected.path(key).asDouble();
        // Features and reconstructions agree within 1e-5 of their size.
        assertThat(figures.path(key).asDouble())
            .isCloseTo(e, within(2e-5 * Math.max(1, Math.abs(e))));
      }
    }
  }

  @Test
  void componentsOfARankThreeCloudExplainItWithThreeAndNotWithTwo() {
    RandomGenerator random = new Seed(3).generator();
    FloatMatrix x = FloatMatrix.zeros(900, 8);
    for (int r = 0; r < 900; r++) {
      float[] row = new float[8];
      for (int i = 0; i < 3; i++) {
        row[i] = 5 + (3 - i) * (float) random.nextGaussian();
        row[i + 3] = row[i];
      }
      x.setRow(r, row);
    }
    ActivationSource fit = ActivationSource.of(x.slice(0, 600));
    ActivationSource heldOut = ActivationSource.of(x.slice(600, 900));
    try (Workers workers = new Workers(2)) {
      assertThat(PcaBaseline.of(fit, heldOut, 3, workers).fvu()).isCloseTo(0, within(1e-9));
      // 9 + 4 of 14 parts of the variance, estimated from 600 rows.
      assertThat(PcaBaseline.of(fit, heldOut, 2, workers).explainedVariance())
          .isCloseTo(13.0 / 14, within(0.02));
      assertThat(PcaBaseline.of(fit, heldOut, 99, workers).components()).isEqualTo(8);
    }
  }

  @Test
  void randomDirectionsFireAsOftenAsAsked() {
    RandomGenerator random = new Seed(5).generator();
    FloatMatrix x = FloatMatrix.zeros(300, 16);
    for (int r = 0; r < 300; r++) {
      for (int i = 0; i < 16; i++) {
        x.set(r, i, 10 + (float) random.nextGaussian());
      }
    }
    float[] mean = new float[16];
    java.util.Arrays.fill(mean, 10);
    Sae sae = RandomDirections.of(200, 7, mean, SaeInfo.of("", "", ""), new Seed(1));
    try (Workers workers = new Workers(1)) {
      assertThat(SaeEvaluation.of(sae, ActivationSource.of(x), workers, Progress.NONE).l0())
          .isEqualTo(7);
    }
  }

  @Test
  void noDocumentIsInBothParts() {
    int[] document = new int[1000];
    FloatMatrix x = FloatMatrix.zeros(1000, 1);
    for (int r = 0; r < 1000; r++) {
      document[r] = r / 10;
      x.set(r, 0, document[r]);
    }
    HeldOut split = HeldOut.byDocument(ActivationSource.of(x), document, 0.2, new Seed(9));
    assertThat(split.train().tokens() + split.heldOut().tokens()).isEqualTo(1000);
    assertThat(split.heldOut().tokens()).isBetween(100L, 300L);
    Set<Float> inTrain = values(split.train());
    assertThat(inTrain).doesNotContainAnyElementsOf(values(split.heldOut()));
    assertThatThrownBy(() -> HeldOut.byDocument(ActivationSource.of(x), document, 0, new Seed(9)))
        .isInstanceOf(InputException.class);
  }

  private static Set<Float> values(ActivationSource source) {
    FloatMatrix all = FloatMatrix.zeros(source.tokens(), 1);
    source.copyRows(0, all);
    Set<Float> values = new HashSet<>();
    for (float v : all.toArray()) {
      values.add(v);
    }
    return values;
  }
}
