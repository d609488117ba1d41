package almagest.brain;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;

/**
 * Pairs of points of which either is a neighbour of the other, each pair once under both of its
 * ends.
 *
 * @param start where each point's pairs begin [n + 1]
 * @param other the other point of each pair, ascending inside a row
 * @param value of each pair, the same under both ends
 */
record SymmetricPairs(int[] start, int[] other, double[] value) {
  /**
   * Joins what the two ends say of each other.
   *
   * @param k neighbours per point
   * @param index row-major [n, k], no point twice in a row and none in its own
   * @param directed what each point says of its neighbours, at the same places
   * @param join of what one end says and what the other does, 0 for an end of which the other is no
   *     neighbour; must not depend on the order of the two
   */
  static SymmetricPairs of(int k, int[] index, double[] directed, DoubleBinaryOperator join) {
    int n = index.length / k;
    // Incoming pairs of each point, in the order of their sources.
    int[] incoming = new int[n + 1];
    for (int j : index) {
      incoming[j + 1]++;
    }
    for (int i = 0; i < n; i++) {
      incoming[i + 1] += incoming[i];
    }
    int[] next = Arrays.copyOf(incoming, n);
    int[] source = new int[index.length];
    double[] said = new double[index.length];
    for (int i = 0; i < n; i++) {
      for (int m = 0; m < k; m++) {
        int j = index[i * k + m];
        source[next[j]] = i;
        said[next[j]++] = directed[i * k + m];
      }
    }
    int[] start = new int[n + 1];
    int[] other = new int[2 * index.length];
    double[] value = new double[2 * index.length];
    int count = 0;
    long[] outgoing = new long[k];
    for (int i = 0; i < n; i++) {
      for (int m = 0; m < k; m++) {
        outgoing[m] = (long) index[i * k + m] << 32 | m;
      }
      Arrays.sort(outgoing);
      int a = 0;
      int b = incoming[i];
      while (a < k || b < incoming[i + 1]) {
        int out = a < k ? (int) (outgoing[a] >> 32) : Integer.MAX_VALUE;
        int in = b < incoming[i + 1] ? source[b] : Integer.MAX_VALUE;
        double mine = out <= in ? directed[i * k + (int) outgoing[a++]] : 0;
        double theirs = in <= out ? said[b++] : 0;
        other[count] = Math.min(out, in);
        value[count++] = join.applyAsDouble(mine, theirs);
      }
      start[i + 1] = count;
    }
    return new SymmetricPairs(start, Arrays.copyOf(other, count), Arrays.copyOf(value, count));
  }

  int n() {
    return start.length - 1;
  }
}
