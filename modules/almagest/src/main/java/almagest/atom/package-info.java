/**
 * The atom scale: crystals. Pairs of words that stand in one relation give difference vectors
 * ({@link almagest.atom.Differences}); {@link almagest.atom.Lda} finds the directions in which
 * relations differ more than pairs of one relation do, so that what is left out holds the
 * distractors (word length and the like; {@link almagest.atom.Distractors} says which); {@link
 * almagest.atom.Faces} says how good the parallelograms and trapezoids are before and after, {@link
 * almagest.atom.SilhouetteCurve} how far relations are apart; {@link almagest.atom.Crystals} puts
 * it together, with the controls that say what chance would give. {@link almagest.atom.RelationSet}
 * joins relations and words, {@link almagest.atom.WordVectors} reads words from a model, {@link
 * almagest.atom.Analogies} asks analogy questions, and {@link almagest.atom.LayerResult} is
 * everything about one layer.
 *
 * <p>The other way round, {@link almagest.atom.CrystalSearch} is given a cloud and no relations: it
 * finds every face within limits ({@link almagest.atom.FaceSearch}, exact) and weighs the list
 * against structureless clouds; {@link almagest.atom.FaceGroups} and {@link
 * almagest.atom.DifferenceClusters} put differences together.
 */
@NullMarked
package almagest.atom;

import org.jspecify.annotations.NullMarked;
