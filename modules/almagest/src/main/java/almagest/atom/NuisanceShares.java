package almagest.atom;

import almagest.linalg.Blas;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.NullTest;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Which share of the scatter within relations some traits explain, by least squares of every
 * coordinate on them: Σ squares of the fitted values over Σ squares, all centred within relations.
 * Dealing the traits anew inside each relation says what share chance explains, about traits /
 * (rows − relations).
 *
 * @param each [traits] by one trait alone; traits that go together share what they explain
 * @param all by all traits together
 * @param directions [traits, d] the change of x with one standard deviation of a trait alone
 * @param scatter [rows, d] x centred within relations
 * @param traits [traits][rows] centred within relations, of unit variance (or zero)
 */
record NuisanceShares(
    NullTest[] each,
    NullTest all,
    DoubleMatrix directions,
    DoubleMatrix scatter,
    double[][] traits) {

  /**
   * @param x [rows, d]
   * @param labels [rows], not all need occur
   * @param values [rows][traits]
   */
  static NuisanceShares of(
      Points x, int[] labels, double[][] values, int draws, Seed seed, Workers workers) {
    int n = labels.length;
    int q = values.length == 0 ? 0 : values[0].length;
    int[] classes = Folds.consecutive(labels);
    List<List<Integer>> rows = rows(classes);
    DoubleMatrix scatter = centred(x, classes, rows, workers);
    double[][] traits = new double[q][n];
    for (int j = 0; j < q; j++) {
      for (int i = 0; i < n; i++) {
        traits[j][i] = values[i][j];
      }
      standardise(traits[j], rows);
    }
    double total = 0;
    for (int i = 0; i < n; i++) {
      double[] row = scatter.row(i);
      total += Subspace.dot(row, row);
    }
    // One product for the traits, their orthonormal basis, and both dealt anew: x is read once.
    DoubleMatrix stacked = DoubleMatrix.zeros(2 * q * (draws + 1), n);
    int[] ranks = new int[draws + 1];
    for (int s = 0; s <= draws; s++) {
      int[] partner = partner(n, rows, s == 0 ? null : seed.split(s));
      DoubleMatrix dealt = DoubleMatrix.zeros(q, n);
      double[] row = new double[n];
      for (int j = 0; j < q; j++) {
        for (int i = 0; i < n; i++) {
          row[i] = traits[j][partner[i]];
        }
        dealt.setRow(j, row);
        stacked.setRow(2 * q * s + j, row);
      }
      List<double[]> basis = Subspace.orthonormal(dealt);
      ranks[s] = basis.size();
      for (int j = 0; j < basis.size(); j++) {
        stacked.setRow(2 * q * s + q + j, basis.get(j));
      }
    }
    DoubleMatrix products = Blas.multiply(stacked, scatter, workers);
    double[][] each = new double[q][draws + 1];
    double[] all = new double[draws + 1];
    for (int s = 0; s <= draws; s++) {
      for (int j = 0; j < q; j++) {
        double[] b = products.row(2 * q * s + j);
        each[j][s] = total == 0 ? 0 : Subspace.dot(b, b) / n / total;
      }
      for (int j = 0; j < ranks[s]; j++) {
        double[] b = products.row(2 * q * s + q + j);
        all[s] += total == 0 ? 0 : Subspace.dot(b, b) / total;
      }
    }
    DoubleMatrix directions = DoubleMatrix.zeros(q, scatter.columns());
    NullTest[] tests = new NullTest[q];
    for (int j = 0; j < q; j++) {
      double[] b = products.row(j);
      for (int c = 0; c < b.length; c++) {
        b[c] /= n;
      }
      directions.setRow(j, b);
      tests[j] = test(each[j]);
    }
    return new NuisanceShares(tests, test(all), directions, scatter, traits);
  }

  private static NullTest test(double[] observedThenDraws) {
    return NullTest.of(
        "traits dealt anew within relations",
        observedThenDraws[0],
        Arrays.copyOfRange(observedThenDraws, 1, observedThenDraws.length));
  }

  private static List<List<Integer>> rows(int[] classes) {
    List<List<Integer>> rows = new ArrayList<>();
    for (int i = 0; i < classes.length; i++) {
      while (rows.size() <= classes[i]) {
        rows.add(new ArrayList<>());
      }
      rows.get(classes[i]).add(i);
    }
    return rows;
  }

  private static int[] partner(
      int n, List<List<Integer>> rows, @org.jspecify.annotations.Nullable Seed seed) {
    int[] partner = new int[n];
    Arrays.setAll(partner, i -> i);
    for (int g = 0; g < rows.size() && seed != null; g++) {
      List<Integer> own = rows.get(g);
      List<Integer> dealt = new ArrayList<>(own);
      Collections.shuffle(dealt, Random.from(seed.split(g).generator()));
      for (int i = 0; i < own.size(); i++) {
        partner[own.get(i)] = dealt.get(i);
      }
    }
    return partner;
  }

  private static DoubleMatrix centred(
      Points x, int[] classes, List<List<Integer>> rows, Workers workers) {
    double[][] means = new double[rows.size()][x.columns()];
    int[] count = new int[rows.size()];
    double[] row = new double[x.columns()];
    for (int g = 0; g < rows.size(); g++) {
      count[g] = rows.get(g).size();
      for (int i : rows.get(g)) {
        x.copyRow(i, row);
        for (int j = 0; j < row.length; j++) {
          means[g][j] += row[j] / count[g];
        }
      }
    }
    return new ClassMeans(means, count).centred(x, classes, workers);
  }

  /** Centres within classes and scales to unit variance, in place; a constant becomes zero. */
  private static void standardise(double[] values, List<List<Integer>> rows) {
    double square = 0;
    double size = 0;
    for (List<Integer> own : rows) {
      double mean = own.stream().mapToDouble(i -> values[i]).average().orElse(0);
      for (int i : own) {
        size = Math.max(size, Math.abs(values[i]));
        values[i] -= mean;
        square += values[i] * values[i];
      }
    }
    double sd = Math.sqrt(square / values.length);
    boolean constant = sd <= 1e-12 * size;
    for (int i = 0; i < values.length; i++) {
      values[i] = constant ? 0 : values[i] / sd;
    }
  }
}
