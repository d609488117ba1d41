package almagest.feature;

import almagest.run.Seed;
import almagest.tensor.FloatMatrix;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The control for everything that is said of trained features: an SAE whose directions are uniform
 * on the unit sphere, encoder and decoder alike, with the same centre and, by TopK, the same L0.
 */
public final class RandomDirections {
  private RandomDirections() {}

  /**
   * Random directions in place of those of {@code trained}.
   *
   * @param k how many features fire on a token: the trained SAE's L0, rounded
   */
  public static Sae like(Sae trained, int k, Seed seed) {
    return of(trained.dSae(), k, trained.bDec(), trained.info(), seed);
  }

  /**
   * @param bDec the centre that is subtracted before encoding, [d_model]
   */
  public static Sae of(int dSae, int k, float[] bDec, SaeInfo info, Seed seed) {
    FloatMatrix directions = FloatMatrix.zeros(dSae, bDec.length);
    RandomGenerator random = seed.split("random directions").generator();
    float[] row = new float[bDec.length];
    for (int j = 0; j < dSae; j++) {
      unit(random, row);
      directions.setRow(j, row);
    }
    return new Sae(
        new Sae.Weights(
            directions,
            true,
            directions,
            bDec.clone(),
            new TopK(k, new float[dSae], null),
            InputNorm.NONE,
            1,
            true),
        new SaeInfo(
            "random directions",
            info.model(),
            info.hook(),
            Map.of("k", k),
            List.of("a control: directions are random, nothing was trained")));
  }

  /** Fills {@code row} with a point that is uniform on the unit sphere. */
  static void unit(RandomGenerator random, float[] row) {
    double squares = 0;
    while (squares == 0) {
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) random.nextGaussian();
        squares += (double) row[i] * row[i];
      }
    }
    double norm = Math.sqrt(squares);
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) (row[i] / norm);
    }
  }
}
