package almagest.brain;

import almagest.run.InputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How alike two features are, from the chunks that hold them: c_i, c_j, both c_ij, of T.
 *
 * <p>A feature that never fires (dead) or always fires makes some of these 0 / 0; that is 0, so a
 * dead feature has affinity 0 with all (also itself), except in simple matching, where never firing
 * together counts as agreement, and under {@link #PHI}, whose +1 makes it neutral. Values follow
 * Tan, Kumar and Srivastava, "Selecting the right interestingness measure for association patterns"
 * (2002), and are what scikit-learn and SciPy give where they have the measure.
 */
public enum Affinity {
  /** (n11 + n00) / T: the share of chunks on which the two agree. */
  SIMPLE_MATCHING {
    @Override
    public double value(long ci, long cj, long cij, long t) {
      return (double) (t - ci - cj + 2 * cij) / t;
    }
  },
  /** c_ij / (c_i + c_j − c_ij). */
  JACCARD {
    @Override
    public double value(long ci, long cj, long cij, long t) {
      return ratio(cij, ci + cj - cij);
    }
  },
  /** 2 c_ij / (c_i + c_j), a monotone map of Jaccard's. */
  DICE {
    @Override
    public double value(long ci, long cj, long cij, long t) {
      return ratio(2 * cij, ci + cj);
    }
  },
  /** c_ij / min(c_i, c_j): 1 when one's chunks contain the other's. */
  OVERLAP {
    @Override
    public double value(long ci, long cj, long cij, long t) {
      return ratio(cij, Math.min(ci, cj));
    }
  },
  /**
   * Pearson's correlation of the two indicators, (T c_ij − c_i c_j) / √(c_i (T − c_i) c_j (T −
   * c_j)); 0 for a dead or always-on feature. It enters clustering as phi + 1, so that no weight is
   * negative.
   */
  PHI {
    @Override
    public double value(long ci, long cj, long cij, long t) {
      double denominator = Math.sqrt((double) ci * (t - ci)) * Math.sqrt((double) cj * (t - cj));
      return denominator == 0 ? 0 : (t * cij - ci * cj) / denominator;
    }

    @Override
    public double weight(long ci, long cj, long cij, long t) {
      return value(ci, cj, cij, t) + 1;
    }
  };

  /**
   * The affinity of a pair; symmetric in the two features.
   *
   * @param ci chunks that hold the first feature
   * @param cj chunks that hold the second
   * @param cij chunks that hold both, at most min(c_i, c_j)
   * @param t all chunks, at least 1 and below 2^31
   */
  public abstract double value(long ci, long cj, long cij, long t);

  /** The weight of the pair in the graph that is clustered, at least 0. */
  public double weight(long ci, long cj, long cij, long t) {
    return value(ci, cj, cij, t);
  }

  private static double ratio(long a, long b) {
    return b == 0 ? 0 : (double) a / b;
  }

  /** The name in options and files: {@code simple-matching}, {@code phi}, … */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The affinity of that name.
   *
   * @throws InputException when there is none
   */
  public static Affinity parse(String label) {
    for (Affinity affinity : values()) {
      if (affinity.label().equals(label)) {
        return affinity;
      }
    }
    throw new InputException(
        "--affinity: found \""
            + label
            + "\", expected one of "
            + Arrays.stream(values()).map(Affinity::label).collect(Collectors.joining(", ")));
  }
}
