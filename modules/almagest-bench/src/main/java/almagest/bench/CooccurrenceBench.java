package almagest.bench;

import almagest.brain.Chunks;
import almagest.brain.Cooccurrence;
import almagest.run.Workers;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Counts the co-occurrences of a {@code chunks.npz}. Usage: CooccurrenceBench DATA [CHUNKS]; beside
 * it, the peers' {@code cooc} stage on the same directory.
 */
final class CooccurrenceBench {
  private CooccurrenceBench() {}

  public static void main(String[] args) {
    Chunks all = Chunks.read(Path.of(args[0], "chunks.npz"));
    Chunks chunks =
        args.length > 1 ? all.select(IntStream.range(0, Integer.parseInt(args[1])).toArray()) : all;
    try (Workers workers = Workers.ofAllProcessors()) {
      Timing.measure(
          "cooc %d features, %d chunks".formatted(chunks.features(), chunks.count()),
          3,
          () -> Cooccurrence.count(chunks, workers),
          counts -> {
            long trace = 0;
            for (long c : counts.featureCounts()) {
              trace += c;
            }
            return Map.of("trace", trace);
          });
    }
  }
}
