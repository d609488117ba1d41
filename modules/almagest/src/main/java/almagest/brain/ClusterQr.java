package almagest.brain;

import almagest.linalg.Lapack;
import almagest.run.Workers;

/**
 * Labels straight from eigenvectors, without iterations or a seed: a pivoted QR decomposition picks
 * k nodes as far apart as can be, the embedding is turned so that these come near the axes, and
 * every node goes to the axis it leans to most.
 *
 * <p>Reference: Damle, Minden and Ying, "Simple, direct and efficient multi-way spectral
 * clustering" (2019); {@code assign_labels="cluster_qr"} in scikit-learn.
 */
final class ClusterQr {
  private static final int PIECE = 512;

  private ClusterQr() {}

  /**
   * @param points [n × k], row-major
   * @return the lobe of each node [n]
   */
  static int[] labels(double[] points, int k, Workers workers) {
    int n = points.length / k;
    int[] pivots = pivots(points, n, k, workers);
    double[] m = new double[k * k];
    for (int p = 0; p < k; p++) {
      for (int c = 0; c < k; c++) {
        m[c * k + p] = points[pivots[p] * k + c];
      }
    }
    double[] turn = orthogonalFactor(m, k);
    int[] labels = new int[n];
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          double[] turned = new double[k];
          for (int i = from; i < to; i++) {
            java.util.Arrays.fill(turned, 0);
            for (int c = 0; c < k; c++) {
              double v = points[i * k + c];
              for (int p = 0; p < k; p++) {
                turned[p] += v * turn[c * k + p];
              }
            }
            int best = 0;
            for (int p = 1; p < k; p++) {
              if (Math.abs(turned[p]) > Math.abs(turned[best])) {
                best = p;
              }
            }
            labels[i] = best;
          }
        });
    return labels;
  }

  /** The first k pivots of the QR decomposition of the transposed points with column pivoting. */
  private static int[] pivots(double[] points, int n, int k, Workers workers) {
    double[] left = new double[n];
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            for (int c = 0; c < k; c++) {
              left[i] += points[i * k + c] * points[i * k + c];
            }
          }
        });
    int[] pivots = new int[k];
    double[][] q = new double[k][];
    for (int j = 0; j < k; j++) {
      int pivot = 0;
      for (int i = 1; i < n; i++) {
        if (left[i] > left[pivot]) {
          pivot = i;
        }
      }
      pivots[j] = pivot;
      double[] direction = direction(points, pivot, k, q, j);
      q[j] = direction;
      workers.runRanges(
          n,
          PIECE,
          (from, to) -> {
            for (int i = from; i < to; i++) {
              double dot = 0;
              for (int c = 0; c < k; c++) {
                dot += points[i * k + c] * direction[c];
              }
              left[i] -= dot * dot;
            }
          });
      left[pivot] = Double.NEGATIVE_INFINITY;
    }
    return pivots;
  }

  /** What is left of a point beside the directions so far, of unit length; 0 if nothing is. */
  private static double[] direction(double[] points, int pivot, int k, double[][] q, int j) {
    double[] v = java.util.Arrays.copyOfRange(points, pivot * k, (pivot + 1) * k);
    for (int pass = 0; pass < 2; pass++) {
      for (int p = 0; p < j; p++) {
        double dot = 0;
        for (int c = 0; c < k; c++) {
          dot += q[p][c] * v[c];
        }
        for (int c = 0; c < k; c++) {
          v[c] -= dot * q[p][c];
        }
      }
    }
    double square = 0;
    for (double x : v) {
      square += x * x;
    }
    double length = Math.sqrt(square);
    for (int c = 0; c < k; c++) {
      v[c] = length > 0 ? v[c] / length : 0;
    }
    return v;
  }

  /** The orthogonal factor of the polar decomposition: M (MᵀM)^-½. */
  private static double[] orthogonalFactor(double[] m, int k) {
    double[] gram = new double[k * k];
    for (int c = 0; c < k; c++) {
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          gram[i * k + j] += m[c * k + i] * m[c * k + j];
        }
      }
    }
    Lapack.Eigen eigen = Lapack.symmetric(gram, k, true);
    double floor = 1e-14 * eigen.values()[k - 1];
    double[] inverseRoot = new double[k * k];
    for (int e = 0; e < k; e++) {
      double scale = 1 / Math.sqrt(Math.max(floor, eigen.values()[e]));
      double[] v = eigen.vectors()[e];
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          inverseRoot[i * k + j] += scale * v[i] * v[j];
        }
      }
    }
    double[] factor = new double[k * k];
    for (int i = 0; i < k; i++) {
      for (int c = 0; c < k; c++) {
        for (int j = 0; j < k; j++) {
          factor[i * k + j] += m[i * k + c] * inverseRoot[c * k + j];
        }
      }
    }
    return factor;
  }
}
