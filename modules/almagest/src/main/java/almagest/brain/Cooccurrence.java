package almagest.brain;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How many chunks hold both features of a pair: c_ij, exact. The diagonal c_ii is the number of
 * chunks in which feature i fires. Only the upper triangle is kept, row by row, in native memory: 2
 * n² bytes (0.54 GB for 16,384 features, 8.6 GB for 65,536).
 *
 * <p>Counts are held as int32 because none exceeds the number of chunks; files with more than 2^31
 * − 1 chunks are refused.
 */
public final class Cooccurrence {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  private final int features;
  private final long chunks;
  private final MemorySegment triangle;

  /** Zero counts. */
  Cooccurrence(int features, long chunks) {
    this.features = features;
    this.chunks = chunks;
    this.triangle = Arena.ofAuto().allocate(INT.byteSize() * entries(features), 64);
  }

  private static long entries(long n) {
    return n * (n + 1) / 2;
  }

  /** Where (i, i) lies in the triangle; (i, j) with j ≥ i lies j − i further. */
  private long start(long i) {
    return i * features - i * (i - 1) / 2;
  }

  /** Counts all pairs; see {@link CooccurrenceCounter} for how. */
  public static Cooccurrence count(Chunks chunks, Workers workers) {
    return count(chunks, workers, Progress.NONE);
  }

  /** As {@link #count(Chunks, Workers)}, reporting chunks done. */
  public static Cooccurrence count(Chunks chunks, Workers workers, Progress progress) {
    Cooccurrence counts = new Cooccurrence(chunks.features(), chunks.count());
    new CooccurrenceCounter(chunks, counts, workers).run(progress);
    return counts;
  }

  /** The number of features, n. */
  public int features() {
    return features;
  }

  /** The number of chunks, T. */
  public long chunks() {
    return chunks;
  }

  /** c_ij; symmetric. */
  public long count(int i, int j) {
    Objects.checkIndex(i, features);
    Objects.checkIndex(j, features);
    long at = i <= j ? start(i) + j - i : start(j) + i - j;
    return triangle.getAtIndex(INT, at);
  }

  /** The diagonal: in how many chunks each feature fires [features]. */
  public int[] featureCounts() {
    int[] counts = new int[features];
    for (int i = 0; i < features; i++) {
      counts[i] = triangle.getAtIndex(INT, start(i));
    }
    return counts;
  }

  /** Copies c_i,from … c_i,to−1 into {@code into} at {@code at}; from ≥ i. */
  void copyRow(int i, int from, int to, int[] into, int at) {
    MemorySegment.copy(triangle, INT, (start(i) + from - i) * Integer.BYTES, into, at, to - from);
  }

  /** Overwrites c_i,from … from {@code values[at] …}; from ≥ i. */
  void setRow(int i, int from, int[] values, int at, int length) {
    MemorySegment.copy(values, at, triangle, INT, (start(i) + from - i) * Integer.BYTES, length);
  }

  /** Adds {@code more[at] …} to c_i,j for j = columns[from] … columns[to − 1], all of them ≥ i. */
  void addRow(int i, int[] columns, int from, int to, int[] more, int at) {
    long row = start(i) - i;
    for (int c = from; c < to; c++) {
      long place = row + columns[c];
      triangle.setAtIndex(INT, place, triangle.getAtIndex(INT, place) + more[at + c - from]);
    }
  }

  /**
   * The sum of counts over corpora that share no chunk.
   *
   * @throws InputException when the numbers of features differ or the chunks pass 2^31 − 1
   */
  public static Cooccurrence merge(List<Cooccurrence> parts) {
    if (parts.isEmpty()) {
      throw new InputException("expected at least one co-occurrence to merge");
    }
    int n = parts.getFirst().features;
    long total = 0;
    for (Cooccurrence part : parts) {
      if (part.features != n) {
        throw new InputException(
            "cannot merge co-occurrences of " + n + " and " + part.features + " features");
      }
      total += part.chunks;
    }
    if (total > Integer.MAX_VALUE) {
      throw new InputException("merging gives " + total + " chunks, more than 2^31 - 1");
    }
    Cooccurrence sum = new Cooccurrence(n, total);
    int[] row = new int[n];
    int[] more = new int[n];
    for (int i = 0; i < n; i++) {
      Arrays.fill(row, 0);
      for (Cooccurrence part : parts) {
        part.copyRow(i, i, n, more, 0);
        for (int j = 0; j < n - i; j++) {
          row[j] += more[j];
        }
      }
      sum.setRow(i, i, row, 0, n - i);
    }
    return sum;
  }

  /**
   * Reads the published layout: {@code histogram} [n, n] of integers and {@code n_chunks}.
   *
   * @throws InputException when it is not square, asymmetric, negative, a pair counts more often
   *     than one of its features, or a feature more often than there are chunks
   */
  public static Cooccurrence read(Path file) {
    Map<String, NpyArray> arrays = Npz.read(file);
    NpyArray histogram = Npz.get(arrays, "histogram", file);
    int[] shape = histogram.shape();
    if (shape.length != 2 || shape[0] != shape[1] || shape[0] == 0) {
      throw InputException.in(
          file, "histogram", "expected [n, n], found " + Arrays.toString(shape), "");
    }
    long chunks = chunks(Npz.get(arrays, "n_chunks", file), file);
    int[] values;
    try {
      values = histogram.ints();
    } catch (InputException e) {
      throw InputException.in(
          file, "histogram", "expected integers below 2^31 (" + e.getMessage() + ")", "");
    }
    return of(values, shape[0], chunks, file.toString());
  }

  private static long chunks(NpyArray array, Path file) {
    long[] values;
    try {
      values = array.longs();
    } catch (InputException e) {
      throw InputException.in(file, "n_chunks", "expected an integer", "");
    }
    if (values.length != 1 || values[0] < 0 || values[0] > Integer.MAX_VALUE) {
      throw InputException.in(
          file,
          "n_chunks",
          "expected one number from 0 to 2^31 - 1, found " + Arrays.toString(values),
          "");
    }
    return values[0];
  }

  /**
   * Checked counts from a full matrix.
   *
   * @param histogram [n × n], row-major
   * @param origin what to call it in an error
   */
  public static Cooccurrence of(int[] histogram, int n, long chunks, String origin) {
    if (histogram.length != (long) n * n) {
      throw new IllegalArgumentException(histogram.length + " values are not " + n + " x " + n);
    }
    Cooccurrence counts = new Cooccurrence(n, chunks);
    for (int i = 0; i < n; i++) {
      int own = histogram[i * n + i];
      if (own > chunks) {
        throw bad(
            origin, i, i, own, "more than n_chunks = " + chunks, "do the two belong together?");
      }
      for (int j = i; j < n; j++) {
        int c = histogram[i * n + j];
        if (c != histogram[j * n + i]) {
          throw bad(
              origin,
              i,
              j,
              c,
              "but " + histogram[j * n + i] + " transposed",
              "counts are symmetric");
        }
        if (c < 0) {
          throw bad(origin, i, j, c, "negative", "did the counts overflow?");
        }
        if (c > Math.min(own, histogram[j * n + j])) {
          throw bad(
              origin,
              i,
              j,
              c,
              "more than min(c_i, c_j) = " + Math.min(own, histogram[j * n + j]),
              "a pair cannot fire more often than its features");
        }
      }
      counts.setRow(i, i, histogram, i * n + i, n - i);
    }
    return counts;
  }

  private static InputException bad(
      String origin, int i, int j, int found, String problem, String advice) {
    return new InputException(
        "%s, histogram[%d, %d]: found %d, %s; %s".formatted(origin, i, j, found, problem, advice));
  }

  /** Whole rows i0 … i1 − 1 [(i1 − i0) × n], both sides of the diagonal. */
  int[] fullRows(int i0, int i1) {
    int n = features;
    int height = i1 - i0;
    int[] rows = new int[Math.multiplyExact(height, n)];
    int[] strip = new int[height];
    for (int j = 0; j < i0; j++) {
      copyRow(j, i0, i1, strip, 0);
      for (int i = 0; i < height; i++) {
        rows[i * n + j] = strip[i];
      }
    }
    for (int i = i0; i < i1; i++) {
      copyRow(i, i, n, rows, (i - i0) * n + i);
      for (int j = i0; j < i; j++) {
        rows[(i - i0) * n + j] = rows[(j - i0) * n + i];
      }
    }
    return rows;
  }

  /**
   * The counts among some features.
   *
   * @param kept ascending
   */
  public Cooccurrence selectFeatures(int[] kept) {
    Cooccurrence part = new Cooccurrence(kept.length, chunks);
    int[] row = new int[features];
    int[] few = new int[kept.length];
    for (int i = 0; i < kept.length; i++) {
      copyRow(kept[i], kept[i], features, row, kept[i]);
      for (int j = i; j < kept.length; j++) {
        few[j - i] = row[kept[j]];
      }
      part.setRow(i, i, few, 0, kept.length - i);
    }
    return part;
  }

  /** The full matrix [n × n], row-major; only below 46,341 features. */
  public int[] toArray() {
    int n = features;
    int[] full = new int[Math.multiplyExact(n, n)];
    for (int i = 0; i < n; i++) {
      copyRow(i, i, n, full, i * n + i);
    }
    // In squares, so that both sides of the diagonal stay in cache.
    int square = 64;
    for (int i0 = 0; i0 < n; i0 += square) {
      for (int j0 = 0; j0 <= i0; j0 += square) {
        for (int i = i0; i < Math.min(n, i0 + square); i++) {
          for (int j = j0; j < Math.min(i, j0 + square); j++) {
            full[i * n + j] = full[j * n + i];
          }
        }
      }
    }
    return full;
  }

  /** Writes the published layout. */
  public void write(Path file) {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("histogram", NpyArray.of(toArray(), features, features));
    arrays.put("n_chunks", NpyArray.scalar(chunks));
    Npz.write(file, arrays);
  }
}
