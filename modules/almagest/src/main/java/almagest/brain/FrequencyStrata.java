package almagest.brain;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Groups of features that fire about equally often. Labels dealt out inside strata keep everything
 * that frequency alone explains.
 */
public final class FrequencyStrata {
  private FrequencyStrata() {}

  /**
   * Silent features are stratum 0; the others are cut by rank of their count into {@code strata}
   * groups of nearly equal size, equal counts always together.
   *
   * @param firings how often each feature fires
   * @param strata at least 1
   * @return the stratum of each feature
   */
  public static int[] of(long[] firings, int strata) {
    if (strata < 1) {
      throw new IllegalArgumentException("at least one stratum, found " + strata);
    }
    int[] alive = IntStream.range(0, firings.length).filter(i -> firings[i] > 0).toArray();
    Integer[] order = Arrays.stream(alive).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingLong(i -> firings[i]));
    int[] stratum = new int[firings.length];
    for (int r = 0; r < order.length; r++) {
      boolean tied = r > 0 && firings[order[r]] == firings[order[r - 1]];
      stratum[order[r]] =
          tied ? stratum[order[r - 1]] : 1 + (int) ((long) r * strata / order.length);
    }
    return stratum;
  }
}
