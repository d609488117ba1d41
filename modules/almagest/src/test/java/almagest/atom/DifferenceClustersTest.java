package almagest.atom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DifferenceClustersTest {
  @ParameterizedTest
  @CsvSource({
    "40, 5, 6, false, false",
    "40, 5, 6, false, true",
    "61, 9, 8, true, false",
    "61, 9, 8, true, true",
    "35, 3, 1, false, false"
  })
  void isKMeansOfTheDifferences(int n, int d, int k, boolean unit, boolean both) {
    FloatMatrix x = FaceSearchTest.normal(n, d, new Seed(n));
    DifferenceClusters.Options options = new DifferenceClusters.Options(k, unit, both, 2, 300, 0);
    DifferenceClusters.Fit fit;
    try (Workers workers = new Workers(2)) {
      fit = DifferenceClusters.fit(Points.of(x), options, new Seed(4), workers, Progress.NONE);
    }
    double[][] sums = new double[k][d];
    int[] size = new int[k];
    double inertia = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        int place = DifferenceClusters.Fit.place(i, j, n);
        double[] v = difference(x, i, j, unit, fit.turned()[place]);
        int label = fit.labels()[place];
        size[label]++;
        double own = square(v, fit.centres().row(label));
        inertia += own;
        for (int t = 0; t < d; t++) {
          sums[label][t] += v[t];
        }
        // Settled: no other centre, in no sense allowed, is nearer but for rounding.
        double[] back = difference(x, i, j, unit, !fit.turned()[place]);
        for (int c = 0; c < k; c++) {
          assertThat(square(v, fit.centres().row(c))).isGreaterThan(own - 1e-4);
          if (both) {
            assertThat(square(back, fit.centres().row(c))).isGreaterThan(own - 1e-4);
          }
        }
      }
    }
    for (int c = 0; c < k; c++) {
      double length = 0;
      for (double v : sums[c]) {
        length += v * v;
      }
      for (int t = 0; t < d; t++) {
        assertThat(fit.centres().get(c, t))
            .isCloseTo(sums[c][t] / (unit ? Math.sqrt(length) : size[c]), within(1e-5));
      }
    }
    assertThat(fit.inertia()).isCloseTo(inertia, within(1e-5 * inertia));
  }

  private static double[] difference(FloatMatrix x, int i, int j, boolean unit, boolean turned) {
    double[] v = new double[x.columns()];
    double length = 0;
    for (int t = 0; t < v.length; t++) {
      v[t] = (turned ? -1 : 1) * ((double) x.get(j, t) - x.get(i, t));
      length += v[t] * v[t];
    }
    for (int t = 0; t < v.length && unit; t++) {
      v[t] /= Math.sqrt(length);
    }
    return v;
  }

  private static double square(double[] v, double[] c) {
    double sum = 0;
    for (int t = 0; t < v.length; t++) {
      sum += (v[t] - c[t]) * (v[t] - c[t]);
    }
    return sum;
  }

  @Test
  void doesNotDependOnTheNumberOfThreads() {
    FloatMatrix x = FaceSearchTest.normal(90, 12, new Seed(1));
    DifferenceClusters.Options options = DifferenceClusters.Options.of(7, false);
    try (Workers one = new Workers(1);
        Workers three = new Workers(3)) {
      DifferenceClusters.Fit a =
          DifferenceClusters.fit(Points.of(x), options, new Seed(2), one, Progress.NONE);
      DifferenceClusters.Fit b =
          DifferenceClusters.fit(Points.of(x), options, new Seed(2), three, Progress.NONE);
      assertThat(a.labels()).isEqualTo(b.labels());
      assertThat(a.centres().toArray()).isEqualTo(b.centres().toArray());
    }
  }

  @Test
  void moreClustersThanPairsAreRefused() {
    FloatMatrix x = FaceSearchTest.normal(3, 2, new Seed(1));
    try (Workers workers = new Workers(1)) {
      assertThatThrownBy(() ->
              DifferenceClusters.fit(
                  Points.of(x),
                  DifferenceClusters.Options.of(4, false),
                  new Seed(2),
                  workers,
                  Progress.NONE))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("--clusters");
    }
  }
}
