package almagest.brain;

import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.SparseRows;

/**
 * Counts pairs by two kernels, each where it is cheaper.
 *
 * <ul>
 *   <li><b>Lists.</b> In batches of chunks small enough for the cache, an inverted index tells for
 *       each feature f where it stands in the sorted lists of its chunks; row f of the upper
 *       triangle gains one at every feature that follows. Cost: one increment per pair of features
 *       in a chunk. A row belongs to one thread.
 *   <li><b>Bits.</b> Features that fire often become rows of bits over the chunks; a pair's count
 *       is the population count of AND ({@link BitCounts}). Cost: T / 64 words a pair, whatever
 *       fires.
 * </ul>
 *
 * Pairs of two frequent features go to bits, all others to lists. Which features are frequent is
 * chosen to make the estimated cost least; with none it is all lists, with all of them all bits.
 */
final class CooccurrenceCounter {
  /** Entries of a batch: their 2-byte lists and 8-byte index entries then sit in a shared cache. */
  private static final int BATCH_ENTRIES = 2_000_000;

  private static final int BATCH_CHUNKS = 1 << 14;

  /** Rows that one thread takes at once. */
  private static final int ROWS = 32;

  private final Chunks chunks;
  private final Cooccurrence counts;
  private final Workers workers;
  private final int n;
  private final boolean[] frequent;
  private final int[] frequentFeatures;

  CooccurrenceCounter(Chunks chunks, Cooccurrence counts, Workers workers) {
    this(chunks, counts, workers, FrequentFeatures.choose(chunks.featureCounts(), chunks.count()));
  }

  CooccurrenceCounter(Chunks chunks, Cooccurrence counts, Workers workers, boolean[] frequent) {
    this.chunks = chunks;
    this.counts = counts;
    this.workers = workers;
    this.n = chunks.features();
    this.frequent = frequent;
    int[] list = new int[n];
    int m = 0;
    for (int f = 0; f < n; f++) {
      if (frequent[f]) {
        list[m++] = f;
      }
    }
    this.frequentFeatures = java.util.Arrays.copyOf(list, m);
  }

  void run(Progress progress) {
    try (Progress.Task task = progress.start("co-occurrence", chunks.count(), "chunks")) {
      if (frequentFeatures.length > 0) {
        new BitCounts(chunks, frequentFeatures, counts, workers).run();
      }
      int from = 0;
      while (from < chunks.count()) {
        int to = batchEnd(from);
        countLists(from, to);
        task.advance(to - from);
        from = to;
      }
    }
  }

  private int batchEnd(int from) {
    SparseRows pattern = chunks.pattern();
    int to = from + 1;
    while (to < chunks.count()
        && to - from < BATCH_CHUNKS
        && pattern.end(to) - pattern.start(from) <= BATCH_ENTRIES) {
      to++;
    }
    return to;
  }

  /**
   * One batch. {@code rare} holds, chunk after chunk, the rare features; {@code all} all features.
   * A rare feature pairs with all that follow it, a frequent one with the rare ones that follow.
   */
  private void countLists(int from, int to) {
    SparseRows pattern = chunks.pattern();
    int[] indices = pattern.indices();
    int base = pattern.start(from);
    int entries = pattern.end(to - 1) - base;
    int[] next = new int[n + 1];
    for (int e = 0; e < entries; e++) {
      next[indices[base + e] + 1]++;
    }
    for (int f = 0; f < n; f++) {
      next[f + 1] += next[f];
    }
    int[] start = next.clone();
    // [entries] where the partners of an entry begin and end in its list.
    int[] begins = new int[entries];
    int[] ends = new int[entries];
    boolean mixed = frequentFeatures.length > 0;
    int[] rare = mixed ? new int[entries] : new int[0];
    int rares = 0;
    for (int c = from; c < to; c++) {
      int end = pattern.end(c) - base;
      int rareStart = rares;
      if (mixed) {
        for (int e = pattern.start(c) - base; e < end; e++) {
          if (!frequent[indices[base + e]]) {
            rare[rares++] = indices[base + e];
          }
        }
      }
      int rareNext = rareStart;
      for (int e = pattern.start(c) - base; e < end; e++) {
        int f = indices[base + e];
        int slot = next[f]++;
        if (frequent[f]) {
          begins[slot] = rareNext;
          ends[slot] = rares;
        } else {
          rareNext++;
          begins[slot] = e;
          ends[slot] = end;
        }
      }
    }
    if (n <= 1 << 16) {
      char[] all = narrow(indices, base, entries);
      char[] few = narrow(rare, 0, rares);
      rows(
          start,
          (f, h) -> {
            char[] list = frequent[f] ? few : all;
            for (int s = start[f]; s < start[f + 1]; s++) {
              increment(h, list, begins[s], ends[s], f);
            }
          });
    } else {
      rows(
          start,
          (f, h) -> {
            int[] list = frequent[f] ? rare : indices;
            int shift = frequent[f] ? 0 : base;
            for (int s = start[f]; s < start[f + 1]; s++) {
              increment(h, list, begins[s] + shift, ends[s] + shift, f);
            }
          });
    }
  }

  private static char[] narrow(int[] values, int from, int length) {
    char[] narrow = new char[length];
    for (int i = 0; i < length; i++) {
      narrow[i] = (char) values[from + i];
    }
    return narrow;
  }

  private interface Row {
    void count(int feature, int[] h);
  }

  private void rows(int[] start, Row row) {
    int pieces = (n + ROWS - 1) / ROWS;
    ThreadLocal<int[]> scratch = ThreadLocal.withInitial(() -> new int[n]);
    workers.run(
        pieces,
        piece -> {
          int[] h = scratch.get();
          for (int f = piece * ROWS; f < Math.min(n, (piece + 1) * ROWS); f++) {
            if (start[f] == start[f + 1]) {
              continue;
            }
            counts.copyRow(f, f, n, h, 0);
            row.count(f, h);
            counts.setRow(f, f, h, 0, n - f);
          }
        });
  }

  private static void increment(int[] h, char[] list, int from, int to, int f) {
    for (int q = from; q < to; q++) {
      h[list[q] - f]++;
    }
  }

  private static void increment(int[] h, int[] list, int from, int to, int f) {
    for (int q = from; q < to; q++) {
      h[list[q] - f]++;
    }
  }
}
