package almagest.stat;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.Arrays;
import java.util.List;

/**
 * Silhouettes (Rousseeuw 1987), exact: for a sample with mean distance a to the others of its class
 * and least mean distance b to another class, s = (b − a) / max(a, b). A sample alone in its class
 * has s = 0, and so has one with a = b = 0.
 *
 * <p>The mean over samples is dominated by the largest class; {@link #classMean} weighs classes
 * alike. A silhouette of data that a projection was fitted to is in-sample and says little.
 *
 * @param samples one value per sample, from −1 to 1
 * @param mean of the samples
 * @param perClass mean per class, in ascending order of the labels
 */
public record Silhouette(double[] samples, double mean, double[] perClass) {
  /** How far two samples are apart. */
  public enum Metric {
    EUCLIDEAN,
    /** One minus the cosine of the angle; a zero vector is at distance 1 from everything else. */
    COSINE
  }

  /** Samples per piece of work. */
  private static final int PIECE = 64;

  /** The same where distances come from products, and as many columns of a tile. */
  private static final int ROWS = 256;

  /** Values of a tile of columns that all samples of a piece are compared with: a cache's worth. */
  private static final int TILE_VALUES = 1 << 15;

  /**
   * O(n² d) time, O(n d) memory; distances in double, those of duplicates 0: from differences of
   * coordinates, or in many dimensions from products ({@link ProductDistances}).
   *
   * @param x samples, row-major [n, d]
   * @param labels a class per sample, any ints; at least 2 and at most n − 1 distinct ones
   * @throws IllegalArgumentException when the sizes do not fit or the number of classes does not
   */
  public static Silhouette of(double[] x, int d, int[] labels, Metric metric, Workers workers) {
    int n = labels.length;
    if ((long) n * d != x.length) {
      throw new IllegalArgumentException(
          x.length + " values are not " + n + " samples of " + d + " dimensions");
    }
    return of(Points.of(DoubleMatrix.copyOf(x, d)), labels, metric, workers);
  }

  /**
   * As {@link #of(double[], int, int[], Metric, Workers)}.
   *
   * @param x samples [n, d]
   */
  public static Silhouette of(Points x, int[] labels, Metric metric, Workers workers) {
    return leading(x, new int[] {x.columns()}, labels, metric, workers).getFirst();
  }

  /**
   * Silhouettes in the first few columns, for several numbers of columns at the price of the
   * largest.
   *
   * @param x samples [n, d]
   * @param dimensions ascending, each 1 … d
   */
  public static List<Silhouette> leading(
      Points x, int[] dimensions, int[] labels, Metric metric, Workers workers) {
    int n = labels.length;
    int d = x.columns();
    if (x.rows() != n) {
      throw new IllegalArgumentException(x.rows() + " samples with " + n + " labels");
    }
    int last = 0;
    for (int dimension : dimensions) {
      if (dimension < last || dimension > d) {
        throw new IllegalArgumentException(
            Arrays.toString(dimensions) + " does not ascend to at most " + d);
      }
      last = dimension;
    }
    int[] rank = Contingency.ranks(labels);
    int classes = 1 + Arrays.stream(rank).max().orElse(-1);
    if (classes < 2 || classes >= n) {
      throw new IllegalArgumentException(
          "silhouettes need between 2 and n − 1 classes, found " + classes + " for n = " + n);
    }
    double[][] samples = new double[dimensions.length][n];
    if (metric == Metric.EUCLIDEAN
        && dimensions.length == 1
        && last == d
        && d >= ProductDistances.MANY) {
      Sorted sorted = Sorted.of(x, 0, rank, classes);
      ProductDistances distances = ProductDistances.of(x, sorted.order, workers);
      workers.run(
          (n + ROWS - 1) / ROWS,
          p -> sorted.piece(p * ROWS, Math.min(n, (p + 1) * ROWS), distances, samples[0]));
      return List.of(of(samples[0], rank, sorted.sizes()));
    }
    Sorted sorted = Sorted.of(x, last, rank, classes);
    workers.run(
        (n + PIECE - 1) / PIECE,
        p -> sorted.piece(p * PIECE, Math.min(n, (p + 1) * PIECE), dimensions, metric, samples));
    return Arrays.stream(samples).map(s -> of(s, rank, sorted.sizes())).toList();
  }

  private static Silhouette of(double[] samples, int[] rank, int[] sizes) {
    double[] perClass = new double[sizes.length];
    double mean = 0;
    for (int i = 0; i < samples.length; i++) {
      perClass[rank[i]] += samples[i];
      mean += samples[i];
    }
    for (int c = 0; c < sizes.length; c++) {
      perClass[c] /= sizes[c];
    }
    return new Silhouette(samples, mean / samples.length, perClass);
  }

  /**
   * The samples class by class, column by column, so that the innermost loops run along memory.
   *
   * @param columns [d][n]
   * @param order [n] which sample stands where
   * @param starts [classes + 1] where each class begins
   * @param sizes [classes]
   */
  private record Sorted(double[][] columns, int[] order, int[] starts, int[] sizes) {
    static Sorted of(Points x, int d, int[] rank, int classes) {
      int n = rank.length;
      int[] sizes = new int[classes];
      for (int r : rank) {
        sizes[r]++;
      }
      int[] starts = new int[classes + 1];
      for (int c = 0; c < classes; c++) {
        starts[c + 1] = starts[c] + sizes[c];
      }
      int[] next = starts.clone();
      int[] order = new int[n];
      for (int i = 0; i < n; i++) {
        order[next[rank[i]]++] = i;
      }
      double[][] columns = new double[d][n];
      double[] row = new double[x.columns()];
      for (int j = 0; j < n; j++) {
        x.copyRow(order[j], row);
        for (int c = 0; c < d; c++) {
          columns[c][j] = row[c];
        }
      }
      return new Sorted(columns, order, starts, sizes);
    }

    /** The silhouettes of the samples that stand at {@code from} … {@code to}. */
    void piece(int from, int to, int[] dimensions, Metric metric, double[][] samples) {
      int n = order.length;
      int tile = Math.max(64, Math.min(1024, TILE_VALUES / Math.max(1, columns.length)));
      double[][][] sums = new double[to - from][dimensions.length][sizes.length];
      double[] total = new double[tile];
      double[] distance = new double[tile];
      double[] ownSquare = new double[tile];
      for (int left = 0; left < n; left += tile) {
        int right = Math.min(n, left + tile);
        for (int i = from; i < to; i++) {
          Arrays.fill(total, 0);
          Arrays.fill(ownSquare, 0);
          double square = 0;
          int column = 0;
          for (int k = 0; k < dimensions.length; k++) {
            for (; column < dimensions[k]; column++) {
              double value = columns[column][i];
              if (metric == Metric.EUCLIDEAN) {
                squares(value, columns[column], left, right, total);
              } else {
                square += value * value;
                products(value, columns[column], left, right, total, ownSquare);
              }
            }
            if (metric == Metric.EUCLIDEAN) {
              for (int j = 0; j < right - left; j++) {
                distance[j] = Math.sqrt(total[j]);
              }
            } else {
              cosines(square, total, ownSquare, right - left, distance);
            }
            if (i >= left && i < right) {
              distance[i - left] = 0;
            }
            add(distance, -left, left, right, sums[i - from][k]);
          }
        }
      }
      for (int i = from; i < to; i++) {
        for (int k = 0; k < dimensions.length; k++) {
          samples[k][order[i]] = value(sums[i - from][k], sizes, own(i));
        }
      }
    }

    /** The same in all dimensions, by given distances. */
    void piece(int from, int to, ProductDistances distances, double[] samples) {
      int n = order.length;
      double[][] sums = new double[to - from][sizes.length];
      double[] tile = new double[(to - from) * ROWS];
      for (int left = 0; left < n; left += ROWS) {
        int right = Math.min(n, left + ROWS);
        distances.tile(from, to, left, right, tile);
        for (int i = from; i < to; i++) {
          add(tile, (i - from) * (right - left) - left, left, right, sums[i - from]);
        }
      }
      for (int i = from; i < to; i++) {
        samples[order[i]] = value(sums[i - from], sizes, own(i));
      }
    }

    /** The class of the sample that stands there. */
    private int own(int i) {
      int own = 0;
      while (i >= starts[own + 1]) {
        own++;
      }
      return own;
    }

    private static void squares(
        double value, double[] column, int left, int right, double[] total) {
      for (int j = left; j < right; j++) {
        double off = value - column[j];
        total[j - left] += off * off;
      }
    }

    private static void products(
        double value, double[] column, int left, int right, double[] total, double[] square) {
      for (int j = left; j < right; j++) {
        total[j - left] += value * column[j];
        square[j - left] += column[j] * column[j];
      }
    }

    private static void cosines(
        double square, double[] total, double[] squares, int count, double[] distance) {
      for (int j = 0; j < count; j++) {
        double norms = Math.sqrt(square) * Math.sqrt(squares[j]);
        distance[j] = norms == 0 ? 1 : Math.min(2, Math.max(0, 1 - total[j] / norms));
      }
    }

    /**
     * Adds the distances of a tile to their classes, in an order that the tile fixes; that of the
     * sample at j is at j + shift.
     */
    private void add(double[] distance, int shift, int left, int right, double[] sums) {
      int c = 0;
      while (starts[c + 1] <= left) {
        c++;
      }
      for (int at = left; at < right; c++) {
        int end = Math.min(right, starts[c + 1]);
        sums[c] += sum(distance, at + shift, end + shift);
        at = end;
      }
    }

    /** In four partial sums, so that additions need not wait for each other. */
    private static double sum(double[] values, int from, int to) {
      double s0 = 0;
      double s1 = 0;
      double s2 = 0;
      double s3 = 0;
      int j = from;
      for (; j + 3 < to; j += 4) {
        s0 += values[j];
        s1 += values[j + 1];
        s2 += values[j + 2];
        s3 += values[j + 3];
      }
      for (; j < to; j++) {
        s0 += values[j];
      }
      return s0 + s1 + (s2 + s3);
    }
  }

  /** The unweighted mean over classes. */
  public double classMean() {
    return Arrays.stream(perClass).average().orElse(Double.NaN);
  }

  private static double value(double[] sums, int[] sizes, int own) {
    if (sizes[own] == 1) {
      return 0;
    }
    double a = sums[own] / (sizes[own] - 1);
    double b = Double.POSITIVE_INFINITY;
    for (int c = 0; c < sums.length; c++) {
      if (c != own) {
        b = Math.min(b, sums[c] / sizes[c]);
      }
    }
    double larger = Math.max(a, b);
    return larger == 0 ? 0 : (b - a) / larger;
  }
}
