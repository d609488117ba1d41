package almagest.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
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
  private static final boolean BF16 = processorMultipliesBf16();

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

  /** Whether oneDNN finds instructions for bf16 in this processor: those of AVX-512 or AMX. */
  static boolean hasBf16() {
    return ONE_DNN && BF16;
  }

  private static boolean processorMultipliesBf16() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(flags -> Set.of(flags.substring(flags.indexOf(':') + 1).trim().split(" ")))
          .filter(flags -> flags.contains("avx512_bf16") || flags.contains("amx_bf16"))
          .isPresent();
    } catch (IOException | UncheckedIOException e) {
      return false; // not Linux; everything works without
    }
  }

  static boolean hasCuda() {
    return torch.cuda_is_available();
  }
}
