package almagest.stat;

import almagest.linalg.Blas;
import almagest.run.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Points to cluster, and the three passes over them that k-means is made of. */
final class Rows {
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;

  /** Rows of a piece of work. */
  private static final int PIECE = 512;

  /** Below so many products per row the plain loop is faster than a matrix product. */
  private static final int PLAIN = 48;

  final int count;
  final int columns;
  private final double[] x;
  private final double[] norms;
  private final ThreadLocal<MemorySegment> scratch;

  /**
   * @param x [count × columns], row-major
   */
  Rows(double[] x, int count, int columns) {
    this.x = x;
    this.count = count;
    this.columns = columns;
    this.norms = new double[count];
    for (int i = 0; i < count; i++) {
      for (int c = 0; c < columns; c++) {
        norms[i] += x[i * columns + c] * x[i * columns + c];
      }
    }
    this.scratch =
        ThreadLocal.withInitial(
            () -> Arena.ofAuto().allocate((long) PIECE * columns * Double.BYTES, 64));
  }

  void copy(int row, double[] into, int at) {
    System.arraycopy(x, row * columns, into, at, columns);
  }

  private interface Piece {
    /** Half squared distances less half the squared norm of the row: ‖c‖² / 2 − x·c. */
    void take(int from, int to, double[] scores);
  }

  private void scores(double[] centres, int k, Workers workers, Piece piece) {
    double[] half = new double[k];
    for (int c = 0; c < k; c++) {
      for (int d = 0; d < columns; d++) {
        half[c] += centres[c * columns + d] * centres[c * columns + d] / 2;
      }
    }
    boolean plain = k * columns <= PLAIN;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment right = arena.allocate((long) k * columns * Double.BYTES, 64);
      MemorySegment.copy(centres, 0, right, DOUBLE, 0, k * columns);
      workers.run(
          (count + PIECE - 1) / PIECE,
          p -> {
            int from = p * PIECE;
            int to = Math.min(count, from + PIECE);
            double[] scores = new double[(to - from) * k];
            if (plain) {
              for (int i = from; i < to; i++) {
                for (int c = 0; c < k; c++) {
                  double dot = 0;
                  for (int d = 0; d < columns; d++) {
                    dot += x[i * columns + d] * centres[c * columns + d];
                  }
                  scores[(i - from) * k + c] = half[c] - dot;
                }
              }
            } else {
              products(right, k, from, to, scores);
              for (int i = 0; i < to - from; i++) {
                for (int c = 0; c < k; c++) {
                  scores[i * k + c] = half[c] - scores[i * k + c];
                }
              }
            }
            piece.take(from, to, scores);
          });
    }
  }

  private void products(MemorySegment centres, int k, int from, int to, double[] into) {
    MemorySegment left = scratch.get();
    MemorySegment.copy(x, from * columns, left, DOUBLE, 0, (to - from) * columns);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate((long) (to - from) * k * Double.BYTES, 64);
      Blas.dgemm(false, true, to - from, k, columns, 1, left, columns, centres, columns, 0, out, k);
      MemorySegment.copy(out, DOUBLE, 0, into, 0, (to - from) * k);
    }
  }

  /** Squared distances of all rows from k points, into [count × k]. */
  void distances(double[] points, int k, double[] into, Workers workers) {
    scores(
        points,
        k,
        workers,
        (from, to, scores) -> {
          for (int i = from; i < to; i++) {
            for (int c = 0; c < k; c++) {
              into[i * k + c] = Math.max(0, 2 * scores[(i - from) * k + c] + norms[i]);
            }
          }
        });
  }

  /** The nearest centre of each row, and the squared distance from it. */
  void assign(double[] centres, int k, int[] labels, double[] distance, Workers workers) {
    scores(
        centres,
        k,
        workers,
        (from, to, scores) -> {
          for (int i = from; i < to; i++) {
            int best = 0;
            int at = (i - from) * k;
            for (int c = 1; c < k; c++) {
              if (scores[at + c] < scores[at + best]) {
                best = c;
              }
            }
            labels[i] = best;
            distance[i] = Math.max(0, 2 * scores[at + best] + norms[i]);
          }
        });
  }

  /**
   * The mean of each cluster's rows. An empty cluster takes, in order, the farthest rows that are
   * left, which then leave their clusters.
   */
  double[] means(int[] labels, int k, double[] centres, double[] distance, Workers workers) {
    int[] start = new int[k + 1];
    for (int label : labels) {
      start[label + 1]++;
    }
    for (int c = 0; c < k; c++) {
      if (start[c + 1] == 0) {
        relocate(labels, k, distance);
        return means(labels, k, centres, distance, workers);
      }
    }
    for (int c = 0; c < k; c++) {
      start[c + 1] += start[c];
    }
    int[] next = start.clone();
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      order[next[labels[i]]++] = i;
    }
    double[] means = new double[k * columns];
    // A column range per piece as well, so that few clusters still occupy all threads.
    int strip = 64;
    int strips = (columns + strip - 1) / strip;
    workers.run(
        k * strips,
        p -> {
          int c = p / strips;
          int low = p % strips * strip;
          int high = Math.min(columns, low + strip);
          for (int s = start[c]; s < start[c + 1]; s++) {
            int row = order[s] * columns;
            for (int d = low; d < high; d++) {
              means[c * columns + d] += x[row + d];
            }
          }
          for (int d = low; d < high; d++) {
            means[c * columns + d] /= start[c + 1] - start[c];
          }
        });
    return means;
  }

  private void relocate(int[] labels, int k, double[] distance) {
    int[] size = new int[k];
    for (int label : labels) {
      size[label]++;
    }
    for (int c = 0; c < k; c++) {
      if (size[c] > 0) {
        continue;
      }
      int farthest = -1;
      for (int i = 0; i < count; i++) {
        if (size[labels[i]] > 1 && (farthest < 0 || distance[i] > distance[farthest])) {
          farthest = i;
        }
      }
      size[labels[farthest]]--;
      labels[farthest] = c;
      size[c] = 1;
      distance[farthest] = 0;
    }
  }

  /** Summed squared distances of rows from their centres, by differences. */
  double inertia(int[] labels, double[] centres) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      double square = 0;
      for (int d = 0; d < columns; d++) {
        double v = x[i * columns + d] - centres[labels[i] * columns + d];
        square += v * v;
      }
      sum += square;
    }
    return sum;
  }
}
