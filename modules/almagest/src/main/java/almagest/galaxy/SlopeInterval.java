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
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * How far a statistic of the spectrum would move with other rows: the cloud is cut into random
 * halves, again and again, and the statistic of each half computed. A half is made of whole groups
 * out of {@value #GROUPS} random ones, which costs one sum of products instead of one a half, and
 * is as random as any; only two halves of different cuts are a little more alike. Halves drawn
 * without replacement from n rows scatter about as much as whole samples of n rows do (n/2 rows
 * would scatter √2 times as much, drawing them from the same n takes that away again), so their
 * standard deviation is used as it is, around the value of the whole cloud. The halves' own mean is
 * not used: it is biased as that of n/2 rows. For a flat spectrum the spread is about 1.3 times too
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

  /** Groups of rows that halves are made of: products are summed once a group, not once a half. */
  private static final int GROUPS = 32;

  /** Rows whose scores are held at a time. */
  private static final int BLOCK = 512;

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
    List<Sums> groups = groups(points, pca, root, seed, workers);
    double[][] values = new double[statistics.length][2 * splits];
    workers.run(
        splits,
        s -> {
          Sums first = Sums.none(q);
          for (int g : firstHalf(groups.size(), s, seed)) {
            first = first.plus(groups.get(g));
          }
          Half[] halves = halves(first, n, root);
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

  /**
   * What halves are added up from.
   *
   * @param products [q (q + 1) / 2] of the scores, the upper triangle row by row
   * @param scores [q] their sum
   */
  private record Sums(int rows, double[] products, double[] scores) {
    static Sums none(int q) {
      return new Sums(0, new double[q * (q + 1) / 2], new double[q]);
    }

    /** Adds to the arrays of this one. */
    Sums plus(Sums more) {
      for (int i = 0; i < products.length; i++) {
        products[i] += more.products[i];
      }
      for (int c = 0; c < scores.length; c++) {
        scores[c] += more.scores[c];
      }
      return new Sums(rows + more.rows, products, scores);
    }
  }

  /** The rows in a random order, cut into groups, each of which goes into a half as a whole. */
  static int[][] groups(int n, Seed seed) {
    int[] order = Permutation.of(n, seed.split("groups").generator());
    int[][] groups = new int[Math.min(GROUPS, n)][];
    for (int g = 0; g < groups.length; g++) {
      int from = (int) ((long) g * n / groups.length);
      groups[g] = Arrays.copyOfRange(order, from, (int) ((g + 1L) * n / groups.length));
    }
    return groups;
  }

  /** The groups that make the first half of a split; the others make the second. */
  static int[] firstHalf(int groups, int split, Seed seed) {
    return Arrays.copyOf(Permutation.of(groups, seed.split(split).generator()), groups / 2);
  }

  private static List<Sums> groups(
      Points points, Pca pca, double[] root, Seed seed, Workers workers) {
    int[][] rows = groups(points.rows(), seed);
    try (Arena arena = Arena.ofShared()) {
      FloatMatrix basis = basis(arena, pca, root);
      return workers.map(rows.length, g -> sums(points, rows[g], pca.mean(), basis));
    }
  }

  private static Sums sums(Points points, int[] rows, double[] mean, FloatMatrix basis) {
    int d = mean.length;
    int q = basis.columns();
    double[] sum = new double[q];
    double[] row = new double[d];
    float[] rounded = new float[d];
    float[] score = new float[q];
    try (Arena arena = Arena.ofConfined()) {
      NarrowGram products = new NarrowGram(arena, q);
      int most = Math.min(rows.length, BLOCK);
      FloatMatrix centred = FloatMatrix.zeros(arena, most, d);
      FloatMatrix scores = FloatMatrix.zeros(arena, most, q);
      for (int from = 0; from < rows.length; from += BLOCK) {
        int count = Math.min(rows.length - from, BLOCK);
        for (int i = 0; i < count; i++) {
          points.copyRow(rows[from + i], row);
          for (int c = 0; c < d; c++) {
            rounded[c] = (float) (row[c] - mean[c]);
          }
          centred.setRow(i, rounded);
        }
        Blas.sgemm(
            false,
            false,
            count,
            q,
            d,
            1f,
            centred.data(),
            d,
            basis.data(),
            q,
            0f,
            scores.data(),
            q);
        for (int i = 0; i < count; i++) {
          scores.copyRow(i, score);
          for (int c = 0; c < q; c++) {
            sum[c] += score[c];
          }
        }
        products.addColumns(scores.slice(0, count), ALONE);
      }
      double[] packed = new double[q * (q + 1) / 2];
      int at = 0;
      for (int i = 0; i < q; i++) {
        for (int j = i; j < q; j++) {
          packed[at++] = products.upper().get(i, j);
        }
      }
      return new Sums(rows.length, packed, sum);
    }
  }

  private record Half(double[] eigenvalues, int rows) {}

  /**
   * The spectra of a half and of the other one, whose products are what is left of the whole
   * cloud's: those are n − 1 times the identity in its own, scaled components.
   *
   * @param root [q] what the scores were divided by
   */
  private static Half[] halves(Sums first, int n, double[] root) {
    int q = root.length;
    int n1 = first.rows;
    int n2 = n - n1;
    double[] sum = first.scores;
    int at = 0;
    double[] one = new double[q * q];
    double[] two = new double[q * q];
    for (int i = 0; i < q; i++) {
      for (int j = i; j < q; j++) {
        double a = first.products[at++];
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
