package almagest.linalg;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;

/** A symmetric matrix that is known by its products alone. */
public interface SymmetricOperator {
  /** The number of rows, n. */
  int size();

  /**
   * y := A x for a block of vectors.
   *
   * @param x [n, b]; left unchanged
   * @param y [n, b]; overwritten
   */
  void apply(DoubleMatrix x, DoubleMatrix y, Workers workers);
}
