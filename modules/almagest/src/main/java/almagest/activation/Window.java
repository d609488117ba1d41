package almagest.activation;

import almagest.model.Context;

/**
 * A piece of a document that the model sees at once, and which of its positions count.
 *
 * @param document the document's index in its corpus
 * @param index the window's index within its document
 * @param context the token ids, special tokens included
 * @param first the first position that counts, after [CLS] or BOS
 * @param last one more than the last position that counts, before [SEP]
 */
public record Window(int document, int index, Context context, int first, int last) {
  public Window {
    if (first < 0 || last < first || last > context.length()) {
      throw new IllegalArgumentException(
          "positions %d to %d of %d".formatted(first, last, context.length()));
    }
  }

  /** How many positions count. */
  public int tokens() {
    return last - first;
  }
}
