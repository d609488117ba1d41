package almagest.stat;

import java.util.random.RandomGenerator;

/**
 * The numbers of NumPy's {@code RandomState(seed)}, which scikit-learn draws from when it is given
 * {@code random_state=seed}: a Mersenne Twister seeded with 32 bits. For results that someone must
 * be able to get from Python as well; everything else draws from {@link almagest.run.Seed}. Not
 * safe to share between threads.
 *
 * <p>Reference: Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed
 * uniform pseudo-random number generator" (1998), MT19937, seeded as in their version of 2002.
 */
public final class RandomState implements RandomGenerator {
  /** Words of state. */
  private static final int N = 624;

  /** The word that a new one is mixed from lies so far ahead. */
  private static final int M = 397;

  private final int[] state = new int[N];
  private int next = N;

  /**
   * @param seed of which the lower 32 bits count; NumPy takes 0 … 2³² − 1
   */
  public RandomState(long seed) {
    state[0] = (int) seed;
    for (int i = 1; i < N; i++) {
      int before = state[i - 1];
      state[i] = 1812433253 * (before ^ (before >>> 30)) + i;
    }
  }

  @Override
  public int nextInt() {
    if (next == N) {
      turn();
    }
    int y = state[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  @Override
  public long nextLong() {
    return ((long) nextInt() << 32) | (nextInt() & 0xffffffffL);
  }

  /** A multiple of 2⁻⁵³ from 0 to below 1, NumPy's {@code random_sample()}. */
  @Override
  public double nextDouble() {
    int high = nextInt() >>> 5;
    int low = nextInt() >>> 6;
    return (high * 0x1p26 + low) * 0x1p-53;
  }

  private void turn() {
    for (int i = 0; i < N; i++) {
      int y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
      state[i] = state[(i + M) % N] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
    }
    next = 0;
  }
}
