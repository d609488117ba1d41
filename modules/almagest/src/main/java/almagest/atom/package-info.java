/**
 * The atom scale: crystals. Pairs of words that stand in one relation give difference vectors
 * ({@link almagest.atom.Differences}); {@link almagest.atom.Lda} finds the directions in which
 * relations differ more than pairs of one relation do, so that what is left out holds the
 * distractors (word length and the like); {@link almagest.atom.Faces} says how good the
 * parallelograms and trapezoids are before and after; {@link almagest.atom.Crystals} puts it
 * together, with the controls that say what chance would give.
 */
@NullMarked
package almagest.atom;

import org.jspecify.annotations.NullMarked;
