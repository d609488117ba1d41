package almagest.brain;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.SparseRows;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Chunks in which every feature fires in as many chunks as before, but in others, drawn without
 * regard to what else fires there. Firing frequencies are kept exactly, everything that fires
 * together by more than chance is broken.
 */
public final class ShuffledChunks {
  private ShuffledChunks() {}

  /** Shuffles each feature's column; feature f draws from {@code seed.split(f)}. */
  public static Chunks of(Chunks chunks, Seed seed, Workers workers) {
    int n = chunks.features();
    int total = chunks.count();
    int[] counts = chunks.featureCounts();
    int[][] fires = new int[n][];
    workers.run(n, f -> fires[f] = sample(total, counts[f], seed.split(f).generator()));
    long[] indptr = new long[total + 1];
    for (int[] column : fires) {
      for (int chunk : column) {
        indptr[chunk + 1]++;
      }
    }
    for (int t = 0; t < total; t++) {
      indptr[t + 1] += indptr[t];
    }
    int[] next = new int[total];
    Arrays.setAll(next, t -> (int) indptr[t]);
    int[] indices = new int[(int) indptr[total]];
    // Features in order, so every row comes out ascending.
    for (int f = 0; f < n; f++) {
      for (int chunk : fires[f]) {
        indices[next[chunk]++] = f;
      }
    }
    return new Chunks(
        SparseRows.pattern(n, indptr, indices), chunks.document(), chunks.type(), chunks.types());
  }

  /**
   * A uniformly random set of {@code count} of the numbers 0 … total − 1 (selection sampling, Knuth
   * 3.4.2 S).
   */
  private static int[] sample(int total, int count, RandomGenerator random) {
    int[] chosen = new int[count];
    int taken = 0;
    for (int t = 0; taken < count; t++) {
      if ((long) random.nextInt(total - t) < count - taken) {
        chosen[taken++] = t;
      }
    }
    return chosen;
  }
}
