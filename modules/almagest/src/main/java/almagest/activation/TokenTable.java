package almagest.activation;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.format.Tensor;
import almagest.run.InputException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
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
  private static final String FILE = "tokens.npz";

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

  /**
   * Reads {@code tokens.npz} of a folder of shards.
   *
   * @param tokens how many the shards hold
   */
  public static TokenTable read(Path folder, long tokens) {
    Path file = folder.resolve(FILE);
    Map<String, NpyArray> arrays = Npz.read(file);
    TokenTable table =
        new TokenTable(
            Npz.get(arrays, "document", file).ints(),
            Npz.get(arrays, "position", file).ints(),
            Npz.get(arrays, "id", file).ints(),
            Npz.get(arrays, "window", file).ints());
    if (table.tokens() != tokens) {
      throw InputException.in(
          file, "", "expected " + tokens + " tokens, found " + table.tokens(), "collect it again");
    }
    return table;
  }

  /** Writes {@code tokens.npz} into a folder of shards. */
  public void write(Path folder) {
    Map<String, Tensor> columns = new LinkedHashMap<>();
    columns.put("document", Tensor.of(document));
    columns.put("position", Tensor.of(position));
    columns.put("id", Tensor.of(id));
    columns.put("window", Tensor.of(window));
    Npz.writeTensors(folder.resolve(FILE), columns);
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
