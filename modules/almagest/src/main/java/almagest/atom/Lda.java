package almagest.atom;

import almagest.linalg.Blas;
import almagest.linalg.Lapack;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.Arrays;

/**
 * Linear discriminant analysis: the directions that maximise the variance between classes over the
 * variance within them, at most one fewer than there are classes.
 *
 * <p>Fitted on data it is tested on, LDA separates anything, shuffled labels too, once dimensions
 * are many: judge it on pairs that were held out.
 *
 * <p>Definitions are those of scikit-learn's {@code LinearDiscriminantAnalysis}, all covariances
 * with divisor n and weighted by class frequencies.
 *
 * @param mean [d] subtracted before projecting: the mean of the rows with {@link Solver#SVD}, zero
 *     with {@link Solver#EIGEN}
 * @param scalings [d, components] the projection; unit variance within classes; each column's entry
 *     of largest magnitude is positive
 * @param ratios [components] share of the variance between classes, descending
 * @param classMeans [classes, d]
 * @param priors [classes] class frequencies in the data
 * @param coefficients [classes, d] of the linear discriminants
 * @param intercepts [classes] of them
 */
public record Lda(
    double[] mean,
    DoubleMatrix scalings,
    double[] ratios,
    DoubleMatrix classMeans,
    double[] priors,
    DoubleMatrix coefficients,
    double[] intercepts) {
  /** How the directions are found. */
  public enum Solver {
    /**
     * Columns are divided by their standard deviation within classes, directions whose singular
     * value is then at most 1e-4 are dropped, the rest is whitened, and the class means are rotated
     * to their principal axes. Works in any dimension; takes no shrinkage.
     */
    SVD,
    /**
     * The generalised eigenvectors of the covariance between classes (total minus within) and the
     * one within. Takes shrinkage; without it the covariance within must be invertible.
     */
    EIGEN
  }

  /**
   * How to fit.
   *
   * @param shrinkage of the covariance of each class, and of all rows; {@link Solver#EIGEN} only
   */
  public record Options(Solver solver, Shrinkage shrinkage) {
    public static final Options DEFAULT = new Options(Solver.SVD, Shrinkage.NONE);

    public Options {
      if (solver == Solver.SVD && !shrinkage.equals(Shrinkage.NONE)) {
        throw new InputException(
            "LDA: the SVD solver takes no shrinkage, found " + shrinkage.name() + "; use eigen");
      }
    }
  }

  /** One of C centred means depends on the others; rounding must not make it a direction. */
  private static final double MEANS_TOLERANCE = 1e-4;

  /**
   * Fits. O(n d min(n, d)), plus O(d³) where the covariance is singular or shrunk; without either
   * no d × d eigenproblem is solved, since the means of C classes span C − 1 directions.
   *
   * @param x [n, d]
   * @param labels [n], classes 0 … C − 1, each present
   * @throws InputException with fewer than two classes, an empty class, no variance within classes,
   *     equal class means, NaN or infinity; with {@link Solver#EIGEN}, a covariance that is
   *     singular
   */
  public static Lda fit(Points x, int[] labels, Options options, Workers workers) {
    ClassMeans classes = ClassMeans.of(x, labels, workers);
    return options.solver() == Solver.SVD
        ? svd(x, labels, classes, workers)
        : eigen(x, labels, classes, options.shrinkage(), workers);
  }

  /** As {@link #fit(Points, int[], Options, Workers)} with the default options. */
  public static Lda fit(DoubleMatrix x, int[] labels, Workers workers) {
    return fit(Points.of(x), labels, Options.DEFAULT, workers);
  }

  private static Lda svd(Points x, int[] labels, ClassMeans classes, Workers workers) {
    Whitening whitening =
        x.rows() >= x.columns()
            ? Whitening.ofCovariance(Covariances.pooled(x, labels, classes, workers))
            : Whitening.ofRows(classes.centred(x, labels, workers), workers);
    double[] mean = classes.mean();
    Directions found = ofMeans(classes, mean, whitening, workers);
    DoubleMatrix scalings = Whitening.transposed(found.rows());
    int c = classes.classes();
    DoubleMatrix centres = DoubleMatrix.zeros(c, mean.length);
    for (int g = 0; g < c; g++) {
      double[] row = classes.means()[g].clone();
      for (int j = 0; j < row.length; j++) {
        row[j] -= mean[j];
      }
      centres.setRow(g, row);
    }
    DoubleMatrix projected = Blas.multiply(centres, scalings, workers);
    DoubleMatrix coefficients = Blas.multiply(projected, found.rows(), workers);
    double[] priors = classes.priors();
    double[] intercepts = new double[c];
    for (int g = 0; g < c; g++) {
      double[] p = projected.row(g);
      intercepts[g] = Math.log(priors[g]) - dot(p, p) / 2 - dot(mean, coefficients.row(g));
    }
    return new Lda(
        mean, scalings, found.ratios(), classes.matrix(), priors, coefficients, intercepts);
  }

  private static Lda eigen(
      Points x, int[] labels, ClassMeans classes, Shrinkage shrinkage, Workers workers) {
    boolean plain = shrinkage.equals(Shrinkage.NONE);
    DoubleMatrix within =
        plain
            ? Covariances.pooled(x, labels, classes, workers)
            : Covariances.within(x, labels, classes, shrinkage, workers);
    Whitening.Triangular whitening =
        Whitening.triangular(within)
            .orElseThrow(() ->
                new InputException(
                    "LDA: the covariance within classes of %d rows in %d dimensions is singular; use the SVD solver, or the eigen solver with shrinkage"
                        .formatted(x.rows(), x.columns())));
    Directions found =
        plain
            ? ofMeans(classes, classes.mean(), whitening, workers)
            : ofTotal(x, classes, within, shrinkage, whitening, workers);
    DoubleMatrix means = classes.matrix();
    DoubleMatrix coefficients = whitening.back(whitening.of(means, workers), workers);
    double[] priors = classes.priors();
    double[] intercepts = new double[priors.length];
    for (int g = 0; g < priors.length; g++) {
      intercepts[g] = Math.log(priors[g]) - dot(means.row(g), coefficients.row(g)) / 2;
    }
    return new Lda(
        new double[x.columns()],
        Whitening.transposed(found.rows()),
        found.ratios(),
        means,
        priors,
        coefficients,
        intercepts);
  }

  /**
   * Directions as rows.
   *
   * @param rows [components, d]
   */
  private record Directions(DoubleMatrix rows, double[] ratios) {}

  /** The principal axes of the class means, weighted by class frequency, in the whitened space. */
  private static Directions ofMeans(
      ClassMeans classes, double[] mean, Whitening whitening, Workers workers) {
    int c = classes.classes();
    double[] priors = classes.priors();
    DoubleMatrix between = DoubleMatrix.zeros(c, mean.length);
    for (int g = 0; g < c; g++) {
      double[] row = classes.means()[g].clone();
      for (int j = 0; j < row.length; j++) {
        row[j] = Math.sqrt(priors[g]) * (row[j] - mean[j]);
      }
      between.setRow(g, row);
    }
    DoubleMatrix spread = whitening.of(between, workers);
    double[] products = new double[c * c];
    for (int g = 0; g < c; g++) {
      double[] row = spread.row(g);
      for (int h = 0; h < c; h++) {
        products[g * c + h] = dot(row, spread.row(h));
      }
    }
    Lapack.Eigen axes = Lapack.symmetric(products, c, true);
    double top = Math.sqrt(Math.max(0, axes.values()[c - 1]));
    double total = Arrays.stream(axes.values()).map(v -> Math.max(0, v)).sum();
    int components = 0;
    while (components < Math.min(c - 1, whitening.rank())
        && Math.sqrt(Math.max(0, axes.values()[c - 1 - components])) > MEANS_TOLERANCE * top) {
      components++;
    }
    if (components == 0) {
      throw new InputException(
          "LDA: the class means are all equal, so no direction separates them");
    }
    DoubleMatrix rotated = DoubleMatrix.zeros(components, whitening.rank());
    double[] ratios = new double[components];
    for (int k = 0; k < components; k++) {
      double value = axes.values()[c - 1 - k];
      ratios[k] = value / total;
      double[] row = new double[whitening.rank()];
      for (int g = 0; g < c; g++) {
        double weight = axes.vectors()[c - 1 - k][g] / Math.sqrt(value);
        double[] s = spread.row(g);
        for (int j = 0; j < row.length; j++) {
          row[j] += weight * s[j];
        }
      }
      rotated.setRow(k, row);
    }
    return new Directions(signed(whitening.back(rotated, workers)), ratios);
  }

  /** The leading generalised eigenvectors of (shrunk total − within) and within. */
  private static Directions ofTotal(
      Points x,
      ClassMeans classes,
      DoubleMatrix within,
      Shrinkage shrinkage,
      Whitening.Triangular whitening,
      Workers workers) {
    int d = x.columns();
    DoubleMatrix between = Covariances.shrunk(x, classes.mean(), shrinkage, workers);
    double[] sd = whitening.sd();
    for (int i = 0; i < d; i++) {
      double[] row = between.row(i);
      double[] own = within.row(i);
      for (int j = 0; j < d; j++) {
        row[j] = (row[j] - own[j]) / (sd[i] * sd[j]);
      }
      between.setRow(i, row);
    }
    DoubleMatrix whitened = whitening.factor().whiten(between);
    double trace = 0;
    for (int j = 0; j < d; j++) {
      trace += whitened.get(j, j);
    }
    int components = Math.min(classes.classes() - 1, d);
    Lapack.Eigen eigen = Lapack.symmetricRange(whitened.toArray(), d, d - components, d - 1);
    DoubleMatrix rows = DoubleMatrix.zeros(components, d);
    double[] ratios = new double[components];
    for (int k = 0; k < components; k++) {
      rows.setRow(k, eigen.vectors()[components - 1 - k]);
      ratios[k] = eigen.values()[components - 1 - k] / trace;
    }
    return new Directions(signed(whitening.back(rows, workers)), ratios);
  }

  /** Turns rows so that the entry of largest magnitude is positive, in place. */
  private static DoubleMatrix signed(DoubleMatrix rows) {
    for (int k = 0; k < rows.rows(); k++) {
      double[] row = rows.row(k);
      double extreme = 0;
      for (double v : row) {
        extreme = Math.abs(v) > Math.abs(extreme) ? v : extreme;
      }
      for (int j = 0; extreme < 0 && j < row.length; j++) {
        row[j] = -row[j];
      }
      rows.setRow(k, row);
    }
    return rows;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += a[j] * b[j];
    }
    return sum;
  }

  public int components() {
    return scalings.columns();
  }

  /**
   * (x − mean) · scalings, the first {@code components} columns.
   *
   * @param x [m, d]
   */
  public DoubleMatrix transform(Points x, int components, Workers workers) {
    if (components < 1 || components > components()) {
      throw new InputException(
          "LDA has 1 to "
              + components()
              + " components here (one fewer than classes), not "
              + components);
    }
    return Blas.multiply(x, mean, kept(components), workers);
  }

  /** As {@link #transform(Points, int, Workers)}. */
  public DoubleMatrix transform(DoubleMatrix x, int components, Workers workers) {
    return transform(Points.of(x), components, workers);
  }

  /**
   * x · scalings without centring: for points rather than differences, where only differences of
   * the result matter.
   */
  public DoubleMatrix project(Points x, int components, Workers workers) {
    return product(x, kept(components), workers);
  }

  /** As {@link #project(Points, int, Workers)}. */
  public DoubleMatrix project(DoubleMatrix x, int components, Workers workers) {
    return project(Points.of(x), components, workers);
  }

  private DoubleMatrix kept(int components) {
    DoubleMatrix kept = DoubleMatrix.zeros(scalings.rows(), components);
    for (int j = 0; j < kept.rows(); j++) {
      for (int k = 0; k < components; k++) {
        kept.set(j, k, scalings.get(j, k));
      }
    }
    return kept;
  }

  /** rows · right [d, k], widening a block at a time. */
  static DoubleMatrix product(Points x, DoubleMatrix right, Workers workers) {
    return Blas.multiply(x, new double[x.columns()], right, workers);
  }

  /**
   * The log posterior of each class up to a constant per row, under Gaussian classes of one
   * covariance.
   *
   * @return [m, classes]
   */
  public DoubleMatrix decision(DoubleMatrix x, Workers workers) {
    DoubleMatrix scores = product(Points.of(x), Whitening.transposed(coefficients), workers);
    for (int i = 0; i < scores.rows(); i++) {
      double[] row = scores.row(i);
      for (int g = 0; g < row.length; g++) {
        row[g] += intercepts[g];
      }
      scores.setRow(i, row);
    }
    return scores;
  }
}
