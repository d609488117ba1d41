package almagest.linalg;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Many rows, few columns: the basis of a Krylov space, worked on in fixed pieces of rows. */
final class TallMatrix {
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;
  private static final int PIECE = 2048;

  private final DoubleMatrix data;
  private final int rows;
  private final int columns;
  private final Workers workers;

  TallMatrix(int rows, int columns, Workers workers) {
    this.data = DoubleMatrix.zeros(rows, columns);
    this.rows = rows;
    this.columns = columns;
    this.workers = workers;
  }

  private int pieces() {
    return (rows + PIECE - 1) / PIECE;
  }

  private static MemorySegment piece(DoubleMatrix m, int p) {
    return m.slice(p * PIECE, Math.min(m.rows(), (p + 1) * PIECE)).data();
  }

  private int height(int p) {
    return Math.min(rows, (p + 1) * PIECE) - p * PIECE;
  }

  /** Overwrites columns {@code at} … by the first {@code many} of y. */
  void put(DoubleMatrix y, int at, int many) {
    copy(y, 0, data, at, many);
  }

  /** Copies columns {@code at} … to the first of y. */
  void get(int at, int many, DoubleMatrix y) {
    copy(data, at, y, 0, many);
  }

  private void copy(DoubleMatrix from, int fromColumn, DoubleMatrix to, int toColumn, int many) {
    long bytes = (long) many * Double.BYTES;
    workers.run(
        pieces(),
        p -> {
          for (int i = p * PIECE; i < p * PIECE + height(p); i++) {
            MemorySegment.copy(
                from.data(),
                ((long) i * from.columns() + fromColumn) * Double.BYTES,
                to.data(),
                ((long) i * to.columns() + toColumn) * Double.BYTES,
                bytes);
          }
        });
  }

  /**
   * Takes from y its part in the first {@code size} columns V, which are orthonormal: y −= V Vᵀ y.
   *
   * @return Vᵀ y [size × columns of y]
   */
  double[] project(DoubleMatrix y, int size) {
    int b = y.columns();
    double[] c = transposedProduct(y, size);
    DoubleMatrix coefficients = DoubleMatrix.copyOf(c, b);
    workers.run(
        pieces(),
        p ->
            Blas.dgemm(
                false,
                false,
                height(p),
                b,
                size,
                -1,
                piece(data, p),
                columns,
                coefficients.data(),
                b,
                1,
                piece(y, p),
                b));
    return c;
  }

  private double[] transposedProduct(DoubleMatrix y, int size) {
    int b = y.columns();
    List<double[]> parts =
        workers.map(
            pieces(),
            p -> {
              DoubleMatrix part = DoubleMatrix.zeros(size, b);
              Blas.dgemm(
                  true,
                  false,
                  size,
                  b,
                  height(p),
                  1,
                  piece(data, p),
                  columns,
                  piece(y, p),
                  b,
                  0,
                  part.data(),
                  b);
              return part.data().toArray(DOUBLE);
            });
    return sum(parts);
  }

  static double[] sum(List<double[]> parts) {
    double[] sum = parts.getFirst().clone();
    for (double[] part : parts.subList(1, parts.size())) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += part[i];
      }
    }
    return sum;
  }

  /** V S for the first columns V, as many as S has rows; a new matrix. */
  DoubleMatrix combine(DoubleMatrix s) {
    DoubleMatrix into = DoubleMatrix.zeros(rows, s.columns());
    workers.run(pieces(), p -> combine(s, p, piece(into, p)));
    return into;
  }

  /** The first columns become V S. */
  void replaceBy(DoubleMatrix s) {
    workers.run(
        pieces(),
        p -> {
          DoubleMatrix part = DoubleMatrix.zeros(height(p), s.columns());
          combine(s, p, part.data());
          for (int i = 0; i < height(p); i++) {
            MemorySegment.copy(
                part.data(),
                (long) i * s.columns() * Double.BYTES,
                data.data(),
                ((long) p * PIECE + i) * columns * Double.BYTES,
                (long) s.columns() * Double.BYTES);
          }
        });
  }

  private void combine(DoubleMatrix s, int p, MemorySegment into) {
    Blas.dgemm(
        false,
        false,
        height(p),
        s.columns(),
        s.rows(),
        1,
        piece(data, p),
        columns,
        s.data(),
        s.columns(),
        0,
        into,
        s.columns());
  }
}
