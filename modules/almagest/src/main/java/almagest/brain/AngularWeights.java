package almagest.brain;

import almagest.linalg.Blas;
import almagest.run.InputException;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.ValueLayout;

/** 1 − acos(v_i · v_j) / π from decoder directions. */
final class AngularWeights implements PairWeights {
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;

  private final DoubleMatrix directions;

  /**
   * @throws InputException for NaN, infinity or a zero row
   */
  AngularWeights(FloatMatrix decoder) {
    directions = DoubleMatrix.copyOf(decoder);
    int d = directions.columns();
    for (int i = 0; i < directions.rows(); i++) {
      double square = 0;
      for (int c = 0; c < d; c++) {
        square += directions.get(i, c) * directions.get(i, c);
      }
      double length = Math.sqrt(square);
      if (!(length > 0) || Double.isInfinite(length)) {
        throw new InputException(
            "decoder, row " + i + ": expected a direction, found length " + length);
      }
      if (Math.abs(length - 1) > 1e-3) {
        for (int c = 0; c < d; c++) {
          directions.set(i, c, directions.get(i, c) / length);
        }
      }
    }
  }

  @Override
  public int size() {
    return directions.rows();
  }

  @Override
  public void fill(int i0, int i1, int j0, int j1, double[] into) {
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
      into[e] = 1 - Math.acos(Math.clamp(values[e], -1, 1)) / Math.PI;
    }
  }
}
