package almagest.linalg;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;

/**
 * The native library: loaded once, one BLAS thread by default. OpenBLAS keeps its thread count in a
 * global, so products hold the read lock and a solver that wants more threads holds the write lock
 * while it runs.
 */
final class OpenBlas {
  /** How many threads a LAPACK solver uses; a constant, because another count gives other bits. */
  static final int SOLVER_THREADS = 2;

  static final ReentrantReadWriteLock THREADS = new ReentrantReadWriteLock();

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup SYMBOLS;
  private static final MethodHandle SET_NUM_THREADS;

  static {
    Loader.load(openblas.class);
    SYMBOLS = SymbolLookup.loaderLookup();
    SET_NUM_THREADS =
        function(
            "openblas_set_num_threads",
            FunctionDescriptor.ofVoid(java.lang.foreign.ValueLayout.JAVA_INT));
    setThreads(1);
  }

  private OpenBlas() {}

  static MethodHandle function(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        SYMBOLS.find(name).orElseThrow(() -> new IllegalStateException("OpenBLAS has no " + name)),
        descriptor);
  }

  /** A descriptor of a void function. */
  static FunctionDescriptor procedure(MemoryLayout... arguments) {
    return FunctionDescriptor.ofVoid(arguments);
  }

  static void setThreads(int threads) {
    try {
      SET_NUM_THREADS.invokeExact(threads);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  static RuntimeException failed(Throwable e) {
    return switch (e) {
      case RuntimeException r -> r;
      case Error r -> throw r;
      default -> new IllegalStateException(e);
    };
  }
}
