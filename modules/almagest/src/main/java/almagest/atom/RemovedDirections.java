package almagest.atom;

import almagest.linalg.Pca;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.util.ArrayList;
import java.util.List;

/**
 * Directions that are projected out of a cloud before faces are looked for, because what differs
 * along them (the length of words and the like) has nothing to do with relations and hides them.
 *
 * @param directions [m][d], orthonormal
 * @param share of the cloud's variance that each carries, [m]
 * @param faces that refined those of covariates ({@link CovariateSearch}), or 0
 */
public record RemovedDirections(double[][] directions, double[] share, int faces) {
  /** A direction is dependent on those before it when less than this of its length is its own. */
  private static final double OWN = 1e-8;

  /** Steps of the regression on faces. */
  private static final int WEISZFELD = 100;

  /** None: the cloud stays as it is. */
  public static RemovedDirections none() {
    return new RemovedDirections(new double[0][], new double[0], 0);
  }

  /**
   * Makes given directions orthonormal, in their order; dependent ones are left out.
   *
   * @param given [m][d]
   * @throws InputException when a direction has another dimension than the cloud, is not finite, or
   *     when they leave nothing of the cloud
   */
  public static RemovedDirections of(Points points, List<double[]> given, Workers workers) {
    int d = points.columns();
    List<double[]> basis = new ArrayList<>();
    for (double[] direction : given) {
      if (direction.length != d) {
        throw new InputException(
            "a direction to remove has "
                + direction.length
                + " coordinates, the points of the cloud have "
                + d);
      }
      double[] own = direction.clone();
      double length = length(own);
      if (!Double.isFinite(length)) {
        throw new InputException("a direction to remove is not finite");
      }
      // Twice, so that rounding leaves nothing of those before.
      for (int round = 0; round < 2; round++) {
        for (double[] before : basis) {
          subtract(own, before);
        }
      }
      double left = length(own);
      if (left > OWN * length) {
        for (int j = 0; j < d; j++) {
          own[j] /= left;
        }
        basis.add(own);
      }
    }
    if (basis.size() >= d && d > 0) {
      throw new InputException(
          "the directions to remove span all " + d + " dimensions: nothing of the cloud is left");
    }
    return new RemovedDirections(basis.toArray(double[][]::new), shares(points, basis, workers), 0);
  }

  /** The first principal axes of a cloud. */
  public static List<double[]> leading(Points points, int count, Workers workers) {
    if (count < 0 || count >= Math.min(points.columns(), points.rows())) {
      throw new InputException(
          "--remove-top: expected 0 … "
              + (Math.min(points.columns(), points.rows()) - 1)
              + " principal components, found "
              + count);
    }
    return count == 0 ? List.of() : List.of(Pca.of(points, count, workers).components());
  }

  /**
   * The direction along which points differ with a number that each has: the slopes of the
   * regression of every coordinate on it.
   *
   * @param values [n], e.g. lengths of words
   * @throws InputException when there is not one finite number a point, or all are equal
   */
  public static double[] along(Points points, double[] values) {
    if (values.length != points.rows()) {
      throw new InputException(
          "--covariate: expected a number for each of the "
              + points.rows()
              + " points, found "
              + values.length);
    }
    double mean = 0;
    for (double v : values) {
      mean += v / values.length;
    }
    double[] slope = new double[points.columns()];
    double[] row = new double[points.columns()];
    double square = 0;
    for (int i = 0; i < values.length; i++) {
      points.copyRow(i, row);
      double v = values[i] - mean;
      square += v * v;
      for (int j = 0; j < row.length; j++) {
        slope[j] += v * row[j];
      }
    }
    if (!(square > 0) || !Double.isFinite(square)) {
      throw new InputException("--covariate: expected finite numbers that differ between points");
    }
    return slope;
  }

  /**
   * The directions along which given parallelograms open with numbers that each point has: where b
   * − a = d − c but for a distractor, a + d − b − c is the same combination of its values times its
   * direction. A point's own position, which hides the direction in a regression over points, does
   * not enter.
   *
   * <p>The directions of the least sum of lengths that are left (not of squares), so that faces
   * that open for another reason, as two parallel sides of unequal length do, have no pull as long
   * as they are the fewer: weighted least squares, one covariate at a time, the weights 1 over what
   * is left of a face (Weiszfeld 1937).
   *
   * @param values [m][n]
   * @return [m][d]
   */
  static List<double[]> alongFaces(Points points, List<double[]> values, List<Face> faces) {
    int m = values.size();
    int d = points.columns();
    int count = faces.size();
    double[][] left = new double[count][];
    double[][] opens = new double[count][m];
    for (int f = 0; f < count; f++) {
      Face face = faces.get(f);
      left[f] = opening(points, face);
      for (int k = 0; k < m; k++) {
        double[] v = values.get(k);
        opens[f][k] = v[face.a()] + v[face.d()] - v[face.b()] - v[face.c()];
      }
    }
    double[][] slopes = new double[m][d];
    for (int step = 0; step < WEISZFELD; step++) {
      double largest = 0;
      for (double[] rest : left) {
        largest = Math.max(largest, length(rest));
      }
      for (int k = 0; k < m; k++) {
        double[] change = new double[d];
        double weights = 0;
        for (int f = 0; f < count; f++) {
          double weight = opens[f][k] / Math.max(length(left[f]), 1e-6 * largest);
          weights += weight * opens[f][k];
          for (int j = 0; j < d; j++) {
            change[j] += weight * left[f][j];
          }
        }
        for (int j = 0; j < d && weights > 0; j++) {
          change[j] /= weights;
          slopes[k][j] += change[j];
          for (int f = 0; f < count; f++) {
            left[f][j] -= opens[f][k] * change[j];
          }
        }
      }
    }
    return List.of(slopes);
  }

  /** a + d − b − c. */
  private static double[] opening(Points points, Face face) {
    double[] gap = points.row(face.a());
    double[] b = points.row(face.b());
    double[] c = points.row(face.c());
    double[] d = points.row(face.d());
    for (int j = 0; j < gap.length; j++) {
      gap[j] += d[j] - b[j] - c[j];
    }
    return gap;
  }

  /** The cloud with every direction projected out, of the same kind of numbers. */
  public Points remove(Points points, Workers workers) {
    if (directions.length == 0) {
      return points;
    }
    int n = points.rows();
    int d = points.columns();
    boolean wide = points instanceof Points.Wide;
    DoubleMatrix doubles = DoubleMatrix.zeros(wide ? n : 0, d);
    FloatMatrix floats = FloatMatrix.zeros(wide ? 0 : n, d);
    int piece = 256;
    workers.run(
        (n + piece - 1) / piece,
        p -> {
          double[] row = new double[d];
          float[] narrow = new float[d];
          for (int i = p * piece; i < Math.min(n, (p + 1) * piece); i++) {
            points.copyRow(i, row);
            for (double[] direction : directions) {
              subtract(row, direction);
            }
            if (wide) {
              doubles.setRow(i, row);
            } else {
              for (int j = 0; j < d; j++) {
                narrow[j] = (float) row[j];
              }
              floats.setRow(i, narrow);
            }
          }
        });
    return wide ? Points.of(doubles) : Points.of(floats);
  }

  private static double[] shares(Points points, List<double[]> basis, Workers workers) {
    double[] shares = new double[basis.size()];
    if (basis.isEmpty()) {
      return shares;
    }
    double[] mean = Pca.mean(points, workers);
    double total = 0;
    double[] row = new double[mean.length];
    for (int i = 0; i < points.rows(); i++) {
      points.copyRow(i, row);
      for (int j = 0; j < row.length; j++) {
        row[j] -= mean[j];
        total += row[j] * row[j];
      }
      for (int b = 0; b < shares.length; b++) {
        double along = dot(row, basis.get(b));
        shares[b] += along * along;
      }
    }
    for (int b = 0; b < shares.length; b++) {
      shares[b] = total > 0 ? shares[b] / total : 0;
    }
    return shares;
  }

  private static void subtract(double[] from, double[] unit) {
    double along = dot(from, unit);
    for (int j = 0; j < from.length; j++) {
      from[j] -= along * unit[j];
    }
  }

  private static double dot(double[] x, double[] y) {
    double sum = 0;
    for (int j = 0; j < x.length; j++) {
      sum += x[j] * y[j];
    }
    return sum;
  }

  private static double length(double[] x) {
    return Math.sqrt(dot(x, x));
  }
}
