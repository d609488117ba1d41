package almagest.brain;

import almagest.linalg.Blas;
import almagest.run.InputException;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * 1 − acos(v_i · v_j) / π from decoder directions. Rectangles are float64 throughout; rows come
 * from float32 products, those above one half made again in float64.
 */
final class AngularWeights implements PairWeights {
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /**
   * asin(x) / x as a polynomial of x² for |x| ≤ ½, interpolated at Chebyshev points; right to
   * 1.1e-12.
   */
  private static final double[] ARCSINE = {
    1.0000000000008238,
    0.1666666661332003,
    0.07500005652902526,
    0.04464056556238465,
    0.03042810579431949,
    0.021855853715224086,
    0.020680804920722242,
    0.001916896813936855,
    0.032956304720545705
  };

  private final FloatMatrix rows;
  private @Nullable DoubleMatrix wide;

  /** The length that a row is divided by; 1 where it is taken as it is. */
  private final double[] lengths;

  /** Rows of unit length; the decoder itself where no row needs dividing. */
  private final FloatMatrix unit;

  /**
   * @throws InputException for NaN, infinity or a zero row
   */
  AngularWeights(FloatMatrix decoder) {
    int n = decoder.rowsAsInt();
    int d = decoder.columns();
    rows = decoder;
    lengths = new double[n];
    boolean all = true;
    float[] row = new float[d];
    for (int i = 0; i < n; i++) {
      decoder.copyRow(i, row);
      double square = 0;
      for (float v : row) {
        square += (double) v * v;
      }
      double length = Math.sqrt(square);
      if (!(length > 0) || Double.isInfinite(length)) {
        throw new InputException(
            "decoder, row "
                + i
                + ": expected a direction, found length "
                + length
                + (Double.isNaN(length) ? " (a NaN among its values)" : ""));
      }
      lengths[i] = Math.abs(length - 1) > 1e-3 ? length : 1;
      all &= lengths[i] == 1;
    }
    unit = all ? decoder : FloatMatrix.zeros(n, d);
    if (!all) {
      for (int i = 0; i < n; i++) {
        decoder.copyRow(i, row);
        for (int c = 0; c < d; c++) {
          row[c] = (float) (row[c] / lengths[i]);
        }
        unit.setRow(i, row);
      }
    }
  }

  @Override
  public int size() {
    return rows.rowsAsInt();
  }

  private synchronized DoubleMatrix wide() {
    if (wide == null) {
      DoubleMatrix all = DoubleMatrix.copyOf(rows);
      for (int i = 0; i < all.rows(); i++) {
        if (lengths[i] != 1) {
          for (int c = 0; c < all.columns(); c++) {
            all.set(i, c, all.get(i, c) / lengths[i]);
          }
        }
      }
      wide = all;
    }
    return wide;
  }

  @Override
  public void fill(int i0, int i1, int j0, int j1, double[] into) {
    DoubleMatrix directions = wide();
    int d = directions.columns();
    DoubleMatrix cosines = DoubleMatrix.zeros(i1 - i0, j1 - j0);
    Blas.dgemm(
        false,
        true,
        i1 - i0,
        j1 - j0,
        d,
        1,
        directions.slice(i0, i1).data(),
        d,
        directions.slice(j0, j1).data(),
        d,
        0,
        cosines.data(),
        j1 - j0);
    double[] values = cosines.data().toArray(DOUBLE);
    for (int e = 0; e < values.length; e++) {
      into[e] = ofCosine(values[e]);
    }
  }

  /** 1 − acos(x) / π, x clipped to [−1, 1]. */
  static double ofCosine(double x) {
    return 1 - Math.acos(Math.clamp(x, -1, 1)) / Math.PI;
  }

  @Override
  public void rows(int i0, int i1, Row row) {
    int n = size();
    int d = unit.columns();
    int width = n - i0;
    double[] weights = new double[n];
    float[] cosines = new float[n];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment products = arena.allocate((long) (i1 - i0) * width * Float.BYTES, 64);
      Blas.sgemm(
          false,
          true,
          i1 - i0,
          width,
          d,
          1,
          unit.slice(i0, i1).data(),
          d,
          unit.slice(i0, n).data(),
          d,
          0,
          products,
          width);
      for (int i = i0; i < i1; i++) {
        MemorySegment.copy(
            products, FLOAT, (long) (i - i0) * width * Float.BYTES, cosines, i0, width);
        small(cosines, i + 1, weights);
        for (int j = i + 1; j < n; j++) {
          if (Math.abs(cosines[j]) > 0.5f) {
            weights[j] = ofCosine(dot(i, j));
          }
        }
        row.take(i, weights);
      }
    }
  }

  /** ½ + asin(x) / π, right for |x| ≤ ½. */
  private static void small(float[] cosines, int from, double[] into) {
    double p0 = ARCSINE[0] / Math.PI;
    double p1 = ARCSINE[1] / Math.PI;
    double p2 = ARCSINE[2] / Math.PI;
    double p3 = ARCSINE[3] / Math.PI;
    double p4 = ARCSINE[4] / Math.PI;
    double p5 = ARCSINE[5] / Math.PI;
    double p6 = ARCSINE[6] / Math.PI;
    double p7 = ARCSINE[7] / Math.PI;
    double p8 = ARCSINE[8] / Math.PI;
    for (int j = from; j < into.length; j++) {
      double x = cosines[j];
      double u = x * x;
      double p =
          p0 + u * (p1 + u * (p2 + u * (p3 + u * (p4 + u * (p5 + u * (p6 + u * (p7 + u * p8)))))));
      into[j] = 0.5 + x * p;
    }
  }

  private double dot(int i, int j) {
    float[] a = unit.row(i);
    float[] b = unit.row(j);
    double sum = 0;
    for (int c = 0; c < a.length; c++) {
      sum += (double) a[c] * b[c];
    }
    return sum;
  }
}
