package almagest.feature;

import almagest.linalg.Blas;
import almagest.linalg.Lapack;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * What principal components explain with as many numbers per token as an SAE has active features:
 * the least that an SAE must beat. Components are fitted on one part of the activations (at most
 * {@value #FIT_ROWS} rows, evenly spread pieces) and judged on another, centred by the mean of the
 * first; a common scale changes nothing.
 *
 * @param components how many
 * @param fvu Σ|c − P Pᵀ c|² / Σ|x − mean x|² on the held-out part, c = x − mean of the fitted part
 */
public record PcaBaseline(int components, double fvu) {
  static final int FIT_ROWS = 262_144;

  private static final int GROUPS = 8;
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;

  public double explainedVariance() {
    return 1 - fvu;
  }

  /**
   * @param components at least 1; more than d_model count as d_model
   */
  public static PcaBaseline of(
      ActivationSource fit, ActivationSource heldOut, int components, Workers workers) {
    int d = fit.dModel();
    int k = Math.max(1, Math.min(d, components));
    double[] mean = Centre.mean(fit, workers);
    int pieces = Centre.pieces(fit);
    int used = Math.min(pieces, FIT_ROWS / Centre.ROWS);
    List<MemorySegment> parts =
        workers.map(
            GROUPS,
            g -> {
              MemorySegment sum = Arena.ofAuto().allocate(8L * d * d, 64);
              for (int u = g; u < used; u += GROUPS) {
                FloatMatrix rows = Centre.piece(fit, (int) ((long) u * pieces / used));
                MemorySegment c = centred(rows, mean);
                Blas.dgemm(true, false, d, d, rows.rowsAsInt(), 1, c, d, c, d, 1, sum, d);
              }
              return sum;
            });
    double[] scatter = new double[d * d];
    for (MemorySegment part : parts) {
      for (int i = 0; i < scatter.length; i++) {
        scatter[i] += part.getAtIndex(DOUBLE, i);
      }
    }
    Lapack.Eigen top = Lapack.symmetricRange(scatter, d, d - k, d - 1);
    MemorySegment axes = Arena.ofAuto().allocate(8L * k * d, 64);
    for (int i = 0; i < k; i++) {
      MemorySegment.copy(top.vectors()[i], 0, axes, DOUBLE, 8L * i * d, d);
    }
    double[] ownMean = Centre.mean(heldOut, workers);
    double left = 0;
    double variance = 0;
    for (double[] part :
        workers.map(
            Centre.pieces(heldOut), p -> judge(Centre.piece(heldOut, p), mean, ownMean, axes, k))) {
      left += part[0];
      variance += part[1];
    }
    return new PcaBaseline(k, left / variance);
  }

  private static double[] judge(
      FloatMatrix rows, double[] mean, double[] ownMean, MemorySegment axes, int k) {
    int d = mean.length;
    int n = rows.rowsAsInt();
    MemorySegment c = centred(rows, mean);
    MemorySegment projected = Arena.ofAuto().allocate(8L * n * k, 64);
    Blas.dgemm(false, true, n, k, d, 1, c, d, axes, d, 0, projected, k);
    double left = 0;
    double variance = 0;
    for (int r = 0; r < n; r++) {
      double square = 0;
      for (int i = 0; i < d; i++) {
        double v = c.getAtIndex(DOUBLE, (long) r * d + i);
        square += v * v;
        double own = v + mean[i] - ownMean[i];
        variance += own * own;
      }
      for (int i = 0; i < k; i++) {
        double v = projected.getAtIndex(DOUBLE, (long) r * k + i);
        square -= v * v;
      }
      left += Math.max(0, square);
    }
    return new double[] {left, variance};
  }

  private static MemorySegment centred(FloatMatrix rows, double[] mean) {
    int d = mean.length;
    MemorySegment c = Arena.ofAuto().allocate(8L * rows.rows() * d, 64);
    float[] row = new float[d];
    for (int r = 0; r < rows.rows(); r++) {
      rows.copyRow(r, row);
      for (int i = 0; i < d; i++) {
        c.setAtIndex(DOUBLE, (long) r * d + i, row[i] - mean[i]);
      }
    }
    return c;
  }
}
