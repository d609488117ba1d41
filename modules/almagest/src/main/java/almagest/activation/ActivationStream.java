package almagest.activation;

import almagest.model.Activations;
import almagest.model.Context;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * Runs a model over windows and hands its activations on in blocks of bounded size, in order,
 * several hook points in one pass. Where a block ends depends on the windows alone, and so do the
 * bits.
 */
public final class ActivationStream {
  /** Floats of one hook point in a block: 64 MiB. */
  private static final long BLOCK_FLOATS = 1L << 24;

  private final LanguageModel model;
  private final Set<Hook> hooks;
  private final int blockTokens;

  /**
   * Some windows and what the model makes of them.
   *
   * @param index counted from 0
   * @param windows whole ones, in order
   * @param tokens where each row comes from
   * @param values by hook, [tokens, width]; valid until the receiver returns
   */
  public record Block(
      int index, List<Window> windows, TokenTable tokens, Map<Hook, FloatMatrix> values) {}

  /** Takes blocks in order. */
  @FunctionalInterface
  public interface Receiver {
    void accept(Block block);
  }

  /** Blocks of the usual size. */
  public ActivationStream(LanguageModel model, Set<Hook> hooks) {
    this(
        model,
        hooks,
        (int) Math.max(1024, BLOCK_FLOATS / hooks.stream().mapToInt(model::width).max().orElse(1)));
  }

  /**
   * @param blockTokens a block ends with the window that reaches so many
   */
  public ActivationStream(LanguageModel model, Set<Hook> hooks, int blockTokens) {
    if (hooks.isEmpty() || blockTokens < 1) {
      throw new IllegalArgumentException(hooks.size() + " hooks, blocks of " + blockTokens);
    }
    this.model = model;
    this.hooks = Set.copyOf(hooks);
    this.blockTokens = blockTokens;
  }

  /** Runs all windows. */
  public void run(Iterator<Window> windows, Workers workers, Receiver receiver) {
    run(windows, workers, index -> true, receiver);
  }

  /**
   * Runs the windows of the blocks that are wanted; the others are handed on without values.
   *
   * @param wanted by the index of a block
   */
  public void run(
      Iterator<Window> windows, Workers workers, IntPredicate wanted, Receiver receiver) {
    for (int index = 0; windows.hasNext(); index++) {
      List<Window> block = new ArrayList<>();
      for (int tokens = 0; tokens < blockTokens && windows.hasNext(); ) {
        Window window = windows.next();
        block.add(window);
        tokens += window.tokens();
      }
      TokenTable table = TokenTable.of(block);
      if (!wanted.test(index)) {
        receiver.accept(new Block(index, block, table, Map.of()));
        continue;
      }
      List<Context> contexts = block.stream().map(Window::context).toList();
      try (Activations all = model.forward(contexts, LanguageModel.Request.of(hooks), workers)) {
        Map<Hook, FloatMatrix> values = new TreeMap<>();
        for (Hook hook : hooks) {
          values.put(hook, kept(all, hook, block));
        }
        receiver.accept(new Block(index, block, table, values));
      }
    }
  }

  /** Moves the rows that count together, in place, and gives a view of them. */
  private static FloatMatrix kept(Activations all, Hook hook, List<Window> windows) {
    FloatMatrix rows = all.at(hook);
    long to = 0;
    for (int w = 0; w < windows.size(); w++) {
      Window window = windows.get(w);
      long from = all.start(w) + window.first();
      MemorySegment.copy(
          rows.slice(from, from + window.tokens()).data(),
          0,
          rows.slice(to, to + window.tokens()).data(),
          0,
          (long) window.tokens() * rows.columns() * Float.BYTES);
      to += window.tokens();
    }
    return rows.slice(0, to);
  }
}
