package almagest.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A cloud of points [rows, columns], one a row, kept as float32 or float64 and read as float64, so
 * that what sums over a cloud is written once and loses nothing.
 */
public interface Points {
  /** Float32 points; every value widens exactly. */
  static Points of(FloatMatrix matrix) {
    return new Narrow(matrix);
  }

  /** Float64 points. */
  static Points of(DoubleMatrix matrix) {
    return new Wide(matrix);
  }

  /** Some rows of a cloud, in the given order; copies nothing. */
  static Points of(Points points, int[] rows) {
    return new Subset(points, rows);
  }

  int rows();

  int columns();

  /** Copies a row, widened, into {@code into} from its start. */
  void copyRow(int row, double[] into);

  /** A row as a new array. */
  default double[] row(int row) {
    double[] values = new double[columns()];
    copyRow(row, values);
    return values;
  }

  /** A copy of the given rows in float64, in the given order. */
  default DoubleMatrix gather(int[] rows) {
    DoubleMatrix out = DoubleMatrix.zeros(rows.length, columns());
    double[] row = new double[columns()];
    for (int i = 0; i < rows.length; i++) {
      copyRow(rows[i], row);
      out.setRow(i, row);
    }
    return out;
  }

  /** Float32 storage. */
  record Narrow(FloatMatrix matrix) implements Points {
    @Override
    public int rows() {
      return matrix.rowsAsInt();
    }

    @Override
    public int columns() {
      return matrix.columns();
    }

    @Override
    public void copyRow(int row, double[] into) {
      matrix.widenRow(row, into, 0);
    }
  }

  /** Float64 storage. */
  record Wide(DoubleMatrix matrix) implements Points {
    @Override
    public int rows() {
      return matrix.rows();
    }

    @Override
    public int columns() {
      return matrix.columns();
    }

    @Override
    public void copyRow(int row, double[] into) {
      MemorySegment.copy(
          matrix.data(),
          ValueLayout.JAVA_DOUBLE_UNALIGNED,
          (long) row * matrix.columns() * Double.BYTES,
          into,
          0,
          matrix.columns());
    }
  }

  /** A selection. */
  record Subset(Points points, int[] selection) implements Points {
    @Override
    public int rows() {
      return selection.length;
    }

    @Override
    public int columns() {
      return points.columns();
    }

    @Override
    public void copyRow(int row, double[] into) {
      points.copyRow(selection[row], into);
    }
  }
}
