package almagest.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SaeTrainerTest {
  private static final int D = 24;
  private static final int PLANTED = 48;

  @TempDir Path temporary;

  /** Each row is a shift and a few of the planted directions, with positive amounts and noise. */
  private static FloatMatrix sparse(FloatMatrix planted, int rows, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    FloatMatrix x = FloatMatrix.zeros(rows, D);
    float[] row = new float[D];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < D; i++) {
        row[i] = 3 + i % 5 + 0.02f * (float) random.nextGaussian();
      }
      for (int n = 0; n < 3; n++) {
        int j = random.nextInt(PLANTED);
        float amount = 4 * (0.5f + random.nextFloat());
        for (int i = 0; i < D; i++) {
          row[i] += amount * planted.get(j, i);
        }
      }
      x.setRow(r, row);
    }
    return x;
  }

  private static FloatMatrix planted() {
    FloatMatrix m = FloatMatrix.zeros(PLANTED, D);
    RandomGenerator random = new Seed(7).generator();
    float[] row = new float[D];
    for (int j = 0; j < PLANTED; j++) {
      RandomDirections.unit(random, row);
      m.setRow(j, row);
    }
    return m;
  }

  /** The mean over planted directions of the greatest cosine with a decoder row. */
  private static double recovered(FloatMatrix planted, FloatMatrix wDec) {
    double sum = 0;
    for (int p = 0; p < planted.rows(); p++) {
      double best = -1;
      for (int j = 0; j < wDec.rows(); j++) {
        double dot = 0;
        for (int i = 0; i < D; i++) {
          dot += (double) planted.get(p, i) * wDec.get(j, i);
        }
        best = Math.max(best, dot);
      }
      sum += best;
    }
    return sum / planted.rows();
  }

  private static SaeTrainer.Options options(SaeTrainer.Kind kind, long steps) {
    return (kind == SaeTrainer.Kind.TOPK
            ? SaeTrainer.Options.topK(64, 3, 256, steps)
            : SaeTrainer.Options.jumpRelu(64, 3, 256, steps))
        .withLearningRate(3e-3);
  }

  @ParameterizedTest
  @EnumSource(SaeTrainer.Kind.class)
  void plantedDirectionsAreFoundAgain(SaeTrainer.Kind kind) {
    FloatMatrix planted = planted();
    ActivationSource source = ActivationSource.of(sparse(planted, 20_000, 1));
    try (Workers workers = new Workers(2)) {
      SaeTrainer.Result result =
          new SaeTrainer(source, options(kind, 1500), new Seed(3))
              .train(null, "none", "none", workers, Progress.NONE);
      List<SaeTrainer.LossPoint> curve = result.curve();
      assertThat(curve.getLast().fvu()).isLessThan(0.15 * curve.getFirst().fvu());
      assertThat(curve.getLast().l0()).isBetween(2.0, 4.5);
      assertThat(recovered(planted, result.sae().wDec())).isGreaterThan(0.9);
    }
  }

  @ParameterizedTest
  @EnumSource(SaeTrainer.Kind.class)
  void resultsHaveTheSameBitsOnAnyNumberOfThreads(SaeTrainer.Kind kind) {
    ActivationSource source = ActivationSource.of(sparse(planted(), 3_000, 2));
    float[] one = weights(train(source, kind, 1, null, 60));
    float[] three = weights(train(source, kind, 3, null, 60));
    assertThat(three).isEqualTo(one);
  }

  @ParameterizedTest
  @EnumSource(SaeTrainer.Kind.class)
  void aRunCutOffAndResumedGivesTheBitsOfOneThatWasNot(SaeTrainer.Kind kind) {
    ActivationSource source = ActivationSource.of(sparse(planted(), 3_000, 2));
    SaeTrainer.Result whole = train(source, kind, 2, null, 60);
    Path checkpoint = temporary.resolve("checkpoint.safetensors");
    train(source, kind, 2, checkpoint, 47);
    assertThat(checkpoint).exists();
    SaeTrainer.Result resumed = train(source, kind, 1, checkpoint, 60);
    assertThat(weights(resumed)).isEqualTo(weights(whole));
    assertThat(resumed.curve()).isEqualTo(whole.curve());
    assertThat(Files.exists(checkpoint)).isFalse();
  }

  private static SaeTrainer.Result train(
      ActivationSource source, SaeTrainer.Kind kind, int threads, Path checkpoint, long stop) {
    try (Workers workers = new Workers(threads)) {
      return new SaeTrainer(source, options(kind, 60).withCheckpointEvery(10), new Seed(5))
          .trainUntil(stop, checkpoint, "none", "none", workers, Progress.NONE);
    }
  }

  private static float[] weights(SaeTrainer.Result result) {
    Sae sae = result.sae();
    FloatMatrix all = FloatMatrix.zeros(2L * sae.dSae() + 1, sae.dModel());
    for (int j = 0; j < sae.dSae(); j++) {
      all.setRow(j, sae.wDec().row(j));
      all.setRow(sae.dSae() + j, sae.wEnc().row(j));
    }
    all.setRow(2L * sae.dSae(), sae.bDec());
    return all.toArray();
  }

  @Test
  void aCheckpointOfAnotherTrainingIsRefused() {
    ActivationSource source = ActivationSource.of(sparse(planted(), 3_000, 2));
    Path checkpoint = temporary.resolve("checkpoint.safetensors");
    train(source, SaeTrainer.Kind.TOPK, 2, checkpoint, 47);
    assertThatThrownBy(() -> train(source, SaeTrainer.Kind.JUMPRELU, 2, checkpoint, 60))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("another training");
  }

  @Test
  void aCheckpointOfOtherActivationsIsRefusedWhereverTheyDiffer() {
    FloatMatrix x = sparse(planted(), 3_000, 2);
    Path checkpoint = temporary.resolve("checkpoint.safetensors");
    train(ActivationSource.of(x), SaeTrainer.Kind.TOPK, 2, checkpoint, 47);
    x.set(2_999, D - 1, Math.nextUp(x.get(2_999, D - 1)));
    assertThatThrownBy(() -> train(ActivationSource.of(x), SaeTrainer.Kind.TOPK, 2, checkpoint, 60))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("another training");
  }

  @Test
  void theSavedSaeTakesRawActivationsAndItsDecoderRowsHaveUnitLength() {
    FloatMatrix x = sparse(planted(), 3_000, 2);
    SaeTrainer.Result result = train(ActivationSource.of(x), SaeTrainer.Kind.TOPK, 2, null, 60);
    result.sae().save(temporary);
    Sae sae = Sae.open(temporary);
    for (double norm : sae.decoderNorms()) {
      assertThat(norm).isCloseTo(1, within(1e-5));
    }
    try (Workers workers = new Workers(2)) {
      SparseRows features = sae.encode(x, workers);
      assertThat(features).usingRecursiveComparison().isEqualTo(result.sae().encode(x, workers));
    }
  }
}
