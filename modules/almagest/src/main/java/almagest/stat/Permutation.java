package almagest.stat;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Random orders of things. */
public final class Permutation {
  private Permutation() {}

  /** A uniformly random permutation of 0 … n − 1 (Fisher and Yates). */
  public static int[] of(int n, RandomGenerator random) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    shuffle(order, random);
    return order;
  }

  /** A uniformly random permutation among those that keep every stratum in its places. */
  public static int[] within(int[] stratum, RandomGenerator random) {
    int[] rank = Contingency.ranks(stratum);
    int strata = 0;
    for (int r : rank) {
      strata = Math.max(strata, r + 1);
    }
    int[] start = new int[strata + 1];
    for (int r : rank) {
      start[r + 1]++;
    }
    for (int s = 0; s < strata; s++) {
      start[s + 1] += start[s];
    }
    int[] members = new int[rank.length];
    int[] next = start.clone();
    for (int i = 0; i < rank.length; i++) {
      members[next[rank[i]]++] = i;
    }
    int[] order = new int[rank.length];
    for (int s = 0; s < strata; s++) {
      int[] dealt = Arrays.copyOfRange(members, start[s], start[s + 1]);
      shuffle(dealt, random);
      for (int i = 0; i < dealt.length; i++) {
        order[members[start[s] + i]] = dealt[i];
      }
    }
    return order;
  }

  private static void shuffle(int[] order, RandomGenerator random) {
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
  }
}
