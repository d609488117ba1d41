package almagest.stat;

import java.util.Arrays;

/**
 * The one-to-one matching of two labellings' clusters that makes the most things agree (the
 * Hungarian method, in the shortest-path form of Jonker and Volgenant 1987; O(k³)). For giving the
 * same colour to what is the same cluster.
 */
public final class Matching {
  private Matching() {}

  /**
   * @param overlap how many things clusters i and j share [rows][columns]; any shape
   * @return for each row its column, −1 for a row that is left over because there are fewer columns
   */
  public static int[] of(int[][] overlap) {
    int rows = overlap.length;
    int columns = rows == 0 ? 0 : overlap[0].length;
    if (rows > columns) {
      int[] back = of(transposed(overlap, columns));
      int[] match = new int[rows];
      Arrays.fill(match, -1);
      for (int c = 0; c < back.length; c++) {
        match[back[c]] = c;
      }
      return match;
    }
    double[] u = new double[rows + 1];
    double[] v = new double[columns + 1];
    int[] rowOf = new int[columns + 1];
    int[] way = new int[columns + 1];
    for (int r = 1; r <= rows; r++) {
      rowOf[0] = r;
      int column = 0;
      double[] least = new double[columns + 1];
      Arrays.fill(least, Double.POSITIVE_INFINITY);
      boolean[] used = new boolean[columns + 1];
      do {
        used[column] = true;
        int row = rowOf[column];
        int next = 0;
        double step = Double.POSITIVE_INFINITY;
        for (int c = 1; c <= columns; c++) {
          if (!used[c]) {
            double cost = -overlap[row - 1][c - 1] - u[row] - v[c];
            if (cost < least[c]) {
              least[c] = cost;
              way[c] = column;
            }
            if (least[c] < step) {
              step = least[c];
              next = c;
            }
          }
        }
        for (int c = 0; c <= columns; c++) {
          if (used[c]) {
            u[rowOf[c]] += step;
            v[c] -= step;
          } else {
            least[c] -= step;
          }
        }
        column = next;
      } while (rowOf[column] != 0);
      while (column != 0) {
        rowOf[column] = rowOf[way[column]];
        column = way[column];
      }
    }
    int[] match = new int[rows];
    for (int c = 1; c <= columns; c++) {
      if (rowOf[c] > 0) {
        match[rowOf[c] - 1] = c - 1;
      }
    }
    return match;
  }

  /**
   * Renames the clusters of {@code labels} after those of {@code reference} they match; clusters
   * without a partner take the free names that follow, in their own order.
   *
   * @param labels one per thing, 0 … k − 1; a negative label stays as it is
   * @param reference one per thing, 0 … k' − 1, or negative
   */
  public static int[] renamed(int[] labels, int[] reference) {
    int k = 1 + Arrays.stream(labels).max().orElse(-1);
    int kReference = 1 + Arrays.stream(reference).max().orElse(-1);
    int[][] overlap = new int[k][kReference];
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] >= 0 && reference[i] >= 0) {
        overlap[labels[i]][reference[i]]++;
      }
    }
    int[] name = of(overlap);
    boolean[] taken = new boolean[k + kReference];
    for (int c : name) {
      if (c >= 0) {
        taken[c] = true;
      }
    }
    int free = 0;
    for (int i = 0; i < k; i++) {
      if (name[i] < 0) {
        while (taken[free]) {
          free++;
        }
        taken[free] = true;
        name[i] = free;
      }
    }
    return Arrays.stream(labels).map(l -> l < 0 ? l : name[l]).toArray();
  }

  /** How many things agree under a matching. */
  public static long agreeing(int[][] overlap, int[] match) {
    long sum = 0;
    for (int r = 0; r < match.length; r++) {
      sum += match[r] < 0 ? 0 : overlap[r][match[r]];
    }
    return sum;
  }

  /** The cross table of two labellings, over their distinct labels in ascending order. */
  public static int[][] overlap(int[] a, int[] b) {
    return Contingency.of(a, b).dense();
  }

  private static int[][] transposed(int[][] m, int columns) {
    int[][] t = new int[columns][m.length];
    for (int r = 0; r < m.length; r++) {
      for (int c = 0; c < columns; c++) {
        t[c][r] = m[r][c];
      }
    }
    return t;
  }
}
