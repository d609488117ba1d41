package almagest.atom;

import almagest.linalg.Blas;
import almagest.linalg.Lapack;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import java.util.Arrays;

/**
 * Linear discriminant analysis: the directions that maximise the variance between classes over the
 * variance within them, at most one fewer than there are classes.
 *
 * <p>Fitted on data it is tested on, LDA separates anything, shuffled labels too, once dimensions
 * are many: judge it on pairs that were held out.
 *
 * <p>Definitions are scikit-learn's {@code LinearDiscriminantAnalysis} with its default solver:
 * columns are divided by their standard deviation within classes, whitened by the singular values
 * of the centred data (those at most 1e-4 are dropped), and the class means are rotated to their
 * principal axes.
 *
 * @param mean [d] the weighted mean of the class means; subtracted before projecting
 * @param scalings [d, components] the projection; unit variance within classes; each column's entry
 *     of largest magnitude is positive
 * @param ratios [components] share of the variance between classes, descending
 * @param classMeans [classes, d]
 * @param priors [classes] class frequencies in the data
 */
public record Lda(
    double[] mean,
    DoubleMatrix scalings,
    double[] ratios,
    DoubleMatrix classMeans,
    double[] priors) {
  /**
   * Singular values at most this (of data scaled to unit variance within classes) count as zero.
   */
  private static final double RANK_TOLERANCE = 1e-4;

  /**
   * Fits by singular value decomposition, computed from the smaller of the two Gram matrices; O(n d
   * min(n, d)).
   *
   * @param x [n, d]
   * @param labels [n], classes 0 … C − 1, each present
   * @throws InputException with fewer than two classes, an empty class, or no variance within
   *     classes
   */
  public static Lda fit(DoubleMatrix x, int[] labels, Workers workers) {
    int n = x.rows();
    int d = x.columns();
    ClassMeans classes = ClassMeans.of(x, labels);
    int c = classes.count().length;
    double[] priors = Arrays.stream(classes.count()).mapToDouble(k -> (double) k / n).toArray();
    double[] mean = new double[d];
    for (int g = 0; g < c; g++) {
      for (int j = 0; j < d; j++) {
        mean[j] += priors[g] * classes.means().get(g, j);
      }
    }
    DoubleMatrix centred = classes.centred(x, labels);
    double[] sd = ClassMeans.columnSd(centred);
    double scale = 1 / Math.sqrt(n);
    for (int i = 0; i < n; i++) {
      double[] row = centred.row(i);
      for (int j = 0; j < d; j++) {
        row[j] *= scale / sd[j];
      }
      centred.setRow(i, row);
    }
    DoubleMatrix whiten = whitening(centred, sd, workers);
    DoubleMatrix between = DoubleMatrix.zeros(c, d);
    for (int g = 0; g < c; g++) {
      double weight = Math.sqrt(n * priors[g] / (c - 1));
      for (int j = 0; j < d; j++) {
        between.set(g, j, weight * (classes.means().get(g, j) - mean[j]));
      }
    }
    DoubleMatrix spread = Blas.multiply(between, whiten, workers);
    Lapack.Eigen axes = Lapack.symmetric(Blas.gram(transpose(spread), workers).toArray(), c, true);
    return rotate(axes, spread, whiten, mean, classes.means(), priors, workers);
  }

  /** [d, rank]: right singular vectors over singular values, in the units of x. */
  private static DoubleMatrix whitening(DoubleMatrix scaled, double[] sd, Workers workers) {
    int n = scaled.rows();
    int d = scaled.columns();
    boolean tall = n >= d;
    DoubleMatrix data = tall ? scaled : transpose(scaled);
    int m = data.columns();
    Lapack.Eigen eigen = Lapack.symmetric(Blas.gram(data, workers).toArray(), m, true);
    int rank = 0;
    while (rank < m && eigen.values()[m - 1 - rank] > RANK_TOLERANCE * RANK_TOLERANCE) {
      rank++;
    }
    if (rank == 0) {
      throw new InputException(
          "LDA: the classes have no variance within them, so no direction can be told from a distractor");
    }
    DoubleMatrix vectors = DoubleMatrix.zeros(m, rank);
    for (int r = 0; r < rank; r++) {
      // A left vector u of the transposed data gives the right one as Xᵀu / σ, hence one more
      // division by σ.
      double value = eigen.values()[m - 1 - r];
      double divisor = tall ? Math.sqrt(value) : value;
      for (int j = 0; j < m; j++) {
        vectors.set(j, r, eigen.vectors()[m - 1 - r][j] / divisor);
      }
    }
    DoubleMatrix whiten = tall ? vectors : Blas.multiply(data, vectors, workers);
    for (int j = 0; j < d; j++) {
      for (int r = 0; r < rank; r++) {
        whiten.set(j, r, whiten.get(j, r) / sd[j]);
      }
    }
    return whiten;
  }

  /** Turns the whitened space to the principal axes of the class means. */
  private static Lda rotate(
      Lapack.Eigen axes,
      DoubleMatrix spread,
      DoubleMatrix whiten,
      double[] mean,
      DoubleMatrix means,
      double[] priors,
      Workers workers) {
    int c = axes.values().length;
    int rank = whiten.columns();
    double top = Math.sqrt(Math.max(0, axes.values()[c - 1]));
    double total = Arrays.stream(axes.values()).map(v -> Math.max(0, v)).sum();
    int components = 0;
    // One of C centred means depends on the others; rounding must not make it a direction.
    while (components < Math.min(c - 1, rank)
        && Math.sqrt(Math.max(0, axes.values()[c - 1 - components])) > RANK_TOLERANCE * top) {
      components++;
    }
    if (components == 0) {
      throw new InputException(
          "LDA: the class means are all equal, so no direction separates them");
    }
    DoubleMatrix rotation = DoubleMatrix.zeros(rank, components);
    double[] ratios = new double[components];
    for (int k = 0; k < components; k++) {
      double value = axes.values()[c - 1 - k];
      double[] u = axes.vectors()[c - 1 - k];
      ratios[k] = value / total;
      for (int r = 0; r < rank; r++) {
        double sum = 0;
        for (int g = 0; g < c; g++) {
          sum += spread.get(g, r) * u[g];
        }
        rotation.set(r, k, sum / Math.sqrt(value));
      }
    }
    DoubleMatrix scalings = Blas.multiply(whiten, rotation, workers);
    fixSigns(scalings);
    return new Lda(mean, scalings, ratios, means, priors);
  }

  private static void fixSigns(DoubleMatrix columns) {
    for (int k = 0; k < columns.columns(); k++) {
      double extreme = 0;
      for (int j = 0; j < columns.rows(); j++) {
        if (Math.abs(columns.get(j, k)) > Math.abs(extreme)) {
          extreme = columns.get(j, k);
        }
      }
      for (int j = 0; extreme < 0 && j < columns.rows(); j++) {
        columns.set(j, k, -columns.get(j, k));
      }
    }
  }

  public int components() {
    return scalings.columns();
  }

  /**
   * (x − mean) · scalings, the first {@code components} columns.
   *
   * @param x [m, d]
   */
  public DoubleMatrix transform(DoubleMatrix x, int components, Workers workers) {
    if (components < 1 || components > components()) {
      throw new InputException(
          "LDA has 1 to "
              + components()
              + " components here (one fewer than classes), not "
              + components);
    }
    DoubleMatrix centred = DoubleMatrix.zeros(x.rows(), x.columns());
    for (int i = 0; i < x.rows(); i++) {
      double[] row = x.row(i);
      for (int j = 0; j < row.length; j++) {
        row[j] -= mean[j];
      }
      centred.setRow(i, row);
    }
    return project(centred, components, workers);
  }

  /**
   * x · scalings without centring: for points rather than differences, where only differences of
   * the result matter.
   */
  public DoubleMatrix project(DoubleMatrix x, int components, Workers workers) {
    DoubleMatrix kept = DoubleMatrix.zeros(scalings.rows(), components);
    for (int j = 0; j < kept.rows(); j++) {
      for (int k = 0; k < components; k++) {
        kept.set(j, k, scalings.get(j, k));
      }
    }
    return Blas.multiply(x, kept, workers);
  }

  /**
   * The log posterior of each class up to a constant per row, under equal Gaussian classes.
   *
   * @return [m, classes]
   */
  public DoubleMatrix decision(DoubleMatrix x, Workers workers) {
    DoubleMatrix points = transform(x, components(), workers);
    DoubleMatrix centres = transform(classMeans, components(), workers);
    DoubleMatrix scores = DoubleMatrix.zeros(x.rows(), centres.rows());
    for (int i = 0; i < x.rows(); i++) {
      for (int g = 0; g < centres.rows(); g++) {
        double dot = 0;
        double norm = 0;
        for (int k = 0; k < components(); k++) {
          dot += points.get(i, k) * centres.get(g, k);
          norm += centres.get(g, k) * centres.get(g, k);
        }
        scores.set(i, g, dot - norm / 2 + Math.log(priors[g]));
      }
    }
    return scores;
  }

  private static DoubleMatrix transpose(DoubleMatrix x) {
    DoubleMatrix t = DoubleMatrix.zeros(x.columns(), x.rows());
    for (int i = 0; i < x.rows(); i++) {
      for (int j = 0; j < x.columns(); j++) {
        t.set(j, i, x.get(i, j));
      }
    }
    return t;
  }
}
