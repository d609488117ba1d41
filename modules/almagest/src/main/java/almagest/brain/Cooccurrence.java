package almagest.brain;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * How many chunks hold both features of a pair: c_ij, exact. The diagonal c_ii is the number of
 * chunks in which feature i fires. Only the upper triangle is kept, row by row, in native memory: 2
 * n² bytes (0.54 GB for 16,384 features, 8.6 GB for 65,536).
 *
 * <p>No count exceeds the number of chunks; so they are held as int32 up to 2^31 − 1 chunks, and as
 * int64, in twice the memory, beyond.
 */
public final class Cooccurrence implements PairCounts {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  /** Rows that are made whole at once. */
  private static final int STRIP = 128;

  private final int features;
  private final long chunks;
  private final boolean wide;
  private final MemorySegment triangle;

  /** Zero counts. */
  Cooccurrence(int features, long chunks) {
    this.features = features;
    this.chunks = chunks;
    this.wide = chunks > Integer.MAX_VALUE;
    long entries = (long) features * (features + 1L) / 2;
    this.triangle = NativeMemory.allocate((wide ? LONG.byteSize() : INT.byteSize()) * entries);
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

  @Override
  public int features() {
    return features;
  }

  @Override
  public long chunks() {
    return chunks;
  }

  /** Whether counts are held, and written, as int64. */
  public boolean wide() {
    return wide;
  }

  private long at(long place) {
    return wide ? triangle.getAtIndex(LONG, place) : triangle.getAtIndex(INT, place);
  }

  /** c_ij; symmetric. */
  public long count(int i, int j) {
    Objects.checkIndex(i, features);
    Objects.checkIndex(j, features);
    return at(i <= j ? start(i) + j - i : start(j) + i - j);
  }

  @Override
  public long[] featureCounts() {
    long[] counts = new long[features];
    for (int i = 0; i < features; i++) {
      counts[i] = at(start(i));
    }
    return counts;
  }

  /** Copies c_i,from … c_i,to−1 into {@code into} at {@code at}; from ≥ i. For int32 counts. */
  void copyRow(int i, int from, int to, int[] into, int at) {
    MemorySegment.copy(triangle, INT, (start(i) + from - i) * Integer.BYTES, into, at, to - from);
  }

  /** Overwrites c_i,from … from {@code values[at] …}; from ≥ i. For int32 counts. */
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

  /** Copies c_i,from … c_i,to−1 into {@code into} at {@code at}; from ≥ i. */
  void copyRow(int i, int from, int to, long[] into, int at) {
    long place = start(i) + from - i;
    if (wide) {
      MemorySegment.copy(triangle, LONG, place * Long.BYTES, into, at, to - from);
    } else {
      for (int j = 0; j < to - from; j++) {
        into[at + j] = triangle.getAtIndex(INT, place + j);
      }
    }
  }

  /** Overwrites c_i,from … from {@code values[at] …}; from ≥ i. */
  void setRow(int i, int from, long[] values, int at, int length) {
    long place = start(i) + from - i;
    for (int j = 0; j < length; j++) {
      if (wide) {
        triangle.setAtIndex(LONG, place + j, values[at + j]);
      } else {
        triangle.setAtIndex(INT, place + j, (int) values[at + j]);
      }
    }
  }

  @Override
  public void upperRows(int i0, int i1, Row row) {
    long[] counts = new long[features];
    int[] narrow = new int[wide ? 0 : features];
    for (int i = i0; i < i1; i++) {
      if (wide) {
        copyRow(i, i, features, counts, i);
      } else {
        copyRow(i, i, features, narrow, i);
        for (int j = i; j < features; j++) {
          counts[j] = narrow[j];
        }
      }
      row.take(i, counts);
    }
  }

  @Override
  public void wholeRows(int i0, int i1, Row row) {
    long[] strip = new long[STRIP];
    for (int from = i0; from < i1; from += STRIP) {
      int height = Math.min(i1 - from, STRIP);
      long[][] rows = new long[height][features];
      for (int j = 0; j < from; j++) {
        copyRow(j, from, from + height, strip, 0);
        for (int i = 0; i < height; i++) {
          rows[i][j] = strip[i];
        }
      }
      for (int i = 0; i < height; i++) {
        copyRow(from + i, from + i, features, rows[i], from + i);
        for (int j = 0; j < i; j++) {
          rows[i][from + j] = rows[j][from + i];
        }
      }
      for (int i = 0; i < height; i++) {
        row.take(from + i, rows[i]);
      }
    }
  }

  /**
   * The sum of counts over corpora that share no chunk; int64 when it has 2^31 chunks or more.
   *
   * @throws InputException when the numbers of features differ
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
      total = Math.addExact(total, part.chunks);
    }
    Cooccurrence sum = new Cooccurrence(n, total);
    long[] row = new long[n];
    long[] more = new long[n];
    for (int i = 0; i < n; i++) {
      java.util.Arrays.fill(row, 0);
      for (Cooccurrence part : parts) {
        part.copyRow(i, i, n, more, i);
        for (int j = i; j < n; j++) {
          row[j] += more[j];
        }
      }
      sum.setRow(i, i, row, i, n - i);
    }
    return sum;
  }

  /**
   * The counts among some features.
   *
   * @param kept ascending
   */
  public Cooccurrence selectFeatures(int[] kept) {
    Cooccurrence part = new Cooccurrence(kept.length, chunks);
    long[] row = new long[features];
    long[] few = new long[kept.length];
    for (int i = 0; i < kept.length; i++) {
      copyRow(kept[i], kept[i], features, row, kept[i]);
      for (int j = i; j < kept.length; j++) {
        few[j] = row[kept[j]];
      }
      part.setRow(i, i, few, i, kept.length - i);
    }
    return part;
  }

  /** The full matrix [n × n], row-major; for int32 counts of fewer than 46,341 features. */
  public int[] toArray() {
    int n = features;
    int[] full = new int[Math.multiplyExact(n, n)];
    wholeRows(
        0,
        n,
        (i, row) -> {
          for (int j = 0; j < n; j++) {
            full[i * n + j] = Math.toIntExact(row[j]);
          }
        });
    return full;
  }

  /**
   * Checked counts from a full matrix.
   *
   * @param histogram [n × n], row-major
   * @param origin what to call it in an error
   * @throws InputException as {@link #read}
   */
  public static Cooccurrence of(int[] histogram, int n, long chunks, String origin) {
    if (histogram.length != (long) n * n) {
      throw new IllegalArgumentException(histogram.length + " values are not " + n + " x " + n);
    }
    return CooccurrenceFile.checked(
        n,
        chunks,
        origin,
        (first, into, at, many) -> {
          for (int j = 0; j < many; j++) {
            into[at + j] = histogram[(int) first + j];
          }
        });
  }

  /**
   * Reads the published layout: {@code histogram} [n, n] of integers and {@code n_chunks}. The file
   * is mapped, of any size.
   *
   * @throws InputException when it is not square, asymmetric, negative, a pair counts more often
   *     than one of its features, or a feature more often than there are chunks
   */
  public static Cooccurrence read(Path file) {
    return CooccurrenceFile.read(file);
  }

  /** Writes the published layout, row after row, for any number of features. */
  public void write(Path file) {
    CooccurrenceFile.write(file, this);
  }
}
