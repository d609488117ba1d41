package almagest.feature;

import almagest.run.InputException;
import almagest.run.Seed;
import java.util.ArrayList;
import java.util.List;

/**
 * A split of activations by document: no document is in both parts, so what is learned on one can
 * be judged on the other.
 *
 * @param train the greater part
 * @param heldOut the rest
 */
public record HeldOut(ActivationSource train, ActivationSource heldOut) {
  /**
   * Each document is held out with a probability of {@code fraction}, decided by the seed and its
   * number alone.
   *
   * @param document [tokens], the document of each row; rows of one document are neighbours
   * @throws InputException when one of the parts would be empty
   */
  public static HeldOut byDocument(
      ActivationSource source, int[] document, double fraction, Seed seed) {
    if (document.length != source.tokens()) {
      throw new IllegalArgumentException(
          document.length + " document numbers for " + source.tokens() + " tokens");
    }
    List<long[]> train = new ArrayList<>();
    List<long[]> heldOut = new ArrayList<>();
    int from = 0;
    for (int r = 1; r <= document.length; r++) {
      if (r == document.length || document[r] != document[from]) {
        (isHeldOut(document[from], fraction, seed) ? heldOut : train).add(new long[] {from, r});
        from = r;
      }
    }
    if (train.isEmpty() || heldOut.isEmpty()) {
      throw new InputException(
          "holding out a share of "
              + fraction
              + " of the documents leaves one part empty; expected more documents");
    }
    return new HeldOut(source.select(train), source.select(heldOut));
  }

  /** Whether a document is held out. */
  public static boolean isHeldOut(int document, double fraction, Seed seed) {
    return seed.split("held-out documents").split(document).generator().nextDouble() < fraction;
  }
}
