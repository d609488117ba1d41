package almagest.stat;

import java.util.Arrays;

/**
 * The cross table of two labellings of the same n things. Labels may be any ints, with gaps and
 * negative ones; what counts is who shares a label with whom. Only the non-empty cells are kept, so
 * two labellings with a thousand labels each cost no more than n.
 */
final class Contingency {
  private final int n;
  private final int[] rowSums;
  private final int[] columnSums;
  private final int[] cellRow;
  private final int[] cellColumn;
  private final int[] cellCount;

  private Contingency(
      int n, int[] rowSums, int[] columnSums, int[] cellRow, int[] cellColumn, int[] cellCount) {
    this.n = n;
    this.rowSums = rowSums;
    this.columnSums = columnSums;
    this.cellRow = cellRow;
    this.cellColumn = cellColumn;
    this.cellCount = cellCount;
  }

  /**
   * @throws IllegalArgumentException when the lengths differ
   */
  static Contingency of(int[] a, int[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          "two labellings of the same things: " + a.length + " labels against " + b.length);
    }
    int[] rows = ranks(a);
    int[] columns = ranks(b);
    int r = 1 + Arrays.stream(rows).max().orElse(-1);
    int c = 1 + Arrays.stream(columns).max().orElse(-1);
    long[] keys = new long[a.length];
    int[] rowSums = new int[r];
    int[] columnSums = new int[c];
    for (int i = 0; i < a.length; i++) {
      keys[i] = (long) rows[i] * c + columns[i];
      rowSums[rows[i]]++;
      columnSums[columns[i]]++;
    }
    sort(keys, (long) r * c);
    int cells = 0;
    int[] cellRow = new int[a.length];
    int[] cellColumn = new int[a.length];
    int[] cellCount = new int[a.length];
    for (int i = 0; i < keys.length; i++) {
      if (i > 0 && keys[i] == keys[i - 1]) {
        cellCount[cells - 1]++;
      } else {
        cellRow[cells] = (int) (keys[i] / c);
        cellColumn[cells] = (int) (keys[i] % c);
        cellCount[cells++] = 1;
      }
    }
    return new Contingency(
        a.length,
        rowSums,
        columnSums,
        Arrays.copyOf(cellRow, cells),
        Arrays.copyOf(cellColumn, cells),
        Arrays.copyOf(cellCount, cells));
  }

  /** Sorts keys from 0 to below a bound; by counting where the bound is not large. */
  private static void sort(long[] keys, long bound) {
    if (bound > 4L * keys.length) {
      Arrays.sort(keys);
      return;
    }
    int[] counts = new int[(int) bound];
    for (long key : keys) {
      counts[(int) key]++;
    }
    int at = 0;
    for (int key = 0; key < counts.length; key++) {
      Arrays.fill(keys, at, at += counts[key], key);
    }
  }

  /** Replaces each label by its rank among the distinct labels, 0 … distinct − 1. */
  static int[] ranks(int[] labels) {
    int most = Arrays.stream(labels).max().orElse(0);
    if (most < 4L * labels.length && Arrays.stream(labels).min().orElse(0) >= 0) {
      int[] rank = new int[most + 1];
      for (int label : labels) {
        rank[label] = 1;
      }
      int distinct = 0;
      for (int label = 0; label < rank.length; label++) {
        distinct += rank[label];
        rank[label] = distinct - 1;
      }
      return Arrays.stream(labels).map(label -> rank[label]).toArray();
    }
    int[] distinct = Arrays.stream(labels).sorted().distinct().toArray();
    int[] ranks = new int[labels.length];
    for (int i = 0; i < labels.length; i++) {
      ranks[i] = Arrays.binarySearch(distinct, labels[i]);
    }
    return ranks;
  }

  int n() {
    return n;
  }

  int rows() {
    return rowSums.length;
  }

  int columns() {
    return columnSums.length;
  }

  int[] rowSums() {
    return rowSums;
  }

  int[] columnSums() {
    return columnSums;
  }

  /** Σ over cells of n_ij/n · ln(n n_ij / (a_i b_j)), never below 0; nats. */
  double mutualInformation() {
    double sum = 0;
    double logN = Math.log(n);
    for (int cell = 0; cell < cellCount.length; cell++) {
      double count = cellCount[cell];
      sum +=
          count
              / n
              * (Math.log(count)
                  + logN
                  - Math.log(rowSums[cellRow[cell]])
                  - Math.log(columnSums[cellColumn[cell]]));
    }
    // Independent labels give exactly 0 in theory, and a rounding error of either sign here.
    return sum <= Math.ulp(1.0) * Math.max(1, logN) ? 0 : sum;
  }

  /** Hubert and Arabie's adjusted Rand index. */
  double adjustedRand() {
    double same = 0;
    for (int count : cellCount) {
      same += (double) count * count;
    }
    double rowSquares = squares(rowSums);
    double columnSquares = squares(columnSums);
    double total = (double) n * n;
    // Ordered pairs of things: together in both, in a only, in b only, in neither.
    double both = same - n;
    double onlyB = columnSquares - same;
    double onlyA = rowSquares - same;
    double neither = total - same - onlyA - onlyB;
    if (onlyA == 0 && onlyB == 0) {
      return 1;
    }
    return 2
        * (both * neither - onlyA * onlyB)
        / ((both + onlyA) * (onlyA + neither) + (both + onlyB) * (onlyB + neither));
  }

  private static double squares(int[] sums) {
    double total = 0;
    for (int s : sums) {
      total += (double) s * s;
    }
    return total;
  }

  /** The table as a dense array [rows][columns]; for small tables. */
  int[][] dense() {
    int[][] table = new int[rows()][columns()];
    for (int cell = 0; cell < cellCount.length; cell++) {
      table[cellRow[cell]][cellColumn[cell]] = cellCount[cell];
    }
    return table;
  }

  /** −Σ p ln p of the shares of the sums, in nats. */
  static double entropy(int[] sums, int n) {
    double h = 0;
    for (int s : sums) {
      if (s > 0) {
        double p = (double) s / n;
        h -= p * (Math.log(s) - Math.log(n));
      }
    }
    return Math.max(0, h);
  }
}
