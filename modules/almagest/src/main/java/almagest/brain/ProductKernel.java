package almagest.brain;

import almagest.linalg.Blas;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The loss for many classes: logits and gradient as float32 matrix products over all rows (those
 * not trained on get residual 0), softmax and sums in double. The products' rounding leaves about
 * 1e-7 of the gradient's scale.
 */
final class ProductKernel implements LossPass {
  private static final int TILE = 256;
  private static final int COLUMNS = 288;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final FloatMatrix x;
  private final int first;
  private final int n;
  private final int[] label;
  private final int w;
  private final double[] classWeight;
  private final Workers workers;
  private final FloatMatrix residuals;
  private final FloatMatrix weights;
  private final FloatMatrix gradient;

  ProductKernel(
      FloatMatrix x, int[] rows, int[] label, int w, double[] classWeight, Workers workers) {
    this.first = rows[0];
    this.n = rows[rows.length - 1] + 1 - first;
    this.x = x.slice(first, (long) first + n);
    this.label = new int[n];
    java.util.Arrays.fill(this.label, -1);
    for (int i = 0; i < rows.length; i++) {
      this.label[rows[i] - first] = label[i];
    }
    this.w = w;
    this.classWeight = classWeight;
    this.workers = workers;
    this.residuals = FloatMatrix.zeros(n, w);
    this.weights = FloatMatrix.zeros(w, x.columns());
    this.gradient = FloatMatrix.zeros(w, x.columns());
  }

  @Override
  public double noise() {
    return 1e-8;
  }

  @Override
  public double at(double[] coef, double[] intercept, double[] products, double[] sums) {
    int d = x.columns();
    for (int i = 0; i < coef.length; i++) {
      weights.data().setAtIndex(FLOAT, i, (float) coef[i]);
    }
    int tiles = (n + TILE - 1) / TILE;
    double[] losses = new double[tiles];
    double[][] partSums = new double[tiles][w];
    workers.run(tiles, t -> losses[t] = tile(t, intercept, partSums[t]));
    double loss = 0;
    for (int t = 0; t < tiles; t++) {
      loss += losses[t];
      for (int c = 0; c < w; c++) {
        sums[c] += partSums[t][c];
      }
    }
    workers.run(
        (d + COLUMNS - 1) / COLUMNS,
        b -> {
          int from = b * COLUMNS;
          int width = Math.min(COLUMNS, d - from);
          MemorySegment block = x.data().asSlice((long) from * Float.BYTES);
          MemorySegment into = gradient.data().asSlice((long) from * Float.BYTES);
          Blas.sgemm(true, false, w, width, n, 1f, residuals.data(), w, block, d, 0f, into, d);
        });
    for (int i = 0; i < products.length; i++) {
      products[i] = gradient.data().getAtIndex(FLOAT, i);
    }
    return loss;
  }

  private double tile(int t, double[] intercept, double[] sums) {
    int d = x.columns();
    long from = (long) t * TILE;
    int count = (int) Math.min(TILE, n - from);
    FloatMatrix part = residuals.slice(from, from + count);
    Blas.sgemm(
        false,
        true,
        count,
        w,
        d,
        1f,
        x.slice(from, from + count).data(),
        d,
        weights.data(),
        d,
        0f,
        part.data(),
        w);
    float[] row = new float[w];
    double[] z = new double[w];
    double loss = 0;
    for (int i = 0; i < count; i++) {
      int own = label[(int) from + i];
      if (own < 0) {
        java.util.Arrays.fill(row, 0f);
      } else {
        part.copyRow(i, row);
        for (int c = 0; c < w; c++) {
          z[c] = row[c] + intercept[c];
        }
        loss += LossPass.residual(z, 0, w, own, classWeight[own]);
        for (int c = 0; c < w; c++) {
          sums[c] += z[c];
          row[c] = (float) z[c];
        }
      }
      part.setRow(i, row);
    }
    return loss;
  }
}
