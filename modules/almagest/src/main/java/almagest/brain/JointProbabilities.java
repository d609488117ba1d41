package almagest.brain;

import almagest.run.Workers;
import java.util.Arrays;

/**
 * What t-SNE wants its map to look like (van der Maaten and Hinton 2008): p_ij = (p_j|i + p_i|j) /
 * 2n over pairs of near points, each p_·|i a normal weight whose width gives it the wanted
 * perplexity. Symmetric; sums to 1.
 *
 * @param beta precision of each point's weights, ½ of the inverse variance [n]
 * @param start where each point's pairs begin [n + 1]
 * @param other the other point of each pair, ascending inside a row
 * @param p the probability of each pair
 */
record JointProbabilities(double[] beta, int[] start, int[] other, double[] p) {
  private static final int PIECE = 256;
  private static final int STEPS = 200;

  /**
   * @param near the neighbours over which each point spreads its probability
   * @param perplexity less than {@code near.k()}
   */
  static JointProbabilities of(CloudNeighbours near, double perplexity, Workers workers) {
    int k = near.k();
    int n = near.index().length / k;
    double[] conditional = new double[n * k];
    double[] beta = new double[n];
    workers.run(
        (n + PIECE - 1) / PIECE,
        piece -> {
          double[] away = new double[k];
          for (int i = piece * PIECE; i < Math.min(n, (piece + 1) * PIECE); i++) {
            for (int m = 0; m < k; m++) {
              // Distances beyond the nearest: the weights are the same, and none underflows.
              away[m] = (double) near.squared()[i * k + m] - near.squared()[i * k];
            }
            beta[i] = precision(away, Math.log(perplexity), conditional, i * k);
          }
        });
    return symmetric(n, k, near.index(), conditional, beta);
  }

  /**
   * The precision at which the weights exp(−β a) have the wanted entropy, by Newton's method on ln
   * β kept inside a bracket; writes the normalised weights. Where no precision will do (too many
   * points at one place) it ends at an extreme one.
   */
  static double precision(double[] away, double entropy, double[] into, int at) {
    double mean = Arrays.stream(away).average().orElse(0);
    double log = mean > 0 ? -Math.log(mean) : 0;
    double low = log - 60;
    double high = log + 60;
    for (int step = 0; step < STEPS; step++) {
      double beta = Math.exp(log);
      double sum = 0;
      double first = 0;
      double second = 0;
      for (int m = 0; m < away.length; m++) {
        double w = Math.exp(-beta * away[m]);
        into[at + m] = w;
        sum += w;
        first += w * away[m];
        second += w * away[m] * away[m];
      }
      first /= sum;
      second = Math.max(0, second / sum - first * first);
      double excess = Math.log(sum) + beta * first - entropy;
      double next;
      if (excess > 0) {
        low = log;
      } else {
        high = log;
      }
      // dH/d ln β = −β² Var(a)
      double slope = beta * beta * second;
      next = slope > 0 ? log + excess / slope : Double.NaN;
      if (!(next > low && next < high)) {
        next = 0.5 * (low + high);
      }
      if (Math.abs(excess) < 1e-13 || high - low < 1e-13 || Math.abs(next - log) < 1e-14) {
        for (int m = 0; m < away.length; m++) {
          into[at + m] /= sum;
        }
        return beta;
      }
      log = next;
    }
    double sum = 0;
    for (int m = 0; m < away.length; m++) {
      sum += into[at + m];
    }
    for (int m = 0; m < away.length; m++) {
      into[at + m] /= sum;
    }
    return Math.exp(log);
  }

  /** (p_j|i + p_i|j) / 2n as rows of both ends. */
  private static JointProbabilities symmetric(
      int n, int k, int[] index, double[] conditional, double[] beta) {
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
    double[] weight = new double[index.length];
    for (int i = 0; i < n; i++) {
      for (int m = 0; m < k; m++) {
        int j = index[i * k + m];
        source[next[j]] = i;
        weight[next[j]++] = conditional[i * k + m];
      }
    }
    int[] start = new int[n + 1];
    int[] other = new int[2 * index.length];
    double[] p = new double[2 * index.length];
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
        double value = 0;
        if (out <= in) {
          value += conditional[i * k + (int) outgoing[a++]];
        }
        if (in <= out) {
          value += weight[b++];
        }
        other[count] = Math.min(out, in);
        p[count++] = value / (2.0 * n);
      }
      start[i + 1] = count;
    }
    return new JointProbabilities(
        beta, start, Arrays.copyOf(other, count), Arrays.copyOf(p, count));
  }

  int n() {
    return beta.length;
  }
}
