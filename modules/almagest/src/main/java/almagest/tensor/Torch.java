package almagest.tensor;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/**
 * The native library, loaded once and told to compute in the calling thread alone: parallelism is
 * the caller's, over pieces that do not depend on the number of threads, because another number of
 * threads inside an operation gives other bits.
 */
final class Torch {
  private static final boolean ONE_DNN;

  static {
    Loader.load(torch.class);
    torch.set_num_threads(1);
    openblas_nolapack.blas_set_num_threads(1);
    ONE_DNN = torch.hasMKLDNN();
  }

  private Torch() {}

  /** Makes sure that the library is there. */
  static void load() {
    // The static initialiser has done it.
  }

  /** Memory at an address; whoever wraps it keeps the memory alive. */
  static final class Address extends Pointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }

  static boolean hasOneDnn() {
    return ONE_DNN;
  }

  static boolean hasCuda() {
    return torch.cuda_is_available();
  }
}
