/**
 * Sparse autoencoders and what their features do. Start with {@link almagest.feature.Sae}: it opens
 * a published SAE or one that {@link almagest.feature.SaeTrainer} made, turns activations into
 * sparse features and back. {@link almagest.feature.SaeEvaluation} says how faithful it is, {@link
 * almagest.feature.FeatureStream} runs it once over all stored activations and feeds {@link
 * almagest.feature.Occurrences} (how often a feature fires), {@link almagest.feature.Examples} (the
 * contexts in which it fires most) and whatever a later stage counts; {@link
 * almagest.feature.Neighbours} finds the decoder directions that lie closest to each other.
 */
@NullMarked
package almagest.feature;

import org.jspecify.annotations.NullMarked;
