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
      return Math.max(0, value(ci, cj, cij, t) + 1);
    }
  },
  /** max(phi, 0): the correlation without its +1, so that unrelated features have no edge. */
  CLIPPED_PHI {
    @Override
    public double value(long ci, long cj, long cij, long t) {
      return Math.max(0, PHI.value(ci, cj, cij, t));
    }
  },
  /** T c_ij / (c_i c_j): how much oftener than by chance; 0 with a dead feature. */
  LIFT {
    @Override
    public double value(long ci, long cj, long cij, long t) {
      return ci == 0 || cj == 0 ? 0 : (double) t * cij / ((double) ci * cj);
    }
  },
  /**
   * Pointwise mutual information, log2 of {@link #LIFT}, in bits; 0 for a pair that never fires
   * together. It enters clustering clipped at 0, as positive PMI.
   */
  PMI {
    @Override
    public double value(long ci, long cj, long cij, long t) {
      return cij == 0 ? 0 : Math.log(LIFT.value(ci, cj, cij, t)) / LOG_2;
    }

    @Override
    public double weight(long ci, long cj, long cij, long t) {
      return Math.max(0, value(ci, cj, cij, t));
    }
  },
  /**
   * PMI over −log2(c_ij / T), from −1 (never together) through 0 (independent, or one is dead) to 1
   * (only together; Bouma 2009). It enters clustering as NPMI + 1.
   */
  NPMI {
    @Override
    public double value(long ci, long cj, long cij, long t) {
      if (ci == 0 || cj == 0) {
        return 0;
      }
      if (cij == 0) {
        return -1;
      }
      return cij == t ? 1 : PMI.value(ci, cj, cij, t) * LOG_2 / -Math.log((double) cij / t);
    }

    @Override
    public double weight(long ci, long cj, long cij, long t) {
      return Math.max(0, value(ci, cj, cij, t) + 1);
    }
  },
  /**
   * Mutual information of the two indicators, in bits; a feature's with itself is its entropy. Rare
   * features have little of it whatever they do.
   */
  MUTUAL_INFORMATION {
    @Override
    public double value(long ci, long cj, long cij, long t) {
      double bits =
          cell(cij, ci, cj, t)
              + cell(ci - cij, ci, t - cj, t)
              + cell(cj - cij, t - ci, cj, t)
              + cell(t - ci - cj + cij, t - ci, t - cj, t);
      return Math.max(0, bits / LOG_2);
    }

    private double cell(long both, long row, long column, long t) {
      return both == 0
          ? 0
          : (double) both / t * Math.log((double) both / row * ((double) t / column));
    }
  };

  private static final double LOG_2 = Math.log(2);

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
