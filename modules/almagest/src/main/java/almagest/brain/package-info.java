/**
 * Lobes: which features fire together, and do those that do lie together?
 *
 * <p>The road: token activations become {@link almagest.brain.Chunks} ({@link
 * almagest.brain.ChunkBuilder}), chunks become counts ({@link almagest.brain.Cooccurrence}), counts
 * become an {@link almagest.brain.Affinity}, and {@link almagest.brain.SpectralClustering} cuts the
 * features into functional lobes. {@link almagest.brain.Lobes} does it for several affinities and
 * numbers of lobes, compares each with the clusters that the decoder directions form on their own,
 * and writes {@code lobes.json}.
 */
@NullMarked
package almagest.brain;

import org.jspecify.annotations.NullMarked;
