package almagest.activation;

import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Where each token of a store comes from; one entry a row.
 *
 * @param document the document's index in its corpus
 * @param position the place in its window, counted from 1 as BOS or [CLS] is 0
 * @param id the vocabulary entry
 * @param window the window's index within its document
 */
public record TokenTable(int[] document, int[] position, int[] id, int[] window) {
  public TokenTable {
    int n = document.length;
    if (position.length != n || id.length != n || window.length != n) {
      throw new IllegalArgumentException(
          "columns of %d, %d, %d and %d tokens"
              .formatted(n, position.length, id.length, window.length));
    }
  }

  public int tokens() {
    return document.length;
  }

  /** The table of some windows, in their order. */
  public static TokenTable of(Iterable<Window> windows) {
    Builder builder = new Builder();
    windows.forEach(builder::add);
    return builder.build();
  }

  /** As {@link #of(Iterable)}, keeping no window once its tokens are in the table. */
  public static TokenTable of(Stream<Window> windows) {
    Builder builder = new Builder();
    windows.forEachOrdered(builder::add);
    return builder.build();
  }

  /** Grows by windows. */
  public static final class Builder {
    private int[] document = new int[1024];
    private int[] position = new int[1024];
    private int[] id = new int[1024];
    private int[] window = new int[1024];
    private int n;

    public void add(Window w) {
      int needed = Math.addExact(n, w.tokens());
      if (needed > id.length) {
        int capacity = (int) Math.min(Integer.MAX_VALUE - 8, Math.max(needed, 3L * id.length / 2));
        document = Arrays.copyOf(document, capacity);
        position = Arrays.copyOf(position, capacity);
        id = Arrays.copyOf(id, capacity);
        window = Arrays.copyOf(window, capacity);
      }
      for (int p = w.first(); p < w.last(); p++) {
        document[n] = w.document();
        position[n] = p;
        id[n] = w.context().ids()[p];
        window[n] = w.index();
        n++;
      }
    }

    public TokenTable build() {
      return new TokenTable(
          Arrays.copyOf(document, n),
          Arrays.copyOf(position, n),
          Arrays.copyOf(id, n),
          Arrays.copyOf(window, n));
    }
  }
}
