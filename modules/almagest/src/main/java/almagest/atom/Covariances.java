package almagest.atom;

import almagest.linalg.Gram;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.Arrays;

/** Covariances within classes, divisor n, in float64. */
final class Covariances {
  /** Rows that are centred at a time. */
  private static final int BLOCK = 2048;

  private Covariances() {}

  /** Σ over classes of prior × covariance [d, d], without shrinkage: one pass over the rows. */
  static DoubleMatrix pooled(Points x, int[] labels, ClassMeans classes, Workers workers) {
    int n = x.rows();
    Gram gram = new Gram(x.columns());
    DoubleMatrix block = DoubleMatrix.zeros(Math.min(n, BLOCK), x.columns());
    for (int from = 0; from < n; from += BLOCK) {
      int to = Math.min(n, from + BLOCK);
      classes.centre(x, labels, from, to, block, workers);
      gram.add(block.slice(0, to - from), workers);
    }
    DoubleMatrix sum = gram.matrix();
    return scaled(sum, 1.0 / n);
  }

  /** Σ over classes of prior × shrunk covariance of the class. */
  static DoubleMatrix within(
      Points x, int[] labels, ClassMeans classes, Shrinkage shrinkage, Workers workers) {
    DoubleMatrix sum = DoubleMatrix.zeros(x.columns(), x.columns());
    double[] priors = classes.priors();
    for (int g = 0; g < classes.classes(); g++) {
      int[] rows = Folds.where(labels, g, true);
      DoubleMatrix own = shrunk(Points.of(x, rows), classes.means()[g], shrinkage, workers);
      for (int i = 0; i < own.rows(); i++) {
        double[] row = sum.row(i);
        double[] added = own.row(i);
        for (int j = 0; j < row.length; j++) {
          row[j] += priors[g] * added[j];
        }
        sum.setRow(i, row);
      }
    }
    return sum;
  }

  /** The shrunk covariance of rows about their mean. */
  static DoubleMatrix shrunk(Points x, double[] mean, Shrinkage shrinkage, Workers workers) {
    int n = x.rows();
    int d = x.columns();
    int[] all = new int[n];
    ClassMeans one = new ClassMeans(new double[][] {mean}, new int[] {n});
    DoubleMatrix centred = one.centred(x, all, workers);
    double[] scale = new double[d];
    Arrays.fill(scale, 1);
    double fourth = 0;
    if (shrinkage instanceof Shrinkage.LedoitWolf) {
      scale = standardise(centred);
      for (int i = 0; i < n; i++) {
        double square = 0;
        for (double v : centred.row(i)) {
          square += v * v;
        }
        fourth += square * square;
      }
    }
    DoubleMatrix covariance = scaled(Gram.of(centred, workers), 1.0 / n);
    double delta =
        switch (shrinkage) {
          case Shrinkage.Fixed f -> f.delta();
          case Shrinkage.LedoitWolf ignored -> Shrinkage.ledoitWolf(covariance, n, fourth);
          case Shrinkage.Oas ignored -> Shrinkage.oas(covariance, n);
        };
    double trace = 0;
    for (int j = 0; j < d; j++) {
      trace += covariance.get(j, j);
    }
    for (int i = 0; i < d; i++) {
      double[] row = covariance.row(i);
      for (int j = 0; j < d; j++) {
        row[j] = ((1 - delta) * row[j] + (i == j ? delta * trace / d : 0)) * scale[i] * scale[j];
      }
      covariance.setRow(i, row);
    }
    return covariance;
  }

  /** Divides centred columns by their standard deviation (a constant one by 1), in place. */
  private static double[] standardise(DoubleMatrix centred) {
    int n = centred.rows();
    double[] sd = new double[centred.columns()];
    for (int i = 0; i < n; i++) {
      double[] row = centred.row(i);
      for (int j = 0; j < sd.length; j++) {
        sd[j] += row[j] * row[j];
      }
    }
    for (int j = 0; j < sd.length; j++) {
      sd[j] = sd[j] == 0 ? 1 : Math.sqrt(sd[j] / n);
    }
    for (int i = 0; i < n; i++) {
      double[] row = centred.row(i);
      for (int j = 0; j < sd.length; j++) {
        row[j] /= sd[j];
      }
      centred.setRow(i, row);
    }
    return sd;
  }

  private static DoubleMatrix scaled(DoubleMatrix m, double factor) {
    for (int i = 0; i < m.rows(); i++) {
      double[] row = m.row(i);
      for (int j = 0; j < row.length; j++) {
        row[j] *= factor;
      }
      m.setRow(i, row);
    }
    return m;
  }
}
