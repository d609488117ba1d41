package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Moves blocks of vectors between native memory and heap rows that are padded to whole lanes. */
final class Blocks {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int PIECE = 1024;

  private Blocks() {}

  /** Copies x [n, b] into rows of {@code padded} floats. */
  static void read(FloatMatrix x, float[] into, int padded, Workers workers) {
    int n = x.rowsAsInt();
    int b = x.columns();
    workers.runRanges(
        n,
        PIECE,
        (begin, end) -> {
          for (int i = begin; i < end; i++) {
            MemorySegment.copy(x.data(), FLOAT, (long) i * b * Float.BYTES, into, i * padded, b);
          }
        });
  }

  /** Copies rows of {@code padded} floats into y [n, b]. */
  static void write(float[] from, int padded, FloatMatrix y, Workers workers) {
    int n = y.rowsAsInt();
    int b = y.columns();
    workers.runRanges(
        n,
        PIECE,
        (begin, end) -> {
          for (int i = begin; i < end; i++) {
            MemorySegment.copy(from, i * padded, y.data(), FLOAT, (long) i * b * Float.BYTES, b);
          }
        });
  }
}
