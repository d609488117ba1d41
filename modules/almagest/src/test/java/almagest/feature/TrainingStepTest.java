package almagest.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Gradients by hand against central differences of the loss in double. */
class TrainingStepTest {
  private static final int D = 19;
  private static final int M = 33;
  private static final int B = 270;
  private static final int DEAD = 5;

  /** The parameters in double. */
  private record Parameters(double[][] enc, double[][] dec, double[] bEnc, double[] bDec) {
    static Parameters of(TrainingState s) {
      double[][] enc = new double[M][D];
      double[][] dec = new double[M][D];
      double[] bEnc = new double[M];
      double[] bDec = new double[D];
      for (int j = 0; j < M; j++) {
        for (int i = 0; i < D; i++) {
          enc[j][i] = s.wEnc.get(j, i);
          dec[j][i] = s.wDec.get(j, i);
        }
        bEnc[j] = s.bEnc[0][j];
      }
      for (int i = 0; i < D; i++) {
        bDec[i] = s.bDec[0][i];
      }
      return new Parameters(enc, dec, bEnc, bDec);
    }

    double z(double[] y, int j) {
      double z = bEnc[j];
      for (int i = 0; i < D; i++) {
        z += (y[i] - bDec[i]) * enc[j][i];
      }
      return z;
    }

    /** ŷ − y with the given features active. */
    double[] error(double[] y, List<Integer> active) {
      double[] e = new double[D];
      for (int i = 0; i < D; i++) {
        e[i] = bDec[i] - y[i];
      }
      add(e, y, active);
      return e;
    }

    void add(double[] e, double[] y, List<Integer> active) {
      for (int j : active) {
        double f = z(y, j);
        for (int i = 0; i < D; i++) {
          e[i] += f * dec[j][i];
        }
      }
    }
  }

  private static double square(double[] e) {
    double s = 0;
    for (double v : e) {
      s += v * v;
    }
    return s;
  }

  private static List<Integer> best(Parameters p, double[] y, int k, int from, int to) {
    List<Integer> all = new ArrayList<>();
    for (int j = from; j < to; j++) {
      if (p.z(y, j) > 0) {
        all.add(j);
      }
    }
    all.sort((a, b) -> Double.compare(p.z(y, b), p.z(y, a)));
    return all.subList(0, Math.min(k, all.size()));
  }

  @ParameterizedTest
  @EnumSource(SaeTrainer.Kind.class)
  void gradientsAreThoseOfTheLossTheAuxiliaryOneIncluded(SaeTrainer.Kind kind) {
    SaeTrainer.Options options =
        kind == SaeTrainer.Kind.TOPK
            ? SaeTrainer.Options.topK(M, 4, B, 1000)
            : SaeTrainer.Options.jumpRelu(M, 4, B, 1000);
    RandomGenerator random = new Seed(11).generator();
    TrainingState state = TrainingState.fresh(D, M, new float[D], 1, new Seed(2));
    for (int j = 0; j < M; j++) {
      state.bEnc[0][j] = 0.1f * (float) random.nextGaussian();
      state.logThreshold[0][j] = 0.2f * (float) random.nextGaussian();
    }
    for (int i = 0; i < D; i++) {
      state.bDec[0][i] = 0.3f * (float) random.nextGaussian();
    }
    // The last features have not fired for long and do not fire now, so they are dead.
    state.step = 500;
    for (int j = 0; j < M; j++) {
      state.lastFired[j] = j < M - DEAD ? 499 : 0;
      if (j >= M - DEAD) {
        state.bEnc[0][j] = -0.5f;
        state.logThreshold[0][j] = 9;
      }
    }
    FloatMatrix x = FloatMatrix.zeros(B, D);
    double[][] y = new double[B][D];
    long[] rows = new long[B];
    for (int r = 0; r < B; r++) {
      rows[r] = r;
      for (int i = 0; i < D; i++) {
        x.set(r, i, (float) random.nextGaussian());
        y[r][i] = x.get(r, i);
      }
    }
    TrainingStep step = new TrainingStep(state, options);
    try (Workers workers = new Workers(2)) {
      step.run(ActivationSource.of(x), rows, 0, workers);
    }
    Parameters p = Parameters.of(state);
    List<List<Integer>> active = new ArrayList<>();
    List<List<Integer>> revived = new ArrayList<>();
    double[][] errors = new double[B][];
    double error = 0;
    double energy = 0;
    for (int r = 0; r < B; r++) {
      double[] row = y[r];
      List<Integer> fires =
          kind == SaeTrainer.Kind.TOPK
              ? best(p, row, 4, 0, M)
              : best(p, row, M, 0, M).stream()
                  .filter(j -> p.z(row, j) > Math.exp(state.logThreshold[0][j]))
                  .toList();
      active.add(fires);
      revived.add(best(p, row, options.auxK(), M - DEAD, M));
      errors[r] = p.error(row, fires);
      error += square(errors[r]);
      energy += square(row);
    }
    double weight = options.auxCoefficient() * Math.min(energy / error, 100);
    ToDoubleFunction<Parameters> loss =
        q -> {
          double sum = 0;
          for (int r = 0; r < B; r++) {
            sum += square(q.error(y[r], active.get(r)));
            double[] left = errors[r].clone();
            q.add(left, y[r], revived.get(r));
            sum += weight * square(left);
          }
          return sum / B;
        };
    MemorySegment encoder = Arena.ofAuto().allocate(4L * D, 64);
    MemorySegment decoder = Arena.ofAuto().allocate(4L * D, 64);
    int compared = 0;
    for (int j = 0; j < M; j++) {
      double bias = step.gradient(j, encoder, decoder);
      assertThat(bias).isCloseTo(difference(loss, p, p.bEnc(), j), within(1e-4));
      for (int i = 0; i < D; i++) {
        assertThat((double) encoder.get(Kernels.FLOAT, 4L * i))
            .isCloseTo(difference(loss, p, p.enc()[j], i), within(1e-4));
        double expected = difference(loss, p, p.dec()[j], i);
        assertThat((double) decoder.get(Kernels.FLOAT, 4L * i)).isCloseTo(expected, within(1e-4));
        compared += Math.abs(expected) > 0.01 ? 1 : 0;
      }
    }
    assertThat(compared).isGreaterThan(M * D / 4);
    // Adam's first moment of b_dec is (1 − β₁) times its gradient, as it began at 0.
    for (int i = 0; i < D; i++) {
      assertThat(state.bDec[1][i] / (1 - Adam.BETA1))
          .isCloseTo((float) difference(loss, p, p.bDec(), i), within(1e-4f));
    }
  }

  private static double difference(
      ToDoubleFunction<Parameters> loss, Parameters p, double[] values, int i) {
    double h = 1e-5;
    double was = values[i];
    values[i] = was + h;
    double up = loss.applyAsDouble(p);
    values[i] = was - h;
    double down = loss.applyAsDouble(p);
    values[i] = was;
    return (up - down) / (2 * h);
  }
}
