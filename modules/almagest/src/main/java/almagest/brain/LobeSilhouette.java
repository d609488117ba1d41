package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.Arrays;

/**
 * How well a feature sits in its lobe (Rousseeuw 1987): s = (b − a) / max(a, b), where a is the
 * mean distance to the other features of its lobe and b the least mean distance to those of another
 * one. 1: deep inside; 0: on the border; below 0: nearer to another lobe. NaN for a feature that is
 * in no lobe or alone in it.
 *
 * <p>Both distances are linear in the other feature (1 − cosine, 1 − phi), so means over a lobe
 * need its sum vector or one pass over the counts, and nothing is sampled.
 */
public final class LobeSilhouette {
  private static final int ROWS = 256;

  private LobeSilhouette() {}

  /**
   * By direction: distance 1 − cosine.
   *
   * @param directions [n, d]; a row of zeros has cosine 0 to everything
   * @param labels [n] lobes from 0; negative for none
   */
  public static float[] byDirection(FloatMatrix directions, int[] labels, Workers workers) {
    int n = directions.rowsAsInt();
    int d = directions.columns();
    int k = lobes(labels, n);
    double[][] sums = new double[k][d];
    double[] lengths = new double[n];
    float[] row = new float[d];
    for (int f = 0; f < n; f++) {
      directions.copyRow(f, row);
      double squares = 0;
      for (float v : row) {
        squares += (double) v * v;
      }
      lengths[f] = Math.sqrt(squares);
      if (labels[f] >= 0 && lengths[f] > 0) {
        double[] sum = sums[labels[f]];
        for (int j = 0; j < d; j++) {
          sum[j] += row[j] / lengths[f];
        }
      }
    }
    int[] sizes = sizes(labels, k);
    float[] result = new float[n];
    workers.run(
        (n + ROWS - 1) / ROWS,
        p -> {
          float[] x = new float[d];
          double[] likeness = new double[k];
          for (int f = p * ROWS; f < Math.min(n, (p + 1) * ROWS); f++) {
            directions.copyRow(f, x);
            for (int l = 0; l < k; l++) {
              double dot = 0;
              for (int j = 0; j < d; j++) {
                dot += x[j] * sums[l][j];
              }
              likeness[l] = lengths[f] > 0 ? dot / lengths[f] : 0;
            }
            result[f] = of(likeness, lengths[f] > 0 ? 1 : 0, labels[f], sizes);
          }
        });
    return result;
  }

  /** By co-occurrence: distance 1 − phi; a feature that never or always fires has phi 0 to all. */
  public static float[] byPhi(Cooccurrence counts, int[] labels, Workers workers) {
    int n = counts.features();
    int k = lobes(labels, n);
    int[] sizes = sizes(labels, k);
    double total = counts.chunks();
    long[] c = counts.featureCounts();
    double[] spread = new double[n];
    for (int f = 0; f < n; f++) {
      spread[f] = Math.sqrt(c[f] * (total - c[f]));
    }
    float[] result = new float[n];
    workers.run(
        (n + ROWS - 1) / ROWS,
        p -> {
          double[] likeness = new double[k];
          counts.wholeRows(
              p * ROWS,
              Math.min(n, (p + 1) * ROWS),
              (f, row) -> {
                Arrays.fill(likeness, 0);
                for (int j = 0; j < n; j++) {
                  if (labels[j] >= 0 && spread[f] > 0 && spread[j] > 0) {
                    double both = total * row[j] - (double) c[f] * c[j];
                    likeness[labels[j]] += both / (spread[f] * spread[j]);
                  }
                }
                result[f] = of(likeness, spread[f] > 0 ? 1 : 0, labels[f], sizes);
              });
        });
    return result;
  }

  /**
   * From sums of likenesses.
   *
   * @param sums by lobe, the feature itself included
   * @param own its likeness with itself
   */
  private static float of(double[] sums, double own, int lobe, int[] sizes) {
    if (lobe < 0 || sizes[lobe] < 2) {
      return Float.NaN;
    }
    double a = 1 - (sums[lobe] - own) / (sizes[lobe] - 1);
    double b = Double.POSITIVE_INFINITY;
    for (int l = 0; l < sums.length; l++) {
      if (l != lobe && sizes[l] > 0) {
        b = Math.min(b, 1 - sums[l] / sizes[l]);
      }
    }
    double larger = Math.max(a, b);
    return b == Double.POSITIVE_INFINITY ? Float.NaN : larger > 0 ? (float) ((b - a) / larger) : 0;
  }

  private static int lobes(int[] labels, int n) {
    if (labels.length != n) {
      throw new IllegalArgumentException(labels.length + " labels for " + n + " features");
    }
    return Math.max(0, Arrays.stream(labels).max().orElse(-1)) + 1;
  }

  private static int[] sizes(int[] labels, int k) {
    int[] sizes = new int[k];
    for (int label : labels) {
      if (label >= 0) {
        sizes[label]++;
      }
    }
    return sizes;
  }
}
