package almagest.brain;

import java.util.Arrays;

/**
 * A row of {@link Affinity#weight} at once, in loops without branches that the compiler turns into
 * vector instructions; equal to it but for the last digits.
 */
final class AffinityRow {
  private final Affinity affinity;
  private final long[] totals;
  private final double t;

  /** c_j; at least 1 where it divides. */
  private final double[] c;

  /** 1 / √(c_j (T − c_j)) for phi, 1 / c_j for lift; 0 where that is infinite. */
  private final double[] scale;

  AffinityRow(Affinity affinity, long[] totals, long chunks) {
    this.affinity = affinity;
    this.totals = totals;
    this.t = chunks;
    this.c = new double[totals.length];
    this.scale = new double[totals.length];
    for (int j = 0; j < c.length; j++) {
      c[j] = affinity == Affinity.OVERLAP ? Math.max(1, totals[j]) : totals[j];
      double square =
          affinity == Affinity.LIFT
              ? (double) totals[j] * totals[j]
              : (double) totals[j] * (chunks - totals[j]);
      scale[j] = square == 0 ? 0 : 1 / Math.sqrt(square);
    }
  }

  /**
   * The weights of feature i with those after it.
   *
   * @param counts c_ij at place j
   * @param into at place j > i
   */
  void fill(int i, long[] counts, double[] into) {
    int from = i + 1;
    double ci = totals[i];
    switch (affinity) {
      case SIMPLE_MATCHING -> matching(from, counts, c, ci, t, into);
      case JACCARD, DICE, OVERLAP -> {
        if (ci == 0) {
          Arrays.fill(into, from, into.length, 0);
        } else if (affinity == Affinity.JACCARD) {
          jaccard(from, counts, c, ci, into);
        } else if (affinity == Affinity.DICE) {
          dice(from, counts, c, ci, into);
        } else {
          overlap(from, counts, c, ci, into);
        }
      }
      case PHI -> phi(from, counts, c, scale, ci, scale[i], t, -1, 1, into);
      case CLIPPED_PHI -> phi(from, counts, c, scale, ci, scale[i], t, 0, 0, into);
      case LIFT -> lift(from, counts, scale, scale[i] * t, into);
      case PMI, NPMI, MUTUAL_INFORMATION -> {
        for (int j = from; j < into.length; j++) {
          into[j] = affinity.weight(totals[i], totals[j], counts[j], (long) t);
        }
      }
    }
  }

  private static void matching(
      int from, long[] counts, double[] c, double ci, double t, double[] into) {
    for (int j = from; j < into.length; j++) {
      into[j] = (t - ci - c[j] + 2.0 * counts[j]) / t;
    }
  }

  private static void jaccard(int from, long[] counts, double[] c, double ci, double[] into) {
    for (int j = from; j < into.length; j++) {
      double both = counts[j];
      into[j] = both / (ci + c[j] - both);
    }
  }

  private static void dice(int from, long[] counts, double[] c, double ci, double[] into) {
    for (int j = from; j < into.length; j++) {
      into[j] = 2.0 * counts[j] / (ci + c[j]);
    }
  }

  private static void overlap(int from, long[] counts, double[] c, double ci, double[] into) {
    for (int j = from; j < into.length; j++) {
      into[j] = counts[j] / Math.min(ci, c[j]);
    }
  }

  private static void phi(
      int from,
      long[] counts,
      double[] c,
      double[] scale,
      double ci,
      double scaleI,
      double t,
      double least,
      double shift,
      double[] into) {
    for (int j = from; j < into.length; j++) {
      into[j] = Math.max(least, (t * counts[j] - ci * c[j]) * (scaleI * scale[j])) + shift;
    }
  }

  private static void lift(int from, long[] counts, double[] scale, double factor, double[] into) {
    for (int j = from; j < into.length; j++) {
      into[j] = counts[j] * (factor * scale[j]);
    }
  }
}
