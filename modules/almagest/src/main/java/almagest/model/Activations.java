package almagest.model;

import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a forward pass read at its hook points, the rows of all contexts one after the other; close
 * it.
 */
public final class Activations implements AutoCloseable {
  private final Arena arena;
  private final long[] starts;
  private final int[] lengths;
  private final Map<Hook, FloatMatrix> values;
  private final @Nullable FloatMatrix logits;

  Activations(
      Arena arena,
      long[] starts,
      int[] lengths,
      Map<Hook, FloatMatrix> values,
      @Nullable FloatMatrix logits) {
    this.arena = arena;
    this.starts = starts;
    this.lengths = lengths;
    this.values = values;
    this.logits = logits;
  }

  /** The number of rows, those between contexts included. */
  public long rows() {
    return starts[starts.length - 1];
  }

  /** The row at which a context begins; that of the number of contexts is {@link #rows}. */
  public long start(int context) {
    return starts[context];
  }

  public Set<Hook> hooks() {
    return values.keySet();
  }

  /** [rows, width] of a hook that was asked for. */
  public FloatMatrix at(Hook hook) {
    FloatMatrix found = values.get(hook);
    if (found == null) {
      throw new IllegalArgumentException(hook.name() + " was not asked for");
    }
    return found;
  }

  /** The rows of one context at a hook, [length, width]; a view. */
  public FloatMatrix at(Hook hook, int context) {
    return at(hook).slice(starts[context], starts[context] + lengths[context]);
  }

  /** [rows, vocabulary], when asked for. */
  public FloatMatrix logits() {
    if (logits == null) {
      throw new IllegalStateException("logits were not asked for");
    }
    return logits;
  }

  /** The logits of one context, [length, vocabulary]; a view. */
  public FloatMatrix logits(int context) {
    return logits().slice(starts[context], starts[context] + lengths[context]);
  }

  /** Frees the memory of all matrices. */
  @Override
  public void close() {
    arena.close();
  }
}
