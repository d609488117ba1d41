package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.SparseRows;

/**
 * Counts of pairs made row by row from the chunks, so that n² numbers are never held: the memory is
 * that of the chunks, twice. A row costs one increment per feature in each chunk of its feature.
 */
final class CountsOnDemand implements PairCounts {
  private final SparseRows byChunk;
  private final SparseRows byFeature;
  private final long[] totals;

  CountsOnDemand(Chunks chunks, Workers workers) {
    byChunk = chunks.pattern();
    byFeature = chunks.byFeature(workers);
    totals = new long[byFeature.rows()];
    for (int f = 0; f < totals.length; f++) {
      totals[f] = byFeature.indptr()[f + 1] - byFeature.indptr()[f];
    }
  }

  @Override
  public int features() {
    return byFeature.rows();
  }

  @Override
  public long chunks() {
    return byChunk.rows();
  }

  @Override
  public long[] featureCounts() {
    return totals.clone();
  }

  @Override
  public void upperRows(int i0, int i1, Row row) {
    int[] indices = byChunk.indices();
    // Where feature i0 or the next one stands in the list of each chunk. Rows come in order, so
    // every later feature stands one further in each of its chunks.
    int[] next = new int[byChunk.rows()];
    for (int c = 0; c < next.length; c++) {
      next[c] = lowerBound(indices, byChunk.start(c), byChunk.end(c), i0);
    }
    long[] counts = new long[features()];
    int[] few = new int[features()];
    for (int i = i0; i < i1; i++) {
      for (int e = byFeature.start(i); e < byFeature.end(i); e++) {
        int c = byFeature.indices()[e];
        increment(few, indices, next[c], byChunk.end(c));
        next[c]++;
      }
      widen(few, i, counts);
      row.take(i, counts);
    }
  }

  @Override
  public void wholeRows(int i0, int i1, Row row) {
    int[] indices = byChunk.indices();
    long[] counts = new long[features()];
    int[] few = new int[features()];
    for (int i = i0; i < i1; i++) {
      for (int e = byFeature.start(i); e < byFeature.end(i); e++) {
        int c = byFeature.indices()[e];
        increment(few, indices, byChunk.start(c), byChunk.end(c));
      }
      widen(few, 0, counts);
      row.take(i, counts);
    }
  }

  private static int lowerBound(int[] values, int from, int to, int wanted) {
    int low = from;
    int high = to;
    while (low < high) {
      int mid = (low + high) >>> 1;
      if (values[mid] < wanted) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    return low;
  }

  private static void increment(int[] counts, int[] list, int from, int to) {
    for (int q = from; q < to; q++) {
      counts[list[q]]++;
    }
  }

  /** Moves the counts over and sets them back to zero. */
  private static void widen(int[] few, int from, long[] counts) {
    for (int j = from; j < few.length; j++) {
      counts[j] = few[j];
      few[j] = 0;
    }
  }
}
