package almagest.cli.pipeline;

import almagest.activation.ActivationStore;
import almagest.brain.ChunkBuilder;
import almagest.brain.Chunks;
import almagest.brain.Cooccurrence;
import almagest.feature.Examples;
import almagest.feature.FeatureConsumer;
import almagest.feature.FeatureStream;
import almagest.feature.Occurrences;
import almagest.feature.Sae;
import almagest.format.Json;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.SparseRows;
import java.nio.file.Path;
import java.util.List;

/**
 * What an SAE's features do on all tokens of a store, from one encoding pass: chunks, counts,
 * contexts.
 *
 * @param chunks which features fire in which chunk
 * @param occurrences on how many tokens they fire
 * @param examples the contexts they fire in
 */
record Firings(Chunks chunks, Occurrences occurrences, Examples examples) {
  static Firings of(
      Sae sae,
      ActivationStore store,
      DocumentList list,
      Settings.Brain brain,
      Seed seed,
      Workers workers,
      Progress progress) {
    int[] document = store.tokenTable().document();
    short[] typeOfDocument = list.typeOf();
    short[] type = new short[document.length];
    for (int i = 0; i < type.length; i++) {
      type[i] = typeOfDocument[document[i]];
    }
    float threshold = (float) brain.threshold();
    ChunkBuilder builder =
        new ChunkBuilder(sae.dSae(), new ChunkBuilder.Options(brain.chunk(), threshold, false));
    FeatureConsumer chunker =
        (first, features) -> addByDocument(builder, first, features, document, typeOfDocument);
    Occurrences.Counter counter =
        new Occurrences.Counter(sae.dSae(), list.types().size(), type, threshold);
    Examples.Options shown = Examples.Options.DEFAULT;
    Examples examples =
        new Examples(
            sae.dSae(),
            document,
            new Examples.Options(shown.top(), shown.sample(), shown.radius(), threshold),
            seed);
    FeatureStream.run(
        sae,
        LayerStages.all(store),
        document,
        workers,
        progress,
        List.of(chunker, counter, examples));
    return new Firings(builder.build(list.types()), counter.result(), examples);
  }

  /** Hands runs of one document's tokens to the builder. */
  private static void addByDocument(
      ChunkBuilder builder,
      long first,
      SparseRows features,
      int[] document,
      short[] typeOfDocument) {
    int from = 0;
    for (int r = 1; r <= features.rows(); r++) {
      int before = document[(int) first + r - 1];
      if (r == features.rows() || document[(int) first + r] != before) {
        builder.add(before, typeOfDocument[before], features, from, r);
        from = r;
      }
    }
  }

  /** Writes all but the contexts, which need token strings. */
  void write(Path folder, Workers workers, Progress progress) {
    chunks.write(folder.resolve("chunks.npz"));
    Json.write(folder.resolve("types.json"), Json.tree(chunks.types()));
    Cooccurrence.count(chunks, workers, progress).write(folder.resolve("cooccurrence.npz"));
    occurrences.write(folder.resolve("occurrences.npz"));
  }
}
