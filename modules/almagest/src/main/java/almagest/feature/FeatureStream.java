package almagest.feature;

import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import java.util.ArrayList;
import java.util.List;

/**
 * Encodes all stored activations once, in pieces that end where documents end, and hands the
 * features to everybody who counts something. Memory is that of one piece.
 */
public final class FeatureStream {
  private static final int PIECE = 8192;
  private static final int LONGEST = 4 * PIECE;

  private FeatureStream() {}

  /**
   * @param document [tokens], the document of each row; rows of one document are neighbours
   */
  public static void run(
      Sae sae,
      ActivationSource source,
      int[] document,
      Workers workers,
      Progress progress,
      List<FeatureConsumer> consumers) {
    if (document.length != source.tokens()) {
      throw new IllegalArgumentException(
          document.length + " document numbers for " + source.tokens() + " tokens");
    }
    try (Progress.Task task = progress.start("encoding features", source.tokens(), "tokens")) {
      for (int[] piece : pieces(document)) {
        FloatMatrix x = FloatMatrix.zeros((long) piece[1] - piece[0], source.dModel());
        source.copyRows(piece[0], x);
        SparseRows features = sae.encode(x, workers);
        for (FeatureConsumer consumer : consumers) {
          consumer.accept(piece[0], features);
        }
        task.advance(piece[1] - piece[0]);
      }
    }
  }

  /** Runs {from, to} of rows, cut at documents where these are not too long. */
  static List<int[]> pieces(int[] document) {
    List<int[]> pieces = new ArrayList<>();
    int from = 0;
    while (from < document.length) {
      int to = Math.min(document.length, from + PIECE);
      while (to < document.length && to - from < LONGEST && document[to] == document[to - 1]) {
        to++;
      }
      pieces.add(new int[] {from, to});
      from = to;
    }
    return pieces;
  }
}
