package almagest.brain;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.random.RandomGenerator;

/** Clouds in which a feature's place says nothing about it. */
final class RandomDirections {
  private static final int PIECE = 64;

  private RandomDirections() {}

  /** Fills every row with a direction drawn uniformly from the unit sphere. */
  static void fill(FloatMatrix into, Seed seed, Workers workers) {
    int d = into.columns();
    int rows = into.rowsAsInt();
    workers.run(
        (rows + PIECE - 1) / PIECE,
        piece -> {
          RandomGenerator random = seed.split(piece).generator();
          double[] normal = new double[d];
          float[] row = new float[d];
          for (int i = piece * PIECE; i < Math.min(rows, (piece + 1) * PIECE); i++) {
            double square = 0;
            for (int j = 0; j < d; j++) {
              normal[j] = random.nextGaussian();
              square += normal[j] * normal[j];
            }
            double scale = 1 / Math.sqrt(square);
            for (int j = 0; j < d; j++) {
              row[j] = (float) (normal[j] * scale);
            }
            into.setRow(i, row);
          }
        });
  }
}
