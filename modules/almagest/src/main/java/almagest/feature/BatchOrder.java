package almagest.feature;

import almagest.run.InputException;
import almagest.run.Seed;
import java.util.random.RandomGenerator;

/**
 * Which rows make up the batch of each training step: a function of seed and step alone, so that a
 * resumed run sees what an uninterrupted one does. Each epoch shuffles runs of {@value #RUN}
 * neighbouring rows, lays them end to end, and shuffles single rows inside pools of several
 * batches; so rows are read near each other and nothing but one pool's row numbers is held.
 */
final class BatchOrder {
  static final int RUN = 256;

  private final Seed seed;
  private final long tokens;
  private final int batch;
  private final int poolBatches;
  private final long batchesPerEpoch;
  private long epochHeld = -1;
  private long poolHeld = -1;
  private int[] runs = new int[0];
  private long[] pool = new long[0];

  /**
   * @param poolTokens about how many rows are shuffled singly
   */
  BatchOrder(Seed seed, long tokens, int batch, long poolTokens) {
    if (tokens < batch) {
      throw new InputException(
          "a batch of "
              + batch
              + " rows from "
              + tokens
              + " activations; take a smaller batch or more text");
    }
    this.seed = seed;
    this.tokens = tokens;
    this.batch = batch;
    this.batchesPerEpoch = tokens / batch;
    this.poolBatches = (int) Math.max(1, Math.min(batchesPerEpoch, poolTokens / batch));
  }

  long batchesPerEpoch() {
    return batchesPerEpoch;
  }

  /** The rows of a step's batch. */
  long[] rows(long step) {
    long epoch = step / batchesPerEpoch;
    long inEpoch = step % batchesPerEpoch;
    hold(epoch, inEpoch / poolBatches);
    int offset = (int) (inEpoch % poolBatches) * batch;
    long[] rows = new long[batch];
    System.arraycopy(pool, offset, rows, 0, batch);
    return rows;
  }

  private void hold(long epoch, long poolIndex) {
    if (epoch != epochHeld) {
      runs = new int[Math.toIntExact((tokens + RUN - 1) / RUN)];
      for (int i = 0; i < runs.length; i++) {
        runs[i] = i;
      }
      RandomGenerator random = seed.split("epoch").split(epoch).generator();
      for (int i = runs.length - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int swap = runs[i];
        runs[i] = runs[j];
        runs[j] = swap;
      }
      epochHeld = epoch;
      poolHeld = -1;
    }
    if (poolIndex == poolHeld) {
      return;
    }
    long from = poolIndex * poolBatches * (long) batch;
    long to = Math.min(batchesPerEpoch * batch, from + poolBatches * (long) batch);
    pool = new long[(int) (to - from)];
    long at = 0;
    for (int run : runs) {
      long first = (long) run * RUN;
      long length = Math.min(RUN, tokens - first);
      for (long r = Math.max(0, from - at); r < Math.min(length, to - at); r++) {
        pool[(int) (at + r - from)] = first + r;
      }
      at += length;
    }
    RandomGenerator random = seed.split("pool").split(epoch).split(poolIndex).generator();
    for (int i = pool.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      long swap = pool[i];
      pool[i] = pool[j];
      pool[j] = swap;
    }
    poolHeld = poolIndex;
  }
}
