package almagest.feature;

import almagest.model.Activations;
import almagest.model.Context;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How much of a language model's next-token loss survives when a hook point is replaced by its
 * reconstruction. All in nats, over the positions that count; a position's loss is that of
 * predicting the next token, so the last of a context has none, but it has a divergence.
 *
 * @param ceClean mean cross-entropy of the model as it is
 * @param ceSpliced with the reconstruction at the positions that count, others as they are
 * @param ceZero with zeros at all positions
 * @param ceMean with the mean activation at the positions that count
 * @param klSpliced mean divergence KL(clean ‖ spliced) of the next-token distributions
 * @param klZero mean KL(clean ‖ zero)
 */
public record LossRecovered(
    double ceClean,
    double ceSpliced,
    double ceZero,
    double ceMean,
    double klSpliced,
    double klZero) {

  /** (zero − spliced) / (zero − clean): SAELens' ce_loss_score. */
  public double ceRecovered() {
    return (ceZero - ceSpliced) / (ceZero - ceClean);
  }

  /** The same against the mean activation, which leaves less to recover or more, as it happens. */
  public double ceRecoveredAgainstMean() {
    return (ceMean - ceSpliced) / (ceMean - ceClean);
  }

  /** (KL zero − KL spliced) / KL zero. */
  public double klRecovered() {
    return (klZero - klSpliced) / klZero;
  }

  /** Sums over positions, added in order. */
  static final class Sums {
    private static final int ROWS = 64;

    private long losses;
    private long divergences;
    private final double[] crossEntropy = new double[4];
    private final double[] divergence = new double[4];

    /** Which forward pass logits are of. */
    static final int CLEAN = 0;

    static final int SPLICED = 1;
    static final int ZERO = 2;
    static final int MEAN = 3;

    /**
     * Adds the contexts of one batch.
     *
     * @param counted [contexts][2], the positions {first, last (exclusive)} that count
     * @param altered null for the clean pass itself
     */
    void add(
        int pass,
        List<Context> contexts,
        int[][] counted,
        Activations clean,
        @Nullable Activations altered,
        Workers workers) {
      for (int c = 0; c < contexts.size(); c++) {
        int[] ids = contexts.get(c).ids();
        int first = counted[c][0];
        int last = counted[c][1];
        long start = clean.start(c);
        int pieces = (last - first + ROWS - 1) / ROWS;
        for (double[] part :
            workers.map(
                Math.max(0, pieces),
                p ->
                    piece(
                        ids,
                        first + p * ROWS,
                        Math.min(last, first + (p + 1) * ROWS),
                        start,
                        clean.logits(),
                        altered == null ? null : altered.logits()))) {
          crossEntropy[pass] += part[0];
          divergence[pass] += part[1];
        }
        if (pass == CLEAN) {
          losses += Math.max(0, Math.min(last, ids.length - 1) - first);
          divergences += last - first;
        }
      }
    }

    private static double[] piece(
        int[] ids, int from, int to, long start, FloatMatrix clean, @Nullable FloatMatrix altered) {
      double[] sums = new double[2];
      float[] p = new float[clean.columns()];
      float[] q = new float[clean.columns()];
      for (int position = from; position < to; position++) {
        clean.copyRow(start + position, p);
        double logP = logSum(p);
        float[] judged = p;
        double logQ = logP;
        if (altered != null) {
          altered.copyRow(start + position, q);
          logQ = logSum(q);
          judged = q;
          double kl = 0;
          for (int v = 0; v < p.length; v++) {
            double lp = p[v] - logP;
            kl += Math.exp(lp) * (lp - (q[v] - logQ));
          }
          sums[1] += kl;
        }
        if (position + 1 < ids.length) {
          sums[0] += logQ - judged[ids[position + 1]];
        }
      }
      return sums;
    }

    private static double logSum(float[] logits) {
      float max = Float.NEGATIVE_INFINITY;
      for (float v : logits) {
        max = Math.max(max, v);
      }
      double sum = 0;
      for (float v : logits) {
        sum += Math.exp((double) v - max);
      }
      return max + Math.log(sum);
    }

    LossRecovered result() {
      double n = losses;
      double m = divergences;
      return new LossRecovered(
          crossEntropy[CLEAN] / n,
          crossEntropy[SPLICED] / n,
          crossEntropy[ZERO] / n,
          crossEntropy[MEAN] / n,
          divergence[SPLICED] / m,
          divergence[ZERO] / m);
    }
  }
}
