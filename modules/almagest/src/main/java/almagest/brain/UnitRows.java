package almagest.brain;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;

/** Clouds of random unit rows, in which a feature's place says nothing about it. */
final class UnitRows {
  private static final int PIECE = 64;

  private UnitRows() {}

  /** Fills every row with a direction drawn uniformly from the unit sphere. */
  static void fill(FloatMatrix into, Seed seed, Workers workers) {
    int d = into.columns();
    int rows = into.rowsAsInt();
    workers.run(
        (rows + PIECE - 1) / PIECE,
        piece -> {
          NormalLanes normal = new NormalLanes(seed.split(piece));
          float[] row = new float[(d + NormalLanes.STEP - 1) / NormalLanes.STEP * NormalLanes.STEP];
          for (int i = piece * PIECE; i < Math.min(rows, (piece + 1) * PIECE); i++) {
            normal.fill(row);
            float scale = (float) (1 / Math.sqrt(squares(row, d)));
            for (int j = 0; j < d; j++) {
              row[j] *= scale;
            }
            into.setRow(i, row);
          }
        });
  }

  private static double squares(float[] row, int d) {
    double a = 0;
    double b = 0;
    double c = 0;
    double e = 0;
    int j = 0;
    for (; j + 3 < d; j += 4) {
      a += (double) row[j] * row[j];
      b += (double) row[j + 1] * row[j + 1];
      c += (double) row[j + 2] * row[j + 2];
      e += (double) row[j + 3] * row[j + 3];
    }
    for (; j < d; j++) {
      a += (double) row[j] * row[j];
    }
    return a + b + (c + e);
  }
}
