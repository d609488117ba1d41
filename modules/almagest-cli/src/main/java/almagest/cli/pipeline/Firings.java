package almagest.cli.pipeline;

import almagest.brain.ChunkBuilder;
import almagest.brain.Chunks;
import almagest.brain.Cooccurrence;
import almagest.feature.ExampleFile;
import almagest.feature.Examples;
import almagest.feature.FeatureConsumer;
import almagest.feature.Occurrences;
import almagest.format.Json;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.SparseRows;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;

/**
 * What an SAE's features do on a stream of tokens: chunks, counts, contexts. Give it all tokens in
 * order, then {@link #write}.
 */
public final class Firings implements FeatureConsumer {
  private final Tokens tokens;
  private final ChunkBuilder builder;
  private final Occurrences.Counter counter;
  private final Examples examples;

  /**
   * The tokens that will come.
   *
   * @param document [tokens] the document of each
   * @param id [tokens] its vocabulary entry
   * @param typeOfDocument [documents]
   * @param types names of the document types
   */
  public record Tokens(int[] document, int[] id, short[] typeOfDocument, List<String> types) {}

  /**
   * @param features of the SAE
   * @param chunking length, threshold and what to do with tails
   */
  public Firings(int features, Tokens tokens, ChunkBuilder.Options chunking, Seed seed) {
    this.tokens = tokens;
    this.builder = new ChunkBuilder(features, chunking);
    short[] type = new short[tokens.document.length];
    for (int i = 0; i < type.length; i++) {
      type[i] = tokens.typeOfDocument[tokens.document[i]];
    }
    this.counter =
        new Occurrences.Counter(features, tokens.types.size(), type, chunking.threshold());
    Examples.Options shown = Examples.Options.DEFAULT;
    this.examples =
        new Examples(
            features,
            tokens.document,
            new Examples.Options(shown.top(), shown.sample(), shown.radius(), chunking.threshold()),
            seed);
  }

  @Override
  public void accept(long first, SparseRows features) {
    int from = 0;
    for (int r = 1; r <= features.rows(); r++) {
      int before = tokens.document[(int) first + r - 1];
      if (r == features.rows() || tokens.document[(int) first + r] != before) {
        builder.add(before, tokens.typeOfDocument[before], features, from, r);
        from = r;
      }
    }
    counter.accept(first, features);
    examples.accept(first, features);
  }

  /** The chunks of everything that came. */
  Chunks chunks() {
    return builder.build(tokens.types);
  }

  /**
   * Writes {@code chunks.npz}, {@code types.json}, {@code cooccurrence.npz} and {@code
   * occurrences.npz}.
   */
  public Chunks write(Path folder, Workers workers, Progress progress) {
    Chunks chunks = chunks();
    chunks.write(folder.resolve("chunks.npz"));
    Json.write(folder.resolve("types.json"), Json.tree(chunks.types()));
    Cooccurrence.count(chunks, workers, progress).write(folder.resolve("cooccurrence.npz"));
    counter.result().write(folder.resolve("occurrences.npz"));
    return chunks;
  }

  /**
   * Writes the contexts that features fire in.
   *
   * @param display the text of a vocabulary entry
   * @param documentId the id of a document by its number
   */
  public void writeExamples(
      Path file, IntFunction<String> display, IntFunction<String> documentId) {
    ExampleFile.write(
        file,
        examples,
        new ExampleFile.Names(
            tokens.id, display, documentId, d -> tokens.types.get(tokens.typeOfDocument[d])));
  }
}
