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
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          double[] away = new double[k];
          for (int i = from; i < to; i++) {
            for (int m = 0; m < k; m++) {
              // Distances beyond the nearest: the weights are the same, and none underflows.
              away[m] = (double) near.squared()[i * k + m] - near.squared()[i * k];
            }
            beta[i] = precision(away, Math.log(perplexity), conditional, i * k);
          }
        });
    SymmetricPairs pairs =
        SymmetricPairs.of(k, near.index(), conditional, (out, in) -> (out + in) / (2.0 * n));
    return new JointProbabilities(beta, pairs.start(), pairs.other(), pairs.value());
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

  int n() {
    return beta.length;
  }
}
