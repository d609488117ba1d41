/**
 * Arrays with a shape: {@link almagest.tensor.FloatMatrix} for point clouds and activations (native
 * or mapped memory, more than 2^31 elements), {@link almagest.tensor.SparseRows} for what fires
 * where. A matrix is a view; whoever made its memory decides how long it lives.
 */
@NullMarked
package almagest.tensor;

import org.jspecify.annotations.NullMarked;
