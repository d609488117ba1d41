package almagest.galaxy;

import almagest.linalg.Blas;
import almagest.linalg.NarrowGram;
import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Permutation;
import almagest.stat.SpecialFunctions;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * How far a statistic of the spectrum would move with other rows: the cloud is cut into random
 * halves, again and again, and the statistic of each half computed. Halves drawn without
 * replacement from n rows scatter about as much as whole samples of n rows do (n/2 rows would
 * scatter √2 times as much, drawing them from the same n takes that away again), so their standard
 * deviation is used as it is, around the value of the whole cloud. The halves' own mean is not
 * used: it is biased as that of n/2 rows. For a flat spectrum the spread is about 1.3 times too
 * wide.
 *
 * <p>Halves are decomposed in the coordinates of the cloud's own components. Of more than {@value
 * #LEADING} only so many are taken, which moves the eigenvalues of a half in a window of the first
 * 150 but not how they scatter: it was within 10 % of that in all 2304 coordinates for spectra as
 * steep as those of decoders, and 1.25 times it for a flat one. Scores are divided by their
 * deviation and multiplied in float32, which moves eigenvalues, large and small, by some 10⁻⁶ of
 * themselves, a small part of how far halves do.
 *
 * @param sd of the halves
 * @param half the half width of the 95 % interval: Student's t with (halves − 1) degrees times sd
 * @param halves how many
 */
record SlopeInterval(double sd, double half, int halves) {
  /** Components of the cloud that halves are decomposed in. */
  static final int LEADING = 512;

  private static final int LEAST = 3;

  /** Rows whose scores are held at a time. */
  private static final int BLOCK = 4096;

  /** Rows of one piece of work. */
  private static final int PIECE = 256;

  private static final Workers ALONE = new Workers(1);

  /** A statistic of eigenvalues. */
  interface Statistic {
    double of(double[] eigenvalues, int rows);
  }

  /**
   * Intervals of several statistics from the same halves.
   *
   * @param pca of all rows, with at least the components that the statistics look at
   * @param splits how often the cloud is cut in two
   */
  static SlopeInterval[] of(
      Points points, Pca pca, int splits, Seed seed, Workers workers, Statistic... statistics) {
    int n = points.rows();
    if (n < 4 * LEAST) {
      return new SlopeInterval[0];
    }
    int q = Math.min(LEADING, pca.components().length);
    double[] root = new double[q];
    Arrays.setAll(root, c -> Math.sqrt(pca.eigenvalues()[c]));
    boolean[][] inFirst = new boolean[splits][n];
    NarrowGram[] products = new NarrowGram[splits];
    double[][] sums = new double[splits][q];
    for (int s = 0; s < splits; s++) {
      for (int i : Arrays.copyOf(Permutation.of(n, seed.split(s).generator()), n / 2)) {
        inFirst[s][i] = true;
      }
      products[s] = new NarrowGram(q);
    }
    try (Arena arena = Arena.ofShared()) {
      FloatMatrix basis = basis(arena, pca, root);
      FloatMatrix centred = FloatMatrix.zeros(arena, Math.min(n, BLOCK), points.columns());
      FloatMatrix scores = FloatMatrix.zeros(arena, Math.min(n, BLOCK), q);
      for (int from = 0; from < n; from += BLOCK) {
        int first = from;
        int count = Math.min(n - first, BLOCK);
        centre(points, pca.mean(), first, centred.slice(0, count), workers);
        Blas.multiply(centred.slice(0, count), basis, scores.slice(0, count), workers);
        workers.run(splits, s -> add(scores, count, inFirst[s], first, products[s], sums[s]));
      }
    }
    double[][] values = new double[statistics.length][2 * splits];
    workers.run(
        splits,
        s -> {
          Half[] halves = halves(products[s], sums[s], n / 2, n, root);
          for (int t = 0; t < statistics.length; t++) {
            for (int h = 0; h < 2; h++) {
              values[t][2 * s + h] = statistics[t].of(halves[h].eigenvalues(), halves[h].rows());
            }
          }
        });
    double quantile = SpecialFunctions.studentTQuantile(0.975, 2 * splits - 1);
    return Arrays.stream(values)
        .map(v -> new SlopeInterval(Moments.sd(v), quantile * Moments.sd(v), v.length))
        .toArray(SlopeInterval[]::new);
  }

  /** The components, each divided by the deviation along it (or 0 where that is): [d, q]. */
  private static FloatMatrix basis(Arena arena, Pca pca, double[] root) {
    FloatMatrix basis = FloatMatrix.zeros(arena, pca.mean().length, root.length);
    for (int j = 0; j < root.length; j++) {
      double[] component = pca.components()[j];
      for (int c = 0; c < component.length && root[j] > 0; c++) {
        basis.set(c, j, (float) (component[c] / root[j]));
      }
    }
    return basis;
  }

  private static void centre(
      Points points, double[] mean, int first, FloatMatrix into, Workers workers) {
    int count = into.rowsAsInt();
    workers.run(
        (count + PIECE - 1) / PIECE,
        p -> {
          double[] row = new double[mean.length];
          float[] rounded = new float[mean.length];
          for (int i = p * PIECE; i < Math.min(count, (p + 1) * PIECE); i++) {
            points.copyRow(first + i, row);
            for (int c = 0; c < row.length; c++) {
              rounded[c] = (float) (row[c] - mean[c]);
            }
            into.setRow(i, rounded);
          }
        });
  }

  /** Adds those of a block's rows that are in the first half. */
  private static void add(
      FloatMatrix scores, int count, boolean[] inFirst, int first, NarrowGram to, double[] sum) {
    float[] row = new float[sum.length];
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix part = FloatMatrix.zeros(arena, count, sum.length);
      int rows = 0;
      for (int i = 0; i < count; i++) {
        if (inFirst[first + i]) {
          scores.copyRow(i, row);
          part.setRow(rows++, row);
          for (int c = 0; c < row.length; c++) {
            sum[c] += row[c];
          }
        }
      }
      to.addColumns(part.slice(0, rows), ALONE);
    }
  }

  private record Half(double[] eigenvalues, int rows) {}

  /**
   * The spectra of a half and of the other one, whose products are what is left of the whole
   * cloud's: those are n − 1 times the identity in its own, scaled components.
   *
   * @param sum [q] of the scores of the first half
   * @param root [q] what the scores were divided by
   */
  private static Half[] halves(NarrowGram first, double[] sum, int n1, int n, double[] root) {
    int q = sum.length;
    int n2 = n - n1;
    double[] one = new double[q * q];
    double[] two = new double[q * q];
    for (int i = 0; i < q; i++) {
      for (int j = i; j < q; j++) {
        double a = first.upper().get(i, j);
        double all = i == j ? n - 1 : 0;
        double square = sum[i] * sum[j];
        double scale = root[i] * root[j];
        one[i * q + j] = scale * (a - square / n1) / (n1 - 1);
        two[i * q + j] = scale * (all - a - square / n2) / (n2 - 1);
        one[j * q + i] = one[i * q + j];
        two[j * q + i] = two[i * q + j];
      }
    }
    return new Half[] {
      new Half(Pca.eigenvalues(one, n1, q), n1), new Half(Pca.eigenvalues(two, n2, q), n2)
    };
  }

  /** {@code count} of 0 … n − 1 without replacement, ascending. */
  static int[] sample(int n, int count, RandomGenerator random) {
    int[] rows = Arrays.copyOf(Permutation.of(n, random), count);
    Arrays.sort(rows);
    return rows;
  }
}
