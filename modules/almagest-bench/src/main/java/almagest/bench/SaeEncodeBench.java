package almagest.bench;

import almagest.feature.ActivationRule;
import almagest.feature.InputNorm;
import almagest.feature.JumpRelu;
import almagest.feature.Sae;
import almagest.feature.SaeInfo;
import almagest.feature.TopK;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.Arrays;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Encoding speed on random weights and activations, the encoder stored by feature, and by dimension
 * as Gemma Scope's. Arguments: d_model, d_sae, tokens. Its peer is {@code sae_encode_torch.py}.
 */
final class SaeEncodeBench {
  private SaeEncodeBench() {}

  public static void main(String[] args) {
    int d = args.length > 0 ? Integer.parseInt(args[0]) : 2304;
    int m = args.length > 1 ? Integer.parseInt(args[1]) : 16384;
    int n = args.length > 2 ? Integer.parseInt(args[2]) : 4096;
    FloatMatrix x = gaussian(n, d, 1, 1);
    FloatMatrix directions = gaussian(m, d, 2, 1 / Math.sqrt(d));
    float[] threshold = new float[m];
    // 100 of 16,384 standard normal values are above 2.5, about.
    Arrays.fill(threshold, 2.5f);
    try (Workers workers = Workers.ofAllProcessors()) {
      JumpRelu jumpRelu = new JumpRelu(new float[m], threshold);
      measure("jumprelu", jumpRelu, directions, true, directions, x, workers);
      measure("topk", new TopK(64, new float[m]), directions, true, directions, x, workers);
      FloatMatrix byDimension = gaussian(d, m, 2, 1 / Math.sqrt(d));
      measure("jumprelu-by-dimension", jumpRelu, byDimension, false, directions, x, workers);
    }
  }

  private static void measure(
      String name,
      ActivationRule rule,
      FloatMatrix encoder,
      boolean byFeature,
      FloatMatrix decoder,
      FloatMatrix x,
      Workers workers) {
    Sae sae =
        new Sae(
            new Sae.Weights(
                encoder,
                byFeature,
                decoder,
                new float[x.columns()],
                rule,
                InputNorm.NONE,
                1,
                false),
            SaeInfo.of("random", "", ""));
    Timing.measure(
        "sae-encode-" + name,
        3,
        () -> sae.encode(x, workers),
        f ->
            Map.of(
                "tokens", f.rows(),
                "d_model", sae.dModel(),
                "d_sae", sae.dSae(),
                "l0", (double) f.indices().length / f.rows()));
  }

  private static FloatMatrix gaussian(int rows, int columns, long seed, double scale) {
    RandomGenerator random = new Seed(seed).generator();
    FloatMatrix m = FloatMatrix.zeros(rows, columns);
    float[] row = new float[columns];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < columns; i++) {
        row[i] = (float) (scale * random.nextGaussian());
      }
      m.setRow(r, row);
    }
    return m;
  }
}
