package almagest.feature;

import almagest.activation.ActivationStore;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows of activations, [tokens, d_model] float32, that may be far more than fits in memory: read
 * row by row or in runs. Threads may read at once.
 */
public interface ActivationSource {
  long tokens();

  int dModel();

  /** Copies a row to byte {@code at} of native memory. */
  void copyRow(long row, MemorySegment into, long at);

  /** Copies rows {@code from … from + into.rows() − 1} into a matrix. */
  default void copyRows(long from, FloatMatrix into) {
    long stride = 4L * dModel();
    for (long r = 0; r < into.rows(); r++) {
      copyRow(from + r, into.data(), r * stride);
    }
  }

  /** The rows of one matrix. */
  static ActivationSource of(FloatMatrix rows) {
    return of(List.of(rows));
  }

  /**
   * The rows of several matrices, one after another.
   *
   * @param shards at least one, all of the same width
   */
  static ActivationSource of(List<FloatMatrix> shards) {
    return new Shards(shards);
  }

  /** The rows of a store on disk; shards stay mapped as long as the source is in use. */
  static ActivationSource of(ActivationStore store) {
    List<FloatMatrix> shards = new ArrayList<>();
    for (int i = 0; i < store.shards(); i++) {
      shards.add(store.shard(i));
    }
    return shards.isEmpty() ? of(FloatMatrix.zeros(0, store.dModel())) : of(shards);
  }

  /**
   * Some of these rows, as a source of its own.
   *
   * @param ranges pairs {from (inclusive), to (exclusive)}, ascending, not overlapping
   */
  default ActivationSource select(List<long[]> ranges) {
    return new Ranges(this, ranges);
  }

  /** The place of a position among runs whose ends are given. */
  private static int find(long[] starts, long position) {
    int i = Arrays.binarySearch(starts, position);
    return i >= 0 ? i : -i - 2;
  }

  /** See {@link #of(List)}. */
  final class Shards implements ActivationSource {
    private final List<FloatMatrix> shards;
    private final long[] starts;
    private final long tokens;

    private Shards(List<FloatMatrix> shards) {
      this.shards =
          shards.size() == 1
              ? List.copyOf(shards)
              : shards.stream().filter(s -> s.rows() > 0).toList();
      this.starts = new long[this.shards.size()];
      long at = 0;
      for (int i = 0; i < starts.length; i++) {
        if (this.shards.get(i).columns() != this.shards.getFirst().columns()) {
          throw new IllegalArgumentException(
              "shards are %d and %d wide"
                  .formatted(this.shards.getFirst().columns(), this.shards.get(i).columns()));
        }
        starts[i] = at;
        at += this.shards.get(i).rows();
      }
      this.tokens = at;
    }

    @Override
    public long tokens() {
      return tokens;
    }

    @Override
    public int dModel() {
      return shards.getFirst().columns();
    }

    @Override
    public void copyRow(long row, MemorySegment into, long at) {
      int s = find(starts, row);
      long bytes = 4L * dModel();
      MemorySegment.copy(shards.get(s).data(), (row - starts[s]) * bytes, into, at, bytes);
    }
  }

  /** See {@link #select}. */
  final class Ranges implements ActivationSource {
    private final ActivationSource all;
    private final long[] from;
    private final long[] starts;
    private final long tokens;

    private Ranges(ActivationSource all, List<long[]> ranges) {
      this.all = all;
      List<long[]> filled = ranges.stream().filter(r -> r[1] > r[0]).toList();
      this.from = new long[filled.size()];
      this.starts = new long[filled.size()];
      long at = 0;
      long end = 0;
      for (int i = 0; i < from.length; i++) {
        long[] r = filled.get(i);
        if (r[0] < end || r[1] > all.tokens()) {
          throw new IllegalArgumentException("ranges must ascend inside " + all.tokens() + " rows");
        }
        from[i] = r[0];
        starts[i] = at;
        at += r[1] - r[0];
        end = r[1];
      }
      this.tokens = at;
    }

    @Override
    public long tokens() {
      return tokens;
    }

    @Override
    public int dModel() {
      return all.dModel();
    }

    /** The row of the whole source that row {@code row} of the selection is. */
    public long original(long row) {
      int i = find(starts, row);
      return from[i] + row - starts[i];
    }

    @Override
    public void copyRow(long row, MemorySegment into, long at) {
      all.copyRow(original(row), into, at);
    }
  }
}
