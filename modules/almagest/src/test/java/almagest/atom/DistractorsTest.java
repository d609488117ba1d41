package almagest.atom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Silhouette;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DistractorsTest {
  private static final Path FOLDER = Path.of("src/test/resources/atom/crystals");

  private final Workers workers = new Workers(2);

  @AfterEach
  void close() {
    workers.close();
  }

  /** Four relations in 15 dimensions; one axis follows a trait, another trait is idle. */
  private Distractors planted(double strength, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    int n = 400;
    int d = 15;
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    int[] labels = new int[n];
    double[][] traits = new double[n][];
    for (int i = 0; i < n; i++) {
      labels[i] = i % 4;
      traits[i] = new double[] {random.nextInt(9), random.nextGaussian(), 1};
      for (int j = 0; j < d; j++) {
        x.set(
            i,
            j,
            random.nextGaussian()
                + (j == labels[i] ? 4 : 0)
                + (j == d - 1 ? strength * traits[i][0] : 0));
      }
    }
    int[] fold = Folds.stratified(labels, 4, new Seed(seed));
    List<Distractors.Fold> folds = new ArrayList<>();
    for (int f = 0; f < 4; f++) {
      int[] train = Folds.where(fold, f, false);
      folds.add(
          new Distractors.Fold(
              Folds.where(fold, f, true),
              Lda.fit(Folds.pick(x, train), Folds.pick(labels, train), workers)));
    }
    return Distractors.of(
        x,
        labels,
        new Traits(List.of("length", "idle", "constant"), traits),
        Lda.fit(x, labels, workers),
        3,
        folds,
        99,
        new Seed(seed),
        workers);
  }

  @Test
  void aPlantedNuisanceIsFoundAndRemoved() {
    Distractors found = planted(2, 1);
    // The trait's variance is (81 − 1) / 12; the other scatter is 15 of unit variance.
    double share = 4 * 80 / 12.0 / (15 + 4 * 80 / 12.0);
    Distractors.Nuisance length = found.nuisances().getFirst();
    assertThat(length.before().observed()).isCloseTo(share, within(0.05));
    assertThat(length.before().p()).isEqualTo(0.01);
    assertThat(length.after()).isCloseTo(length.afterChance(), within(0.02));
    assertThat(length.removed()).isGreaterThan(0.99);
    assertThat(length.removedChance()).isEqualTo(0.8);
    Distractors.Direction first = found.removed().getFirst();
    assertThat(first.share()).isCloseTo(share, within(0.06));
    assertThat(first.rSquared()[0]).isGreaterThan(0.9);
    assertThat(first.carries()[0]).isGreaterThan(0.95);
    assertThat(first.explained()).isGreaterThanOrEqualTo(first.rSquared()[0]);
    assertThat(found.constant()).containsExactly("constant");
    assertThat(found.nuisances().get(1).before().p()).isGreaterThan(0.01);
  }

  @Test
  void nothingPlantedIsNothingExplained() {
    int significant = 0;
    for (long seed = 1; seed <= 20; seed++) {
      significant += planted(0, seed).before().p() <= 0.05 ? 1 : 0;
    }
    // 1 expected; 5 or more of 20 have a chance of 0.3 % at 5 % each.
    assertThat(significant).isLessThan(5);
  }

  @Test
  void lengthAndSilhouettesOfTheReferenceCloud() {
    Map<String, NpyArray> cloud = Npz.read(FOLDER.resolve("cloud.npz"));
    JsonNode expected = Json.read(FOLDER.resolve("expected.json"));
    double[] x = cloud.get("x").doubles();
    double[] axis = cloud.get("distractor_axis").doubles();
    double[] length = cloud.get("length").doubles();
    int[] pairs = cloud.get("pairs").ints();
    int[] labels = cloud.get("relation").ints();
    int d = axis.length;
    DoubleMatrix before = DoubleMatrix.zeros(labels.length, d);
    DoubleMatrix after = DoubleMatrix.zeros(labels.length, d);
    double[] step = new double[labels.length];
    for (int i = 0; i < labels.length; i++) {
      int a = pairs[2 * i];
      int b = pairs[2 * i + 1];
      double[] row = new double[d];
      double along = 0;
      for (int j = 0; j < d; j++) {
        row[j] = x[b * d + j] - x[a * d + j];
        along += row[j] * axis[j];
      }
      before.setRow(i, row);
      for (int j = 0; j < d; j++) {
        row[j] -= along * axis[j];
      }
      after.setRow(i, row);
      step[i] = length[b] - length[a];
    }
    DoubleMatrix first =
        almagest.linalg.Pca.of(Points.of(before), 1, workers).scores(Points.of(before), workers);
    LengthEffect effect = LengthEffect.of(first.toArray(), step);
    assertThat(Math.abs(effect.r()))
        .isCloseTo(
            expected.get("abs_correlation_of_first_component_with_length_difference").asDouble(),
            within(1e-9));
    assertThat(effect.lo()).isLessThan(effect.r());
    assertThat(effect.hi()).isGreaterThan(effect.r());
    assertThat(effect.groups().stream().mapToInt(LengthEffect.Group::pairs).sum())
        .isEqualTo(labels.length);
    assertThat(silhouette(before, labels))
        .isCloseTo(expected.get("silhouette_differences_before").asDouble(), within(1e-9));
    assertThat(silhouette(after, labels))
        .isCloseTo(
            expected.get("silhouette_differences_after_projection").asDouble(), within(1e-9));
    assertThat(silhouette(Lda.fit(before, labels, workers).transform(before, 3, workers), labels))
        .isCloseTo(expected.get("silhouette_lda3_of_differences_before").asDouble(), within(1e-9));
  }

  private double silhouette(DoubleMatrix x, int[] labels) {
    return Silhouette.of(Points.of(x), labels, Silhouette.Metric.EUCLIDEAN, workers).mean();
  }

  @Test
  void analogiesAreTheReferences() {
    Map<String, NpyArray> cloud = Npz.read(FOLDER.resolve("cloud.npz"));
    double[] axis = cloud.get("distractor_axis").doubles();
    DoubleMatrix x = DoubleMatrix.copyOf(cloud.get("x").doubles(), axis.length);
    FloatMatrix projected = FloatMatrix.zeros(x.rows(), axis.length);
    for (int i = 0; i < x.rows(); i++) {
      double[] row = x.row(i);
      double along = Subspace.dot(row, axis);
      for (int j = 0; j < row.length; j++) {
        projected.set(i, j, (float) (row[j] - along * axis[j]));
      }
    }
    JsonNode expected = Json.read(FOLDER.resolve("analogies.json"));
    List<Analogies.Question> questions = new ArrayList<>();
    for (JsonNode q : expected.get("questions")) {
      questions.add(
          new Analogies.Question(
              q.get(0).asInt(), q.get(1).asInt(), q.get(2).asInt(), q.get(3).asInt()));
    }
    Analogies analogies = new Analogies(projected);
    int[][] answers = analogies.answers(questions, workers);
    for (int q = 0; q < answers.length; q++) {
      assertThat(answers[q][0]).isEqualTo(expected.get("answers_3cosadd").get(q).asInt());
    }
    Analogies.Score score = analogies.ask(questions, workers);
    assertThat(score.threeCosAdd()).isEqualTo(expected.get("right").asInt());
    assertThat(score.questions()).isEqualTo(12);
  }
}
