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
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * What an SAE's features do on a stream of tokens: chunks, counts, contexts. Give it all tokens in
 * order, then {@link #write}.
 */
public final class Firings implements FeatureConsumer {
  private final Tokens tokens;
  private final List<ChunkBuilder.Options> chunkings;
  private final List<ChunkBuilder> builders;
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
    this(features, tokens, List.of(chunking), seed);
  }

  /**
   * For several lengths of chunks in one pass.
   *
   * @param chunkings of one threshold
   */
  public Firings(int features, Tokens tokens, List<ChunkBuilder.Options> chunkings, Seed seed) {
    this.tokens = tokens;
    this.chunkings = List.copyOf(chunkings);
    this.builders = chunkings.stream().map(c -> new ChunkBuilder(features, c)).toList();
    ChunkBuilder.Options chunking = chunkings.getFirst();
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
        for (ChunkBuilder builder : builders) {
          builder.add(before, tokens.typeOfDocument[before], features, from, r);
        }
        from = r;
      }
    }
    counter.accept(first, features);
    examples.accept(first, features);
  }

  /** The chunks of everything that came, of the first length. */
  Chunks chunks() {
    return builders.getFirst().build(tokens.types);
  }

  /**
   * Writes {@code chunks.npz}, {@code types.json}, {@code cooccurrence.npz} and {@code
   * occurrences.npz}; with several lengths of chunks {@code chunks-LENGTH.npz} and {@code
   * cooccurrence-LENGTH.npz} of each.
   *
   * @return the chunks of each length
   */
  public List<Chunks> write(Path folder, Workers workers, Progress progress) {
    List<Chunks> all = new ArrayList<>();
    for (int i = 0; i < builders.size(); i++) {
      String suffix = builders.size() == 1 ? "" : "-" + chunkings.get(i).length();
      Chunks chunks = builders.get(i).build(tokens.types);
      chunks.write(folder.resolve("chunks" + suffix + ".npz"));
      Cooccurrence.count(chunks, workers, progress)
          .write(folder.resolve("cooccurrence" + suffix + ".npz"));
      all.add(chunks);
    }
    Json.write(folder.resolve("types.json"), Json.tree(tokens.types));
    counter.result().write(folder.resolve("occurrences.npz"));
    return all;
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
