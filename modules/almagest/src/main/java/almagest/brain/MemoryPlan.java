package almagest.brain;

import almagest.run.ResourceException;
import almagest.tensor.NativeMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What cutting lobes will hold in memory at its fullest, reckoned from the sizes of the inputs
 * before anything is allocated.
 *
 * @param items what is held together
 */
public record MemoryPlan(List<Item> items) {
  /**
   * @param what in words
   * @param bytes at least
   */
  public record Item(String what, long bytes) {}

  /** Full decompositions and bases hold float64. */
  private static final long DOUBLE = 8;

  /**
   * Of chunks.
   *
   * @param entries pairs of a chunk and a feature that fires in it
   * @param decoder whether the geometric side is cut, too
   */
  public static MemoryPlan ofChunks(
      long features, long chunks, long entries, boolean decoder, Lobes.Options options) {
    List<Item> items = new ArrayList<>();
    items.add(new Item("chunks, and by feature", 8 * entries + 16 * (chunks + features)));
    boolean pairs = decoder;
    boolean implicit = false;
    for (Affinity affinity : options.affinities()) {
      boolean none = affinity == Affinity.PHI || affinity == Affinity.SIMPLE_MATCHING;
      implicit |= none;
      pairs |= !none;
    }
    if (implicit && options.method().neighbourGraph() == 0) {
      items.add(new Item("centred chunks", 8 * entries + 16 * (chunks + features)));
    }
    graph(features, pairs, options, items);
    if (pairs
        && options.method().neighbourGraph() == 0
        && features > DenseGraph.LIMIT
        && features <= Lobes.MOST_HELD) {
      items.add(new Item("counts of pairs", 2 * features * features));
    }
    solver(features, options, items);
    return new MemoryPlan(items);
  }

  /** Of counts of pairs. */
  public static MemoryPlan ofCounts(long features, Lobes.Options options) {
    List<Item> items = new ArrayList<>();
    items.add(new Item("counts of pairs", 2 * features * features));
    graph(features, true, options, items);
    solver(features, options, items);
    return new MemoryPlan(items);
  }

  private static void graph(long features, boolean pairs, Lobes.Options options, List<Item> items) {
    int near = options.method().neighbourGraph();
    if (near > 0) {
      items.add(new Item("neighbours and edges", 24L * near * features));
    } else if (features <= DenseGraph.LIMIT) {
      items.add(new Item("weights of pairs", 3 * DOUBLE * features * features));
    } else if (pairs) {
      items.add(new Item("weights of pairs, float32 tiles", 2 * features * features));
    }
  }

  private static void solver(long features, Lobes.Options options, List<Item> items) {
    long k = Math.min(features, options.ks().getLast() + 1L);
    if (features > DenseGraph.LIMIT) {
      items.add(
          k > features / SpectralEmbedding.LARGE_PART
              ? new Item(
                  "full eigensolver", DOUBLE * features * features + 3 * DOUBLE * features * k)
              : new Item("Krylov basis", DOUBLE * features * basis((int) k)));
    }
    items.add(new Item("embedding and k-means", 5 * DOUBLE * features * k));
  }

  private static long basis(int k) {
    var options = almagest.linalg.BlockLanczos.Options.of(Math.max(1, k - 1), 1);
    // Blocks in either precision, and the sums of a product with tiles.
    return options.basis() + 12L * options.block() + k;
  }

  /** All items together. */
  public long bytes() {
    return items.stream().mapToLong(Item::bytes).sum();
  }

  /**
   * Refuses what cannot fit.
   *
   * @param limit bytes that may be held; 0 for the machine's memory
   * @throws ResourceException when the plan passes them
   */
  public void check(long limit) {
    long there = limit == 0 ? NativeMemory.physicalBytes() : limit;
    if (bytes() > there) {
      throw new ResourceException(
          "%s, there is %s; use --neighbour-graph, fewer lobes, or --min-firings"
              .formatted(this, gigabytes(there)));
    }
  }

  private static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, bytes < 1e8 ? "%.3f GB" : "%.1f GB", bytes / 1e9);
  }

  /** One line: the sum and what it is made of. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("memory: about ").append(gigabytes(bytes()));
    for (int i = 0; i < items.size(); i++) {
      text.append(i == 0 ? " (" : ", ")
          .append(items.get(i).what)
          .append(' ')
          .append(gigabytes(items.get(i).bytes));
    }
    return text.append(')').toString();
  }
}
