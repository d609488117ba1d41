package almagest.atom;

import almagest.stat.NullTest;

/**
 * How well one relation makes crystals.
 *
 * @param name of the relation
 * @param pairs how many pairs
 * @param before faces of the raw differences
 * @param beforeNull cosine of the faces against pairs dealt anew inside the relation
 * @param across raw faces between this relation and the others
 * @param after faces of held-out pairs in the LDA subspace found on the other pairs, mean over
 *     folds
 * @param afterNull the cosine of {@code after} against held-out pairs dealt anew, in the same
 *     subspaces
 * @param random the same held-out faces in random subspaces of equal dimension, mean over folds
 * @param unseen faces of all its pairs in the LDA subspace found on the other relations alone
 * @param analogy before projection
 */
public record RelationQuality(
    String name,
    int pairs,
    Faces before,
    NullTest beforeNull,
    Faces across,
    Faces after,
    NullTest afterNull,
    Faces random,
    Faces unseen,
    Analogy analogy) {
  /**
   * Whether the projection helps pairs it has not seen: the held-out cosine is higher than before,
   * higher than in a random subspace, and above what dealing the pairs anew gives.
   */
  public boolean gains() {
    return after.cosine() > before.cosine()
        && after.cosine() > random.cosine()
        && afterNull.p() < 0.05;
  }
}
