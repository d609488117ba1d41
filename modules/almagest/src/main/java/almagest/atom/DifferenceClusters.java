package almagest.atom;

import almagest.linalg.Blas;
import almagest.linalg.Pca;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * K-means of all n (n − 1) / 2 differences x_j − x_i, i &lt; j, of a cloud, without making them.
 *
 * <p>How: the product of a difference with a centre is the difference of two products of points
 * with it, so an iteration needs the n × k products and then k subtractions a pair, in any
 * dimension; and the sum of a cluster's differences is a sum of points, each as often as it is an
 * end less as often as it is a start. An iteration takes O(n² k / 2) additions and O(n k d)
 * multiplications, where k-means of the differences as rows takes O(n² k d / 2). Products are
 * float32, sums float64.
 *
 * <p>Distances are Euclidean (parallelograms) or of the differences at unit length (trapezoids, the
 * spherical k-means of Dhillon and Modha 2001). With {@code bothWays} a pair and the same pair
 * turned are one, and its better sense counts. Starts are by k-means++ (Arthur and Vassilvitskii
 * 2007) over all pairs. Ties go to the lower cluster; an empty cluster keeps its centre.
 */
public final class DifferenceClusters {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Pieces of work: each has every so manieth first point, so that all are of one size. */
  private static final int PIECES = 16;

  /** Points at most: 33 million pairs. */
  private static final int MOST = 8192;

  /**
   * How to cluster.
   *
   * @param k clusters, 1 … 32767
   * @param unit whether differences are taken at unit length, so that cosines decide
   * @param bothWays whether a pair may be read in either sense
   * @param restarts starts to take the best of, by inertia
   * @param iterations of a start at most
   * @param tolerance ends when the inertia falls by less than this share of itself
   */
  public record Options(
      int k, boolean unit, boolean bothWays, int restarts, int iterations, double tolerance) {
    public Options {
      if (k < 1 || k > Short.MAX_VALUE) {
        throw new InputException("--clusters: expected 1 … " + Short.MAX_VALUE + ", found " + k);
      }
      if (restarts < 1 || iterations < 1 || !(tolerance >= 0)) {
        throw new InputException("k-means needs a start, an iteration and a tolerance from 0");
      }
    }

    /** The best of two starts of at most 200 iterations, to a thousandth of a percent. */
    public static Options of(int k, boolean unit) {
      return new Options(k, unit, true, 2, 200, 1e-5);
    }
  }

  /**
   * Clusters of pairs.
   *
   * @param labels of the pairs (0, 1), (0, 2), … (n − 2, n − 1)
   * @param turned whether a pair counts as x_i − x_j; all false unless both ways were asked for
   * @param centres [k, d]
   * @param inertia summed squared distance of the differences from their centres; with {@code unit}
   *     of the differences at unit length
   * @param iterations that were made
   */
  public record Fit(
      short[] labels, boolean[] turned, DoubleMatrix centres, double inertia, int iterations) {
    /** The place of pair (i, j), i &lt; j, among n points. */
    public static int place(int i, int j, int n) {
      return Math.toIntExact((long) i * (2L * n - i - 1) / 2 + j - i - 1);
    }
  }

  private final int n;
  private final int d;
  private final Options options;
  private final Workers workers;

  /** [n, d], centred. */
  private final DoubleMatrix x;

  private final FloatMatrix narrow;

  /**
   * Of each pair, 1 / length (0 for no length) with {@code unit}, and the squared length without.
   */
  private final float[] pair;

  private final double total;
  private final short[] labels;
  private final boolean[] turned;

  private DifferenceClusters(Points points, Options options, Workers workers) {
    this.n = points.rows();
    this.d = points.columns();
    this.options = options;
    this.workers = workers;
    if (n < 2 || n > MOST || pairs(n) < options.k) {
      throw new InputException(
          "--clusters: cannot make "
              + options.k
              + " clusters of the differences of "
              + n
              + " points; expected at most "
              + MOST
              + " points and no more clusters than pairs");
    }
    this.x = DoubleMatrix.zeros(n, d);
    this.narrow = FloatMatrix.zeros(n, d);
    double[] mean = Pca.mean(points, workers);
    double[] row = new double[d];
    float[] single = new float[d];
    double squares = 0;
    for (int i = 0; i < n; i++) {
      points.copyRow(i, row);
      for (int c = 0; c < d; c++) {
        row[c] -= mean[c];
        single[c] = (float) row[c];
        squares += row[c] * row[c];
      }
      x.setRow(i, row);
      narrow.setRow(i, single);
    }
    int pairs = Math.toIntExact(pairs(n));
    this.labels = new short[pairs];
    this.turned = new boolean[options.bothWays ? pairs : 0];
    this.pair = new float[pairs];
    long proper = measure(points);
    this.total = options.unit ? proper : n * squares;
  }

  private static long pairs(long n) {
    return n * (n - 1) / 2;
  }

  /** Fills the lengths; gives how many pairs have one above rounding. */
  private long measure(Points points) {
    GramCloud cloud = GramCloud.of(points, workers, Progress.NONE);
    double back = 1 / (cloud.scale() * cloud.scale());
    List<Long> proper =
        workers.map(
            PIECES,
            p -> {
              long count = 0;
              for (int i = p; i < n - 1; i += PIECES) {
                int from = Fit.place(i, i + 1, n) - i - 1;
                for (int j = i + 1; j < n; j++) {
                  double square = cloud.lowSquare(i, j);
                  boolean real = square > 2 * cloud.slack();
                  count += real ? 1 : 0;
                  pair[from + j] =
                      (float)
                          (options.unit ? real ? 1 / Math.sqrt(square * back) : 0 : square * back);
                }
              }
              return count;
            });
    return proper.stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Clusters the differences of a cloud.
   *
   * @param points [n, d], finite, 2 … 8192
   */
  public static Fit fit(
      Points points, Options options, Seed seed, Workers workers, Progress progress) {
    DifferenceClusters clusters = new DifferenceClusters(points, options, workers);
    Fit best = clusters.run(seed.split(0), progress);
    for (int r = 1; r < options.restarts; r++) {
      Fit fit = clusters.run(seed.split(r), progress);
      best = fit.inertia < best.inertia ? fit : best;
    }
    return best;
  }

  private Fit run(Seed seed, Progress progress) {
    DoubleMatrix centres = start(seed.generator());
    double before = Double.POSITIVE_INFINITY;
    int iteration = 0;
    double inertia = before;
    try (Progress.Task task =
        progress.start("k-means of differences", options.iterations, "iterations")) {
      while (iteration < options.iterations) {
        iteration++;
        inertia = step(centres);
        task.advance(1);
        if (before - inertia <= options.tolerance * inertia) {
          break;
        }
        before = inertia;
      }
    }
    boolean[] senses = options.bothWays ? turned.clone() : new boolean[labels.length];
    return new Fit(labels.clone(), senses, centres, inertia, iteration);
  }

  /**
   * Assigns all pairs, then moves the centres.
   *
   * @return the inertia about the moved centres
   */
  private double step(DoubleMatrix centres) {
    int k = options.k;
    FloatMatrix products = products(centres);
    float[] half = new float[k];
    for (int c = 0; c < k; c++) {
      double square = 0;
      for (double v : centres.row(c)) {
        square += v * v;
      }
      half[c] = options.unit ? 0 : (float) (square / 2);
    }
    List<double[]> parts =
        workers.map(
            PIECES,
            p -> {
              double[] ends = new double[k * n];
              for (int i = p; i < n - 1; i += PIECES) {
                assign(i, products, half);
                count(i, ends);
              }
              return ends;
            });
    DoubleMatrix ends = DoubleMatrix.zeros(k, n);
    double[] size = new double[k];
    double[] row = new double[n];
    for (int c = 0; c < k; c++) {
      Arrays.fill(row, 0);
      for (double[] part : parts) {
        for (int i = 0; i < n; i++) {
          row[i] += part[c * n + i];
        }
      }
      ends.setRow(c, row);
    }
    for (short label : labels) {
      size[label]++;
    }
    DoubleMatrix sums = Blas.multiply(ends, x, workers);
    double inertia = total;
    for (int c = 0; c < k; c++) {
      double[] sum = sums.row(c);
      double square = 0;
      for (double v : sum) {
        square += v * v;
      }
      if (size[c] == 0 || square == 0) {
        continue;
      }
      double by = options.unit ? Math.sqrt(square) : size[c];
      // Unit: Σ |u − c|² = 2 m − 2 |Σ u|; else Σ |v|² − m |mean|².
      inertia -= options.unit ? 2 * Math.sqrt(square) - size[c] : square / size[c];
      for (int j = 0; j < d; j++) {
        sum[j] /= by;
      }
      centres.setRow(c, sum);
    }
    return inertia;
  }

  /** [k, n] products of centres with points. */
  private FloatMatrix products(DoubleMatrix centres) {
    int k = centres.rows();
    FloatMatrix single = FloatMatrix.zeros(k, d);
    float[] row = new float[d];
    for (int c = 0; c < k; c++) {
      double[] wide = centres.row(c);
      for (int j = 0; j < d; j++) {
        row[j] = (float) wide[j];
      }
      single.setRow(c, row);
    }
    FloatMatrix into = FloatMatrix.zeros(k, n);
    Blas.multiplyTransposed(single, narrow, into, workers);
    return into;
  }

  /** The nearest centre of every pair that begins with i. */
  private void assign(int i, FloatMatrix products, float[] half) {
    int k = half.length;
    int from = Fit.place(i, i + 1, n) - i - 1;
    float[] own = new float[k];
    for (int c = 0; c < k; c++) {
      own[c] = products.get(c, i);
    }
    MemorySegment data = products.data();
    int lanes = SPECIES.length();
    float[] label = new float[lanes];
    int j = i + 1;
    for (; j + lanes <= n; j += lanes) {
      FloatVector best = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
      FloatVector at = FloatVector.zero(SPECIES);
      long offset = (long) j * Float.BYTES;
      for (int c = 0; c < k; c++) {
        FloatVector v =
            FloatVector.fromMemorySegment(SPECIES, data, offset + (long) c * n * Float.BYTES, ORDER)
                .sub(own[c]);
        v = (options.bothWays ? v.abs() : v).sub(half[c]);
        VectorMask<Float> better = v.compare(VectorOperators.GT, best);
        best = best.blend(v, better);
        at = at.blend(c, better);
      }
      at.intoArray(label, 0);
      for (int l = 0; l < lanes; l++) {
        int place = from + j + l;
        labels[place] = (short) label[l];
        if (options.bothWays) {
          turned[place] = products.get((int) label[l], j + l) < own[(int) label[l]];
        }
      }
    }
    for (; j < n; j++) {
      int chosen = 0;
      float best = Float.NEGATIVE_INFINITY;
      for (int c = 0; c < k; c++) {
        float v = products.get(c, j) - own[c];
        v = (options.bothWays ? Math.abs(v) : v) - half[c];
        if (v > best) {
          best = v;
          chosen = c;
        }
      }
      labels[from + j] = (short) chosen;
      if (options.bothWays) {
        turned[from + j] = products.get(chosen, j) < own[chosen];
      }
    }
  }

  /** Adds, for pairs that begin with i, how often a point is an end less how often a start. */
  private void count(int i, double[] ends) {
    int from = Fit.place(i, i + 1, n) - i - 1;
    for (int j = i + 1; j < n; j++) {
      int place = from + j;
      double w = options.unit ? pair[place] : 1;
      double sign = options.bothWays && turned[place] ? -w : w;
      int c = labels[place] * n;
      ends[c + j] += sign;
      ends[c + i] -= sign;
    }
  }

  /** k-means++: each new centre a difference drawn by its squared distance from those so far. */
  private DoubleMatrix start(RandomGenerator random) {
    DoubleMatrix centres = DoubleMatrix.zeros(options.k, d);
    float[] closest = new float[labels.length];
    Arrays.fill(closest, Float.POSITIVE_INFINITY);
    double[] sums = new double[n];
    int i = random.nextInt(n - 1);
    int j = i + 1 + random.nextInt(n - 1 - i);
    for (int c = 0; c < options.k; c++) {
      double[] centre = x.row(j);
      double[] start = x.row(i);
      double length = 0;
      for (int t = 0; t < d; t++) {
        centre[t] -= start[t];
        length += centre[t] * centre[t];
      }
      for (int t = 0; t < d && options.unit && length > 0; t++) {
        centre[t] /= Math.sqrt(length);
      }
      centres.setRow(c, centre);
      if (c + 1 < options.k) {
        shrink(centre, closest, sums);
        double total = Arrays.stream(sums).sum();
        double u = random.nextDouble() * total;
        i = 0;
        while (i < n - 2 && u >= sums[i]) {
          u -= sums[i++];
        }
        j = i + 1;
        int from = Fit.place(i, i + 1, n) - i - 1;
        while (j < n - 1 && u >= closest[from + j]) {
          u -= closest[from + j++];
        }
      }
    }
    return centres;
  }

  /** Squared distances from one more centre, and their sums by first point. */
  private void shrink(double[] centre, float[] closest, double[] sums) {
    float[] along = new float[n];
    double own = 0;
    for (double v : centre) {
      own += v * v;
    }
    float square = (float) own;
    workers.run(
        PIECES,
        p -> {
          for (int i = p; i < n; i += PIECES) {
            double dot = 0;
            double[] row = x.row(i);
            for (int t = 0; t < d; t++) {
              dot += row[t] * centre[t];
            }
            along[i] = (float) dot;
          }
        });
    workers.run(
        PIECES,
        p -> {
          for (int i = p; i < n - 1; i += PIECES) {
            double sum = 0;
            int from = Fit.place(i, i + 1, n) - i - 1;
            for (int j = i + 1; j < n; j++) {
              float v = along[j] - along[i];
              v = options.bothWays ? Math.abs(v) : v;
              float length = pair[from + j];
              float far =
                  options.unit ? length == 0 ? 0 : 2 - 2 * v * length : length + square - 2 * v;
              closest[from + j] = Math.min(closest[from + j], Math.max(0, far));
              sum += closest[from + j];
            }
            sums[i] = sum;
          }
        });
  }
}
