package almagest.atom;

import almagest.linalg.Blas;
import almagest.linalg.Cholesky;
import almagest.linalg.Gram;
import almagest.linalg.Lapack;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import java.util.Optional;

/** A map W [d, rank] that makes the covariance within classes the identity: Wᵀ S W = I. */
sealed interface Whitening {
  /**
   * Eigenvalues at most this, of data scaled to unit variance within classes, count as zero:
   * singular values at most 1e-4.
   */
  double RANK_TOLERANCE = 1e-8;

  int rank();

  /** rows · W, [m, rank], for rows [m, d]. */
  DoubleMatrix of(DoubleMatrix rows, Workers workers);

  /** rows · Wᵀ, [m, d], for rows [m, rank]: directions in the units of the data. */
  DoubleMatrix back(DoubleMatrix rows, Workers workers);

  /**
   * By Cholesky's factor of the covariance, scaled to unit diagonal.
   *
   * @param sd [d] what the columns were divided by
   */
  record Triangular(Cholesky factor, double[] sd) implements Whitening {
    @Override
    public int rank() {
      return factor.size();
    }

    @Override
    public DoubleMatrix of(DoubleMatrix rows, Workers workers) {
      return factor.forward(divided(rows, sd));
    }

    @Override
    public DoubleMatrix back(DoubleMatrix rows, Workers workers) {
      return divided(factor.backward(rows), sd);
    }
  }

  /**
   * By principal axes.
   *
   * @param matrix W itself
   */
  record Axes(DoubleMatrix matrix) implements Whitening {
    @Override
    public int rank() {
      return matrix.columns();
    }

    @Override
    public DoubleMatrix of(DoubleMatrix rows, Workers workers) {
      return Blas.multiply(rows, matrix, workers);
    }

    @Override
    public DoubleMatrix back(DoubleMatrix rows, Workers workers) {
      return Blas.multiply(rows, transposed(matrix), workers);
    }
  }

  /**
   * By Cholesky's factor.
   *
   * @param covariance [d, d]
   * @return empty when it is not positive definite
   */
  static Optional<Triangular> triangular(DoubleMatrix covariance) {
    double[] sd = diagonalSd(covariance);
    return Cholesky.of(scaled(covariance, sd)).map(c -> new Triangular(c, sd));
  }

  /**
   * Of a covariance [d, d] that may be singular: by Cholesky's factor where its inverse's trace
   * proves that no eigenvalue counts as zero, else by the principal axes that do not.
   */
  static Whitening ofCovariance(DoubleMatrix covariance) {
    double[] sd = diagonalSd(covariance);
    DoubleMatrix correlation = scaled(covariance, sd);
    Optional<Cholesky> factor = Cholesky.of(correlation);
    if (factor.isPresent() && 1 / factor.get().inverseTrace() > RANK_TOLERANCE) {
      return new Triangular(factor.get(), sd);
    }
    int d = covariance.rows();
    Lapack.Eigen eigen = Lapack.symmetric(correlation.toArray(), d, true);
    int rank = rank(eigen.values());
    DoubleMatrix w = DoubleMatrix.zeros(d, rank);
    for (int r = 0; r < rank; r++) {
      double root = Math.sqrt(eigen.values()[d - 1 - r]);
      double[] axis = eigen.vectors()[d - 1 - r];
      for (int j = 0; j < d; j++) {
        w.set(j, r, axis[j] / root / sd[j]);
      }
    }
    return new Axes(w);
  }

  /**
   * Of fewer rows than dimensions, from the products of rows with rows.
   *
   * @param centred [n, d], each row minus its class's mean; left unchanged
   */
  static Whitening ofRows(DoubleMatrix centred, Workers workers) {
    int n = centred.rows();
    int d = centred.columns();
    double[] square = new double[d];
    for (int i = 0; i < n; i++) {
      double[] row = centred.row(i);
      for (int j = 0; j < d; j++) {
        square[j] += row[j] * row[j];
      }
    }
    double[] sd = new double[d];
    for (int j = 0; j < d; j++) {
      sd[j] = square[j] == 0 ? 1 : Math.sqrt(square[j] / n);
    }
    DoubleMatrix scaled = divided(centred, sd);
    DoubleMatrix columns = transposed(scaled);
    double[] products = Gram.of(columns, workers).toArray();
    for (int i = 0; i < products.length; i++) {
      products[i] /= n;
    }
    Lapack.Eigen eigen = Lapack.symmetric(products, n, true);
    int rank = rank(eigen.values());
    DoubleMatrix left = DoubleMatrix.zeros(n, rank);
    for (int r = 0; r < rank; r++) {
      // A right singular vector is Xᵀu / σ, hence one more division by σ; X is scaled by 1/√n.
      double value = eigen.values()[n - 1 - r];
      for (int i = 0; i < n; i++) {
        left.set(i, r, eigen.vectors()[n - 1 - r][i] / value / Math.sqrt(n));
      }
    }
    DoubleMatrix w = Blas.multiply(columns, left, workers);
    for (int j = 0; j < d; j++) {
      for (int r = 0; r < rank; r++) {
        w.set(j, r, w.get(j, r) / sd[j]);
      }
    }
    return new Axes(w);
  }

  private static int rank(double[] ascending) {
    int rank = 0;
    while (rank < ascending.length && ascending[ascending.length - 1 - rank] > RANK_TOLERANCE) {
      rank++;
    }
    if (rank == 0) {
      throw new InputException(
          "LDA: the classes have no variance within them, so no direction can be told from a distractor");
    }
    return rank;
  }

  private static double[] diagonalSd(DoubleMatrix covariance) {
    double[] sd = new double[covariance.rows()];
    for (int j = 0; j < sd.length; j++) {
      double v = covariance.get(j, j);
      sd[j] = v > 0 ? Math.sqrt(v) : 1;
    }
    return sd;
  }

  private static DoubleMatrix scaled(DoubleMatrix covariance, double[] sd) {
    DoubleMatrix out = DoubleMatrix.zeros(sd.length, sd.length);
    for (int i = 0; i < sd.length; i++) {
      double[] row = covariance.row(i);
      for (int j = 0; j < sd.length; j++) {
        row[j] /= sd[i] * sd[j];
      }
      out.setRow(i, row);
    }
    return out;
  }

  private static DoubleMatrix divided(DoubleMatrix rows, double[] by) {
    DoubleMatrix out = DoubleMatrix.zeros(rows.rows(), rows.columns());
    for (int i = 0; i < rows.rows(); i++) {
      double[] row = rows.row(i);
      for (int j = 0; j < row.length; j++) {
        row[j] /= by[j];
      }
      out.setRow(i, row);
    }
    return out;
  }

  /** The transpose, a new matrix. */
  static DoubleMatrix transposed(DoubleMatrix x) {
    DoubleMatrix t = DoubleMatrix.zeros(x.columns(), x.rows());
    for (int i = 0; i < x.rows(); i++) {
      double[] row = x.row(i);
      for (int j = 0; j < row.length; j++) {
        t.set(j, i, row[j]);
      }
    }
    return t;
  }
}
