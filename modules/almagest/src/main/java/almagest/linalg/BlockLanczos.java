package almagest.linalg;

import almagest.run.ResourceException;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The largest eigenvalues of a symmetric operator and their eigenvectors, by block Lanczos with
 * full reorthogonalisation and thick restarts: a block of vectors is multiplied at once, the Krylov
 * basis grows by it, and when the basis is full its best Ritz vectors begin the next one.
 *
 * <p>References: Golub and Underwood, "The block Lanczos method for computing eigenvalues" (1977);
 * Wu and Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems" (2000).
 */
public final class BlockLanczos {
  /**
   * @param block vectors that are multiplied at once
   * @param basis vectors kept at most, at least the number wanted plus two blocks
   * @param tolerance a pair is accepted when ‖A x − θ x‖ is at most this times the largest |θ|
   * @param maxProducts vectors multiplied at most
   */
  public record Options(int block, int basis, double tolerance, int maxProducts) {
    public Options {
      if (block < 1 || basis < 2 * block || !(tolerance > 0) || maxProducts < 1) {
        throw new IllegalArgumentException(
            "block " + block + ", basis " + basis + ", tolerance " + tolerance);
      }
    }

    /** What serves {@code count} pairs well. */
    public static Options of(int count, double tolerance) {
      int block = count <= 16 ? 16 : count <= 128 ? 32 : 64;
      int basis = count <= 16 ? 8 * block : 2 * count + 8 * block;
      return new Options(block, basis, tolerance, 400 * block + 60 * count);
    }
  }

  /**
   * @param values descending [count]
   * @param vectors one column per value, orthonormal [n, count]
   * @param residuals ‖A x − θ x‖ of each pair, as the recurrence estimates it [count]
   * @param products vectors multiplied
   */
  public record Result(double[] values, DoubleMatrix vectors, double[] residuals, int products) {}

  private final SymmetricOperator operator;
  private final int n;
  private final int count;
  private final int block;
  private final int limit;
  private final Options options;
  private final Workers workers;
  private final TallMatrix basis;
  private final List<double[]> known;
  private final RandomGenerator random;
  private final double[] projected;

  private BlockLanczos(
      SymmetricOperator operator,
      int count,
      List<double[]> known,
      Options options,
      Seed seed,
      Workers workers) {
    this.operator = operator;
    this.n = operator.size();
    this.count = count;
    this.options = options;
    this.block = options.block;
    int room = n - known.size();
    this.limit = Math.min(options.basis, (room / block - 1) * block);
    if (count < 1 || limit < count + block) {
      throw new IllegalArgumentException(
          count + " eigenpairs of " + n + " with a basis of " + limit + "; use a full solver");
    }
    this.workers = workers;
    this.basis = new TallMatrix(n, limit + block, workers);
    this.known = known;
    this.random = seed.generator();
    this.projected = new double[limit * limit];
  }

  /**
   * Finds the {@code count} largest eigenvalues.
   *
   * @param known eigenvectors of unit length that are known already; what is found is orthogonal to
   *     them, and their eigenvalues are left out
   * @throws ResourceException when the products allowed do not suffice
   */
  public static Result largest(
      SymmetricOperator operator,
      int count,
      List<double[]> known,
      Options options,
      Seed seed,
      Workers workers) {
    return new BlockLanczos(operator, count, known, options, seed, workers).solve();
  }

  private Result solve() {
    DoubleMatrix x = DoubleMatrix.zeros(n, block);
    DoubleMatrix y = DoubleMatrix.zeros(n, block);
    fillRandom(y, 0, block);
    removeKnown(y);
    orthonormalise(y, 0, 1);
    basis.put(y, 0, block);
    int size = 0;
    int products = 0;
    int nextCheck = Math.min(limit, Math.max(count + block, 2 * block));
    while (true) {
      basis.get(size, block, x);
      operator.apply(x, y, workers);
      products += block;
      removeKnown(y);
      double scale = longest(y);
      int grown = size + block;
      double[] h = basis.project(y, grown);
      double[] again = basis.project(y, grown);
      for (int i = 0; i < grown; i++) {
        for (int j = 0; j < block; j++) {
          double value = h[i * block + j] + again[i * block + j];
          projected[i * limit + size + j] = value;
          projected[(size + j) * limit + i] = value;
        }
      }
      // What is left of known vectors in the basis came back with it, larger at every step.
      removeKnown(y);
      size = grown;
      double[] r = orthonormalise(y, size, scale);
      basis.put(y, size, block);
      if (size < nextCheck && size + block <= limit) {
        continue;
      }
      Lapack.Eigen eigen = Lapack.symmetric(leading(size), size, true);
      double[] residuals = residuals(eigen, size, r);
      double norm = Math.max(Math.abs(eigen.values()[0]), Math.abs(eigen.values()[size - 1]));
      double worst = Arrays.stream(residuals).max().orElse(0);
      if (worst <= options.tolerance * norm) {
        return new Result(
            values(eigen, size), basis.combine(largest(eigen, size, count)), residuals, products);
      }
      if (products > options.maxProducts) {
        throw new ResourceException(
            "eigenvectors: after "
                + products
                + " products the largest residual is "
                + worst / norm
                + " of the largest eigenvalue, wanted "
                + options.tolerance
                + "; ask for fewer, or loosen the tolerance");
      }
      if (size + block > limit) {
        size = restart(eigen, size);
        nextCheck = Math.min(limit, size + (limit - size) / 2 / block * block + block);
      } else {
        nextCheck = Math.min(limit, Math.max(size + block, size + size / 4 / block * block));
      }
    }
  }

  /** Keeps the best Ritz vectors and the next block; the basis then has their number. */
  private int restart(Lapack.Eigen eigen, int size) {
    int kept = Math.min(size - block, count + Math.max(block, (limit - count) / 4));
    kept = Math.max(count, Math.min(kept, limit - 2 * block));
    DoubleMatrix next = DoubleMatrix.zeros(n, block);
    basis.get(size, block, next);
    basis.replaceBy(largest(eigen, size, kept));
    basis.put(next, kept, block);
    Arrays.fill(projected, 0);
    for (int i = 0; i < kept; i++) {
      projected[i * limit + i] = eigen.values()[size - 1 - i];
    }
    return kept;
  }

  private double[] leading(int size) {
    double[] h = new double[size * size];
    for (int i = 0; i < size; i++) {
      System.arraycopy(projected, i * limit, h, i * size, size);
    }
    return h;
  }

  private double[] values(Lapack.Eigen eigen, int size) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = eigen.values()[size - 1 - i];
    }
    return values;
  }

  /** The last Ritz vectors as columns [size × many], the largest first. */
  private static DoubleMatrix largest(Lapack.Eigen eigen, int size, int many) {
    DoubleMatrix s = DoubleMatrix.zeros(size, many);
    for (int j = 0; j < many; j++) {
      double[] vector = eigen.vectors()[size - 1 - j];
      for (int i = 0; i < size; i++) {
        s.set(i, j, vector[i]);
      }
    }
    return s;
  }

  private double[] residuals(Lapack.Eigen eigen, int size, double[] r) {
    double[] residuals = new double[count];
    for (int p = 0; p < count; p++) {
      double[] vector = eigen.vectors()[size - 1 - p];
      double square = 0;
      for (int i = 0; i < block; i++) {
        double v = 0;
        for (int j = i; j < block; j++) {
          v += r[i * block + j] * vector[size - block + j];
        }
        square += v * v;
      }
      residuals[p] = Math.sqrt(square);
    }
    return residuals;
  }

  private void removeKnown(DoubleMatrix y) {
    for (double[] u : known) {
      double[] dots = new double[y.columns()];
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < dots.length; j++) {
          dots[j] += u[i] * y.get(i, j);
        }
      }
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < dots.length; j++) {
          y.set(i, j, y.get(i, j) - dots[j] * u[i]);
        }
      }
    }
  }

  private void fillRandom(DoubleMatrix y, int from, int to) {
    for (int i = 0; i < n; i++) {
      for (int j = from; j < to; j++) {
        y.set(i, j, random.nextGaussian());
      }
    }
  }

  /**
   * Makes the columns of y orthonormal, given that they are orthogonal to the first {@code size}
   * basis vectors. A column that depends on the others, or is nothing but rounding errors of a
   * vector of length {@code scale}, is replaced by a random one.
   *
   * @return R, upper triangular [block × block], with y before = y after · R
   */
  private double[] orthonormalise(DoubleMatrix y, int size, double scale) {
    double[] lengths = lengths(y);
    double shortest = Arrays.stream(lengths).min().orElse(0);
    if (shortest > 1e-12 * scale) {
      double[] r = CholeskyQr.orthonormalise(y, workers);
      if (r.length > 0) {
        if (size > 0 && shortest < 1e-4 * scale) {
          // Little is left of the vectors, so their errors have grown against them.
          basis.project(y, size);
          removeKnown(y);
          CholeskyQr.orthonormalise(y, workers);
        }
        return r;
      }
    }
    return gramSchmidt(y, size, scale);
  }

  private static double[] lengths(DoubleMatrix y) {
    double[] squares = new double[y.columns()];
    for (int i = 0; i < y.rows(); i++) {
      for (int j = 0; j < squares.length; j++) {
        squares[j] += y.get(i, j) * y.get(i, j);
      }
    }
    for (int j = 0; j < squares.length; j++) {
      squares[j] = Math.sqrt(squares[j]);
    }
    return squares;
  }

  private static double longest(DoubleMatrix y) {
    return Arrays.stream(lengths(y)).max().orElse(0);
  }

  private double[] gramSchmidt(DoubleMatrix y, int size, double scale) {
    double[][] q = new double[block][];
    double[] r = new double[block * block];
    for (int j = 0; j < block; j++) {
      double[] v = new double[n];
      for (int i = 0; i < n; i++) {
        v[i] = y.get(i, j);
      }
      double before = norm(v);
      for (int pass = 0; pass < 2; pass++) {
        for (int p = 0; p < j; p++) {
          r[p * block + j] += remove(v, q[p]);
        }
      }
      double after = norm(v);
      if (after > 1e-8 * before && after > 1e-12 * scale) {
        r[j * block + j] = after;
      } else {
        v = fresh(q, j, size);
        after = norm(v);
      }
      for (int i = 0; i < n; i++) {
        v[i] /= after;
      }
      q[j] = v;
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < block; j++) {
        y.set(i, j, q[j][i]);
      }
    }
    return r;
  }

  /** A random vector orthogonal to the basis, the known vectors and q[0 … j). */
  private double[] fresh(double[][] q, int j, int size) {
    DoubleMatrix v = DoubleMatrix.zeros(n, 1);
    fillRandom(v, 0, 1);
    double[] w = new double[n];
    for (int pass = 0; pass < 3; pass++) {
      removeKnown(v);
      if (size > 0) {
        basis.project(v, size);
      }
      for (int i = 0; i < n; i++) {
        w[i] = v.get(i, 0);
      }
      for (int p = 0; p < j; p++) {
        remove(w, q[p]);
      }
      for (int i = 0; i < n; i++) {
        v.set(i, 0, w[i]);
      }
    }
    return w;
  }

  private static double remove(double[] v, double[] q) {
    double dot = 0;
    for (int i = 0; i < v.length; i++) {
      dot += v[i] * q[i];
    }
    for (int i = 0; i < v.length; i++) {
      v[i] -= dot * q[i];
    }
    return dot;
  }

  private static double norm(double[] v) {
    double square = 0;
    for (double x : v) {
      square += x * x;
    }
    return Math.sqrt(square);
  }
}
