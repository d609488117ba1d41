package almagest.cli.pipeline;

import almagest.linalg.Blas;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;

/** How fast this machine multiplies, measured in a tenth of a second. */
final class MachineRate {
  private MachineRate() {}

  /** Float32 multiply-adds per second of one thread. */
  static double multiplyAdds() {
    int n = 512;
    FloatMatrix a = FloatMatrix.zeros(n, n);
    FloatMatrix c = FloatMatrix.zeros(n, n);
    try (Workers one = new Workers(1)) {
      Blas.multiply(a, a, c, one);
      long start = System.nanoTime();
      int times = 0;
      while (System.nanoTime() - start < 100_000_000L) {
        Blas.multiply(a, a, c, one);
        times++;
      }
      return (double) n * n * n * times / ((System.nanoTime() - start) / 1e9);
    }
  }
}
