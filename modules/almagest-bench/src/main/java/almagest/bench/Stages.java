package almagest.bench;

import almagest.run.Progress;

/** Prints on standard error how long each stage of a piece of work took. */
final class Stages {
  private Stages() {}

  static final Progress PROGRESS =
      (stage, total, unit) -> {
        long start = System.nanoTime();
        long processor = Timing.processorNanos();
        return new Progress.Task() {
          @Override
          public void advance(long done) {}

          @Override
          public void close() {
            System.err.printf(
                "%s: %.2f s, %.2f processor s%n",
                stage,
                (System.nanoTime() - start) / 1e9,
                (Timing.processorNanos() - processor) / 1e9);
          }
        };
      };
}
