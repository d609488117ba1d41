/**
 * The shape of a whole cloud of directions: its spectrum and how steeply it falls, the volume it
 * fills, and how much more clustered it is than a Gaussian of the same covariance.
 *
 * <p>Start at {@link almagest.galaxy.Galaxy}. {@link almagest.galaxy.Spectrum} reads eigenvalues,
 * {@link almagest.galaxy.SpectrumNulls} and {@link almagest.galaxy.MarchenkoPastur} say what they
 * would be of nothing, {@link almagest.galaxy.ClusteringEntropy} holds the estimator with the right
 * constants and its matched nulls, and {@link almagest.galaxy.PublishedEntropy} the article's, kept
 * beside it for comparison ("The Geometry of Concepts: Sparse Autoencoder Feature Structure",
 * arXiv:2410.19750, section 5).
 */
@NullMarked
package almagest.galaxy;

import org.jspecify.annotations.NullMarked;
