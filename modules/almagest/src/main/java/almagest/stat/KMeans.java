package almagest.stat;

import almagest.run.InputException;
import almagest.run.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Lloyd's k-means in float64 with greedy k-means++ starts, the best of several restarts: the
 * algorithm, the stopping rules and the draws of scikit-learn's {@code KMeans} from version 1.3 on.
 * Given the same points and random state, the labels are scikit-learn's, number for number, as far
 * as rounding lets them be. With many clusters in many dimensions the distances that rows are
 * assigned by are float32 products.
 *
 * <p>Rows are assigned in fixed pieces and every centre sums its rows in their order, so the
 * outcome does not depend on the number of threads. Ties go to the lower centre. A cluster that
 * loses its last row takes the row that lies farthest from its centre.
 *
 * <p>Reference: Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding" (2007).
 */
public final class KMeans {
  /**
   * @param k clusters
   * @param restarts starts to choose the best of, by inertia; the first of equals
   * @param maxIterations Lloyd steps per start, at most
   * @param tolerance a start ends when its centres move by less, in squared distance summed, than
   *     this times the mean variance of the columns
   */
  public record Options(int k, int restarts, int maxIterations, double tolerance) {
    public Options {
      if (k < 1) {
        throw new InputException("expected at least 1 cluster, found " + k);
      }
      if (restarts < 1 || maxIterations < 1 || !(tolerance >= 0)) {
        throw new InputException(
            "k-means needs at least 1 restart and 1 iteration and a tolerance from 0, found "
                + restarts
                + ", "
                + maxIterations
                + " and "
                + tolerance);
      }
    }

    /** 10 restarts of at most 300 iterations, tolerance 1e-4. */
    public static Options of(int k) {
      return new Options(k, 10, 300, 1e-4);
    }
  }

  /**
   * @param labels the cluster of each row, 0 … k − 1
   * @param centres [k × columns], row-major
   * @param inertia summed squared distance of the rows from their centres
   * @param iterations Lloyd steps of the start that won
   */
  public record Fit(int[] labels, double[] centres, double inertia, int iterations) {}

  private static final Workers ALONE = new Workers(1);

  /** Up to so many pieces of work a pass over the rows is not worth dealing out. */
  private static final int FEW_PIECES = 8;

  private final Rows rows;
  private final Options options;
  private final Workers workers;
  private final double threshold;
  private final double[] mean;

  private KMeans(double[] x, int columns, Options options, Workers workers) {
    int n = columns == 0 ? 0 : x.length / columns;
    if (columns < 1 || (long) n * columns != x.length) {
      throw new IllegalArgumentException(x.length + " values do not make rows of " + columns);
    }
    if (options.k > n) {
      throw new InputException("cannot make " + options.k + " clusters of " + n + " points");
    }
    for (int i = 0; i < x.length; i++) {
      if (!Double.isFinite(x[i])) {
        throw new InputException(
            "k-means: row " + i / columns + " column " + i % columns + " is " + x[i]);
      }
    }
    this.options = options;
    this.workers = workers;
    this.mean = new double[columns];
    double[] centred = x.clone();
    double variance = centre(centred, columns, mean);
    this.threshold = options.tolerance * variance;
    this.rows = new Rows(centred, n, columns, options.k);
  }

  /**
   * Clusters rows.
   *
   * @param x [rows × columns], row-major; left unchanged
   * @param random what the starts are drawn from, one start after the other
   * @throws InputException when there are fewer rows than clusters or a value is not finite
   */
  public static Fit fit(
      double[] x, int columns, Options options, RandomState random, Workers workers) {
    return new KMeans(x, columns, options, workers)
        .all(random)
        .reduce((a, b) -> b.inertia < a.inertia ? b : a)
        .orElseThrow();
  }

  /** Subtracts the column means and gives the mean of the column variances. */
  private static double centre(double[] x, int columns, double[] mean) {
    int n = x.length / columns;
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < columns; c++) {
        mean[c] += x[i * columns + c] / n;
      }
    }
    double squares = 0;
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < columns; c++) {
        double v = x[i * columns + c] -= mean[c];
        squares += v * v;
      }
    }
    return squares / n / columns;
  }

  /** Few rows leave all threads but one waiting: then every thread has a start of its own. */
  private Stream<Fit> all(RandomState random) {
    List<double[]> starts = plusPlus(random);
    return rows.pieces() <= FEW_PIECES
        ? workers.map(starts.size(), s -> uncentred(starts.get(s), ALONE)).stream()
        : starts.stream().map(start -> uncentred(start, workers));
  }

  private Fit uncentred(double[] start, Workers threads) {
    Fit fit = lloyd(start, threads);
    for (int c = 0; c < fit.centres.length; c++) {
      fit.centres[c] += mean[c % rows.columns];
    }
    return fit;
  }

  /**
   * Greedy k-means++: each new centre is the best of 2 + ln k candidates that are drawn with
   * probability proportional to the squared distance from the centres so far. All restarts go in
   * step, so that one pass over the points serves the candidates of all; as each of them takes
   * equally many numbers, they are drawn beforehand in the order of one restart after the other.
   */
  private List<double[]> plusPlus(RandomState random) {
    int n = rows.count;
    int d = rows.columns;
    int starts = options.restarts;
    int trials = 2 + (int) Math.log(options.k);
    int takes = 1 + (options.k - 1) * trials;
    double[] drawn = random.doubles((long) starts * takes).toArray();
    List<double[]> centres = new ArrayList<>();
    double[] first = new double[starts * d];
    for (int r = 0; r < starts; r++) {
      centres.add(new double[options.k * d]);
      rows.copy((int) (drawn[r * takes] * n), centres.get(r), 0);
      System.arraycopy(centres.get(r), 0, first, r * d, d);
    }
    double[] closest = new double[starts * n];
    rows.scores(
        first,
        starts,
        workers,
        (piece, from, to, scores) -> {
          for (int i = from; i < to; i++) {
            for (int r = 0; r < starts; r++) {
              closest[r * n + i] = distance(scores[(i - from) * starts + r], i);
            }
          }
        });
    int many = starts * trials;
    double[] candidates = new double[many * d];
    float[] distances = new float[n * many];
    double[][] parts = new double[rows.pieces()][];
    double[] sums = new double[n];
    for (int c = 1; c < options.k; c++) {
      for (int r = 0; r < starts; r++) {
        cumulate(closest, r * n, sums);
        for (int t = 0; t < trials; t++) {
          double u = drawn[r * takes + 1 + (c - 1) * trials + t];
          rows.copy(draw(sums, u), candidates, (r * trials + t) * d);
        }
      }
      rows.scores(
          candidates,
          many,
          workers,
          (piece, from, to, scores) -> {
            double[] potential = new double[many];
            for (int i = from; i < to; i++) {
              for (int r = 0; r < starts; r++) {
                double near = closest[r * n + i];
                for (int m = r * trials; m < (r + 1) * trials; m++) {
                  double far = distance(scores[(i - from) * many + m], i);
                  distances[i * many + m] = (float) far;
                  potential[m] += Math.min(near, far);
                }
              }
            }
            parts[piece] = potential;
          });
      int[] chosen = leastOfEach(sum(parts, many), trials);
      workers.run(
          starts,
          r -> {
            for (int i = 0; i < n; i++) {
              double far = distances[i * many + chosen[r]];
              closest[r * n + i] = Math.min(closest[r * n + i], far);
            }
          });
      for (int r = 0; r < starts; r++) {
        System.arraycopy(candidates, chosen[r] * d, centres.get(r), c * d, d);
      }
    }
    return centres;
  }

  /** The squared distance of a row from a centre. */
  private double distance(double score, int row) {
    return Math.max(0, 2 * score + rows.norm(row));
  }

  private static double[] sum(double[][] parts, int many) {
    double[] sum = new double[many];
    for (double[] part : parts) {
      for (int m = 0; m < many; m++) {
        sum[m] += part[m];
      }
    }
    return sum;
  }

  /** The place of the least of every {@code trials} values, the first of equals. */
  private static int[] leastOfEach(double[] values, int trials) {
    int[] least = new int[values.length / trials];
    for (int r = 0; r < least.length; r++) {
      least[r] = r * trials;
      for (int m = r * trials + 1; m < (r + 1) * trials; m++) {
        if (values[m] < values[least[r]]) {
          least[r] = m;
        }
      }
    }
    return least;
  }

  private static void cumulate(double[] values, int from, double[] sums) {
    double sum = 0;
    for (int i = 0; i < sums.length; i++) {
      sum += values[from + i];
      sums[i] = sum;
    }
  }

  /** The place whose share of the total holds {@code u}; the first when all is 0. */
  private static int draw(double[] sums, double u) {
    double at = u * sums[sums.length - 1];
    int low = 0;
    int high = sums.length - 1;
    while (low < high) {
      int mid = (low + high) >>> 1;
      if (sums[mid] >= at) {
        high = mid;
      } else {
        low = mid + 1;
      }
    }
    return low;
  }

  private Fit lloyd(double[] start, Workers threads) {
    int n = rows.count;
    int k = options.k;
    double[] centres = start;
    int[] labels = new int[n];
    int[] before = new int[n];
    Arrays.fill(before, -1);
    double[] distance = new double[n];
    int iteration = 0;
    boolean settled = false;
    while (iteration < options.maxIterations) {
      iteration++;
      rows.assign(centres, k, labels, distance, threads);
      double[] moved = rows.means(labels, k, centres, distance, threads);
      double shift = 0;
      for (int c = 0; c < moved.length; c++) {
        shift += (moved[c] - centres[c]) * (moved[c] - centres[c]);
      }
      centres = moved;
      if (Arrays.equals(labels, before)) {
        settled = true;
        break;
      }
      if (shift <= threshold) {
        break;
      }
      System.arraycopy(labels, 0, before, 0, n);
    }
    if (!settled) {
      rows.assign(centres, k, labels, distance, threads);
      rows.relocate(labels, k, distance);
    }
    return new Fit(labels, centres, rows.inertia(labels, centres), iteration);
  }
}
