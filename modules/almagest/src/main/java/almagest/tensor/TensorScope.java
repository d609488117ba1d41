package almagest.tensor;

import org.bytedeco.javacpp.PointerScope;

/**
 * Owns the tensors that its thread makes while it is open, and frees them when it closes; scopes
 * nest. What shall live longer is {@linkplain #keep kept}.
 *
 * <pre>{@code
 * try (TensorScope scope = TensorScope.open()) {
 *   Tensor h = x.linear(w, b).gelu(); // both temporaries are freed at the end
 *   return scope.keep(h.linear(v, c));
 * }
 * }</pre>
 */
public final class TensorScope implements AutoCloseable {
  private final PointerScope scope;

  private TensorScope() {
    Torch.load();
    scope = new PointerScope();
  }

  /** Opens a scope of the calling thread; close it in the same thread. */
  public static TensorScope open() {
    return new TensorScope();
  }

  /** Takes a tensor out of this scope: it lives until it is closed itself. */
  public Tensor keep(Tensor tensor) {
    tensor.handle().retainReference(); // detaching gives up the scope's own reference
    scope.detach(tensor.handle());
    return tensor;
  }

  @Override
  public void close() {
    scope.close();
  }
}
