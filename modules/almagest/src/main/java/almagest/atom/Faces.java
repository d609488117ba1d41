package almagest.atom;

import almagest.linalg.Blas;
import almagest.run.Seed;
import almagest.tensor.DoubleMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;

/**
 * How good the faces are that pairs of pairs make. Two pairs (a, b) and (c, d) of one relation are
 * a parallelogram when b − a = d − c, a trapezoid when b − a and d − c are parallel.
 *
 * @param residual median of |(b − a) − (d − c)| / ((|b − a| + |d − c|) / 2): 0 for a parallelogram,
 *     about √2 for unrelated vectors of equal length
 * @param cosine median of cos(b − a, d − c): 1 for a trapezoid, about 0 for unrelated directions
 * @param meanCosine the mean of the same cosines
 * @param faces how many faces were looked at
 */
public record Faces(double residual, double cosine, double meanCosine, int faces) {
  /** Faces of at most this many rows are looked at, drawn with the seed when there are more. */
  private static final int ROWS = 200;

  /** Faces between relations that are looked at. */
  private static final int ACROSS = 20_000;

  /**
   * Faces among the given rows; NaN figures when there are fewer than two rows of non-zero length.
   */
  public static Faces within(DoubleMatrix differences, List<Integer> rows, Seed seed) {
    List<Integer> chosen = sample(rows, seed);
    DoubleMatrix x = DoubleMatrix.zeros(chosen.size(), differences.columns());
    for (int i = 0; i < chosen.size(); i++) {
      x.setRow(i, differences.row(chosen.get(i)));
    }
    return among(x);
  }

  /** The rows that are looked at: all of few, else some drawn with the seed. */
  static List<Integer> sample(List<Integer> rows, Seed seed) {
    if (rows.size() <= ROWS) {
      return rows;
    }
    List<Integer> chosen = new ArrayList<>(rows);
    Collections.shuffle(chosen, Random.from(seed.generator()));
    return chosen.subList(0, ROWS);
  }

  /** Faces of every row with every other. */
  static Faces among(DoubleMatrix x) {
    int m = x.rows();
    int d = x.columns();
    // All faces at once: lengths and cosines follow from the products of every row with every row.
    DoubleMatrix products = DoubleMatrix.zeros(m, m);
    Blas.dgemm(
        false,
        true,
        m,
        m,
        d,
        1,
        x.data(),
        Math.max(1, d),
        x.data(),
        Math.max(1, d),
        0,
        products.data(),
        Math.max(1, m));
    double[] p = products.toArray();
    Collector collector = new Collector(m * (m - 1) / 2);
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < i; j++) {
        collector.add(p[i * m + i], p[j * m + j], p[i * m + j]);
      }
    }
    return collector.faces();
  }

  /** Faces between a row of one relation and a row of another. */
  public static Faces across(
      DoubleMatrix differences, List<Integer> rows, List<Integer> others, Seed seed) {
    RandomGenerator random = seed.generator();
    int count = Math.min(ACROSS, 4 * rows.size());
    Collector collector = new Collector(others.isEmpty() ? 0 : count);
    for (int f = 0; f < count && !others.isEmpty(); f++) {
      collector.add(
          differences.row(rows.get(random.nextInt(rows.size()))),
          differences.row(others.get(random.nextInt(others.size()))));
    }
    return collector.faces();
  }

  private static final class Collector {
    private final double[] residuals;
    private final double[] cosines;
    private int count;

    Collector(int capacity) {
      residuals = new double[capacity];
      cosines = new double[capacity];
    }

    void add(double[] u, double[] v) {
      double uu = 0;
      double vv = 0;
      double uv = 0;
      for (int j = 0; j < u.length; j++) {
        uu += u[j] * u[j];
        vv += v[j] * v[j];
        uv += u[j] * v[j];
      }
      add(uu, vv, uv);
    }

    /** By the squares of both lengths and the product of the two. */
    void add(double uu, double vv, double uv) {
      if (uu == 0 || vv == 0) {
        return; // A word paired with itself has no direction.
      }
      residuals[count] =
          Math.sqrt(Math.max(0, uu + vv - 2 * uv)) / ((Math.sqrt(uu) + Math.sqrt(vv)) / 2);
      cosines[count] = uv / Math.sqrt(uu * vv);
      count++;
    }

    Faces faces() {
      return new Faces(median(residuals, count), median(cosines, count), mean(), count);
    }

    private double mean() {
      double sum = 0;
      for (int i = 0; i < count; i++) {
        sum += cosines[i];
      }
      return sum / count;
    }

    private static double median(double[] values, int count) {
      if (count == 0) {
        return Double.NaN;
      }
      double[] sorted = Arrays.copyOf(values, count);
      Arrays.sort(sorted);
      return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
    }
  }
}
