package almagest.activation;

import almagest.corpus.Document;
import almagest.model.Context;
import almagest.model.LanguageModel;
import almagest.model.Tokenizer;
import almagest.run.InputException;
import almagest.run.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Cuts documents into windows. A window never crosses into another document. Encoders see windows
 * of text with [CLS] and [SEP] put round each; decoders see contexts that begin with BOS (or
 * whatever the model's own text begins with). Special tokens and position 0 never count.
 */
public final class Windows {
  /** Documents that are tokenised at once. */
  private static final int TOGETHER = 64;

  private final LanguageModel model;
  private final Options options;
  private final int[] before;
  private final int[] after;

  /**
   * @param context tokens of a window at most, special tokens included
   * @param perDocument windows of a document at most; the rest of its text is left out. 0 for all
   */
  public record Options(int context, int perDocument) {
    public Options {
      if (context < 2 || perDocument < 0) {
        throw new InputException(
            "--context: expected at least 2 tokens, found "
                + context
                + " with "
                + perDocument
                + " windows a document");
      }
    }

    /**
     * What suits a model: 256 tokens of text, four times a document, for an encoder (trained on
     * short texts); the first 1024 tokens of a document, BOS included, for a decoder. The context
     * is at most the model's.
     */
    public static Options of(LanguageModel model) {
      return model.hasLogits()
          ? new Options(Math.min(1024, model.contextLength()), 1)
          : new Options(
              Math.min(
                  256 + model.contextPrefix().length + model.contextSuffix().length,
                  model.contextLength()),
              4);
    }
  }

  public Windows(LanguageModel model, Options options) {
    this.model = model;
    this.options = options;
    before = model.contextPrefix();
    after = model.contextSuffix();
    if (options.context > model.contextLength()) {
      throw new InputException(
          "--context %d: %s takes at most %d tokens"
              .formatted(options.context, model.name(), model.contextLength()));
    }
    if (options.context <= before.length + after.length) {
      throw new InputException(
          "--context %d leaves no room beside %d special tokens"
              .formatted(options.context, before.length + after.length));
    }
  }

  public Options options() {
    return options;
  }

  /** The windows of texts, in the order of the documents; read while the stream is consumed. */
  public Stream<Window> ofDocuments(Stream<Document> documents, Workers workers) {
    Tokenizer tokenizer = model.tokenizer();
    Iterator<Document> source = documents.iterator();
    Iterator<List<Window>> batches =
        new Iterator<>() {
          private int next;

          @Override
          public boolean hasNext() {
            return source.hasNext();
          }

          @Override
          public List<Window> next() {
            List<Document> batch = new ArrayList<>();
            while (batch.size() < TOGETHER && source.hasNext()) {
              batch.add(source.next());
            }
            int from = next;
            next += batch.size();
            return workers
                .map(
                    batch.size(), i -> ofText(from + i, tokenizer.encodePlain(batch.get(i).text())))
                .stream()
                .flatMap(List::stream)
                .toList();
          }
        };
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(batches, Spliterator.ORDERED | Spliterator.NONNULL),
            false)
        .flatMap(List::stream)
        .onClose(documents::close);
  }

  /** The windows of a text without special tokens. */
  List<Window> ofText(int document, int[] ids) {
    int room = options.context - before.length - after.length;
    List<Window> windows = new ArrayList<>();
    for (int from = 0; from < ids.length; from += room) {
      if (options.perDocument > 0 && windows.size() == options.perDocument) {
        break;
      }
      int length = Math.min(room, ids.length - from);
      int[] all = Arrays.copyOf(before, before.length + length + after.length);
      System.arraycopy(ids, from, all, before.length, length);
      System.arraycopy(after, 0, all, before.length + length, after.length);
      int first = Math.max(1, before.length);
      if (first < before.length + length) {
        windows.add(
            new Window(document, windows.size(), Context.of(all), first, before.length + length));
      }
    }
    return windows;
  }

  /**
   * One window of a document that is given as token ids, special tokens already in place: cut off
   * at the context; position 0 (BOS) does not count.
   *
   * @param ids at least one
   */
  public Window ofIds(int document, int[] ids) {
    int[] kept = Arrays.copyOf(ids, Math.min(ids.length, options.context));
    return new Window(document, 0, Context.of(kept), 1, kept.length);
  }
}
