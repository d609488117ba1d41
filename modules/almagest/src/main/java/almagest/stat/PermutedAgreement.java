package almagest.stat;

import almagest.run.Seed;
import almagest.run.Workers;

/**
 * Adjusted mutual information when the labels of one side are dealt out again, as in the null that
 * the labellings have nothing to do with each other. Cluster sizes stay, hence entropies and the
 * expected mutual information do too, and only the cross table is counted anew.
 */
public final class PermutedAgreement {
  private final int[] a;
  private final int[] b;
  private final int rows;
  private final int columns;
  private final int[] rowSums;
  private final int[] columnSums;
  private final double emi;
  private final double ha;
  private final double hb;

  /**
   * @param a labels that will be permuted
   * @param b labels that stay, as many
   */
  public PermutedAgreement(int[] a, int[] b) {
    Contingency table = Contingency.of(a, b);
    this.a = Contingency.ranks(a);
    this.b = Contingency.ranks(b);
    this.rows = table.rows();
    this.columns = table.columns();
    this.rowSums = table.rowSums();
    this.columnSums = table.columnSums();
    this.emi = ExpectedMutualInformation.of(rowSums, columnSums, a.length);
    this.ha = Contingency.entropy(rowSums, a.length);
    this.hb = Contingency.entropy(columnSums, a.length);
  }

  /**
   * The score when thing i takes the label of thing {@code order[i]}.
   *
   * @param order a permutation of 0 … n − 1
   */
  public double ami(int[] order) {
    double mi;
    if ((long) rows * columns <= 1L << 22) {
      int[] table = new int[rows * columns];
      for (int i = 0; i < order.length; i++) {
        table[a[order[i]] * columns + b[i]]++;
      }
      mi = information(table);
    } else {
      int[] dealt = new int[order.length];
      for (int i = 0; i < order.length; i++) {
        dealt[i] = a[order[i]];
      }
      mi = Contingency.of(dealt, b).mutualInformation();
    }
    return Agreement.adjusted(mi, emi, ha, hb);
  }

  private double information(int[] table) {
    int n = a.length;
    double sum = 0;
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        int count = table[r * columns + c];
        if (count > 0) {
          sum += count * Math.log((double) count * n / ((double) rowSums[r] * columnSums[c]));
        }
      }
    }
    return Math.max(0, sum / n);
  }

  /** Scores of {@code trials} random permutations; trial t draws from {@code seed.split(t)}. */
  public double[] draw(int trials, Seed seed, Workers workers) {
    return drawWithin(new int[a.length], trials, seed, workers);
  }

  /**
   * As {@link #draw}, with labels dealt out only among things of the same stratum.
   *
   * @param stratum one per thing, 0 … strata − 1
   */
  public double[] drawWithin(int[] stratum, int trials, Seed seed, Workers workers) {
    double[] values = new double[trials];
    workers.run(
        trials, t -> values[t] = ami(Permutation.within(stratum, seed.split(t).generator())));
    return values;
  }
}
