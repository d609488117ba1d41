package almagest.galaxy;

import almagest.linalg.Blas;
import almagest.run.Workers;
import almagest.stat.LineFit;
import almagest.tensor.DoubleMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * How many pairs of points lie closer than r, for every r: the correlation integral C(r) of
 * Grassberger and Procaccia (1983). Where C grows like r^D over a stretch of scales, D is the
 * correlation dimension of the cloud there. Any smooth cloud has such a slope at each scale, so a
 * slope alone is no sign of a fractal: that needs the same slope over a long stretch, and another
 * than a Gaussian cloud of the same covariance has.
 *
 * <p>Distances are binned by the leading bits of d² / (2 trace): eight bins an octave of d².
 */
final class PairCounts {
  private static final int BINS = 1 << 11;
  private static final int TILE = 256;

  /** The shares of all pairs between which the dimension is fitted: two decades, if n allows. */
  private static final double FROM = 1e-4;

  private static final double TO = 1e-2;

  /** Fewer pairs than this below a scale are noise. */
  private static final int LEAST_PAIRS = 100;

  private final long[] below;
  private final long pairs;
  private final double unit;

  private PairCounts(long[] below, long pairs, double unit) {
    this.below = below;
    this.pairs = pairs;
    this.unit = unit;
  }

  /**
   * Counts all pairs of a cloud.
   *
   * @param cloud centred, at least 2 rows
   * @param trace of its covariance, positive
   */
  static PairCounts of(DoubleMatrix cloud, double trace, Workers workers) {
    int n = cloud.rows();
    int d = cloud.columns();
    double[] square = new double[n];
    for (int i = 0; i < n; i++) {
      for (double v : cloud.row(i)) {
        square[i] += v * v;
      }
    }
    int tiles = (n + TILE - 1) / TILE;
    List<long[]> parts =
        workers.map(
            tiles,
            t -> {
              long[] counts = new long[BINS];
              int from = t * TILE;
              int to = Math.min(n, from + TILE);
              try (Arena arena = Arena.ofConfined()) {
                DoubleMatrix g = DoubleMatrix.zeros(arena, to - from, n - from);
                MemorySegment products = g.data();
                Blas.dgemm(
                    false,
                    true,
                    to - from,
                    n - from,
                    d,
                    1,
                    cloud.slice(from, to).data(),
                    d,
                    cloud.slice(from, n).data(),
                    d,
                    0,
                    products,
                    n - from);
                for (int i = from; i < to; i++) {
                  long at = (long) (i - from) * (n - from);
                  for (int j = i + 1; j < n; j++) {
                    double product =
                        products.get(ValueLayout.JAVA_DOUBLE, (at + j - from) * Double.BYTES);
                    double s = Math.max(0, square[i] + square[j] - 2 * product) / (2 * trace);
                    counts[Float.floatToRawIntBits((float) s) >>> 20]++;
                  }
                }
              }
              return counts;
            });
    long[] below = new long[BINS + 1];
    for (int b = 0; b < BINS; b++) {
      long count = 0;
      for (long[] part : parts) {
        count += part[b];
      }
      below[b + 1] = below[b] + count;
    }
    return new PairCounts(below, (long) n * (n - 1) / 2, Math.sqrt(2 * trace));
  }

  /** The distance at the lower edge of a bin. */
  double edge(int bin) {
    return unit * Math.sqrt(Float.intBitsToFloat(bin << 20));
  }

  /** The share of pairs closer than the lower edge of a bin. */
  double share(int bin) {
    return (double) below[bin] / pairs;
  }

  /** The first bin whose lower edge has at least this share of the pairs below it. */
  int bin(double share) {
    int b = 0;
    while (b < BINS && share(b) < share) {
      b++;
    }
    return b;
  }

  /** The shares that the fit runs between. */
  double fromShare() {
    return Math.max(FROM, (double) LEAST_PAIRS / pairs);
  }

  double toShare() {
    return Math.max(TO, 20 * fromShare());
  }

  /**
   * The correlation dimension between the two shares.
   *
   * @param slope least squares of ln C on ln r
   * @param from the distance it begins at
   * @param to the distance it ends at
   * @param rSquared of the fit
   * @param least the smallest local slope between neighbouring octaves of d²
   * @param most the largest: far from the smallest, there is no scaling
   */
  record Dimension(
      double slope, double from, double to, double rSquared, double least, double most) {}

  /** NaN throughout when fewer than three bins lie between the shares. */
  Dimension dimension() {
    int first = bin(fromShare());
    int last = bin(toShare());
    if (last >= BINS || last - first < 2 || edge(first) <= 0) {
      return new Dimension(Double.NaN, edge(first), Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }
    int m = last - first + 1;
    double[] x = new double[m];
    double[] y = new double[m];
    for (int b = 0; b < m; b++) {
      x[b] = Math.log(edge(first + b));
      y[b] = Math.log(share(first + b));
    }
    LineFit fit = LineFit.of(x, y);
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    int step = Math.min(4, m - 1);
    for (int b = 0; b + step < m; b++) {
      double local = (y[b + step] - y[b]) / (x[b + step] - x[b]);
      least = Math.min(least, local);
      most = Math.max(most, local);
    }
    return new Dimension(fit.slope(), edge(first), edge(last), fit.rSquared(), least, most);
  }
}
