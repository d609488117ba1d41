/**
 * Products and decompositions on OpenBLAS, called through the foreign function interface. {@link
 * almagest.linalg.Blas} cuts products into fixed tiles with one BLAS thread each, so that the same
 * inputs give the same bits on any number of our threads; {@link almagest.linalg.Lapack} gives the
 * solvers, which thread inside, a fixed number of threads.
 */
@NullMarked
package almagest.linalg;

import org.jspecify.annotations.NullMarked;
