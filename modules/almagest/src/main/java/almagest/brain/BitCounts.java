package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.SparseRows;
import java.util.Arrays;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Pair counts among frequent features: one row of bits per feature, the population count of AND per
 * pair, in small rectangles of pairs so that a word that is loaded meets several others.
 */
final class BitCounts {
  private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;

  /** Chunks of one bit matrix; a row is then at most 8 KiB. */
  private static final int STRIP = 1 << 16;

  /** Features on each side of a tile that a thread takes; a multiple of 4. */
  private static final int TILE = 64;

  /** Words of a row that a tile goes over at once: 2 × 64 rows of them stay in a core's cache. */
  private static final int WORDS = 256;

  private final SparseRows pattern;
  private final int[] features;
  private final Cooccurrence counts;
  private final Workers workers;

  /** The place of a feature among {@link #features}, or −1. */
  private final int[] place;

  /**
   * @param features ascending
   */
  BitCounts(Chunks chunks, int[] features, Cooccurrence counts, Workers workers) {
    this.pattern = chunks.pattern();
    this.features = features;
    this.counts = counts;
    this.workers = workers;
    this.place = new int[chunks.features()];
    Arrays.fill(place, -1);
    for (int m = 0; m < features.length; m++) {
      place[features[m]] = m;
    }
  }

  /** Adds the counts of all pairs of the features. */
  void run() {
    int tiles = (features.length + TILE - 1) / TILE;
    for (int from = 0; from < pattern.rows(); from += STRIP) {
      int to = Math.min(pattern.rows(), from + STRIP);
      int lanes = SPECIES.length();
      int words = ((to - from + 63) / 64 + lanes - 1) / lanes * lanes;
      long[] bits = bits(from, to, words, tiles * TILE);
      workers.runPairs(tiles, (a, b) -> tile(bits, words, a * TILE, b * TILE));
    }
  }

  private long[] bits(int from, int to, int words, int rows) {
    long[] bits = new long[Math.multiplyExact(rows, words)];
    // A piece is 64 chunks, so that no two pieces write the same word.
    workers.run(
        (to - from + 63) / 64,
        w -> {
          for (int c = from + 64 * w; c < Math.min(to, from + 64 * w + 64); c++) {
            for (int e = pattern.start(c); e < pattern.end(c); e++) {
              int m = place[pattern.indices()[e]];
              if (m >= 0) {
                bits[m * words + w] |= 1L << (c - from);
              }
            }
          }
        });
    return bits;
  }

  private void tile(long[] bits, int words, int a0, int b0) {
    int[] sums = new int[TILE * TILE];
    for (int w = 0; w < words; w += WORDS) {
      int end = Math.min(words, w + WORDS);
      for (int a = 0; a < TILE; a += 2) {
        for (int b = a0 == b0 ? a / 4 * 4 : 0; b < TILE; b += 4) {
          rectangle(bits, (a0 + a) * words, (b0 + b) * words, words, w, end, sums, a * TILE + b);
        }
      }
    }
    for (int a = a0; a < Math.min(features.length, a0 + TILE); a++) {
      int from = Math.max(a, b0);
      int to = Math.min(features.length, b0 + TILE);
      counts.addRow(features[a], features, from, to, sums, (a - a0) * TILE + from - b0);
    }
  }

  /**
   * Adds 8 counts to {@code sums}, at {@code at} with rows of {@link #TILE}. Two rows by four: with
   * four by four the compiler no longer keeps the sums in registers and the loop is 14 times
   * slower.
   */
  private static void rectangle(
      long[] bits, int a, int b, int stride, int from, int to, int[] sums, int at) {
    LongVector zero = LongVector.zero(SPECIES);
    LongVector s00 = zero;
    LongVector s01 = zero;
    LongVector s02 = zero;
    LongVector s03 = zero;
    LongVector s10 = zero;
    LongVector s11 = zero;
    LongVector s12 = zero;
    LongVector s13 = zero;
    for (int w = from; w < to; w += SPECIES.length()) {
      LongVector b0 = LongVector.fromArray(SPECIES, bits, b + w);
      LongVector b1 = LongVector.fromArray(SPECIES, bits, b + stride + w);
      LongVector b2 = LongVector.fromArray(SPECIES, bits, b + 2 * stride + w);
      LongVector b3 = LongVector.fromArray(SPECIES, bits, b + 3 * stride + w);
      LongVector x = LongVector.fromArray(SPECIES, bits, a + w);
      LongVector y = LongVector.fromArray(SPECIES, bits, a + stride + w);
      s00 = s00.add(x.and(b0).lanewise(VectorOperators.BIT_COUNT));
      s01 = s01.add(x.and(b1).lanewise(VectorOperators.BIT_COUNT));
      s02 = s02.add(x.and(b2).lanewise(VectorOperators.BIT_COUNT));
      s03 = s03.add(x.and(b3).lanewise(VectorOperators.BIT_COUNT));
      s10 = s10.add(y.and(b0).lanewise(VectorOperators.BIT_COUNT));
      s11 = s11.add(y.and(b1).lanewise(VectorOperators.BIT_COUNT));
      s12 = s12.add(y.and(b2).lanewise(VectorOperators.BIT_COUNT));
      s13 = s13.add(y.and(b3).lanewise(VectorOperators.BIT_COUNT));
    }
    add(sums, at, s00, s01, s02, s03);
    add(sums, at + TILE, s10, s11, s12, s13);
  }

  private static void add(
      int[] sums, int at, LongVector s0, LongVector s1, LongVector s2, LongVector s3) {
    sums[at] += (int) s0.reduceLanes(VectorOperators.ADD);
    sums[at + 1] += (int) s1.reduceLanes(VectorOperators.ADD);
    sums[at + 2] += (int) s2.reduceLanes(VectorOperators.ADD);
    sums[at + 3] += (int) s3.reduceLanes(VectorOperators.ADD);
  }
}
