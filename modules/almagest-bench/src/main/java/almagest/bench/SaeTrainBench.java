package almagest.bench;

import almagest.feature.ActivationSource;
import almagest.feature.SaeTrainer;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Steps per second of SAE training: TopK or JumpReLU, 384 dimensions, 4096 features, k 32, batch
 * 4096. Arguments: the kind, the number of steps. Its peer is {@code sae_train_torch.py}.
 */
final class SaeTrainBench {
  private static final int D = 384;
  private static final int M = 4096;
  private static final int BATCH = 4096;

  private SaeTrainBench() {}

  public static void main(String[] args) {
    SaeTrainer.Kind kind =
        args.length > 0 ? SaeTrainer.Kind.valueOf(args[0]) : SaeTrainer.Kind.TOPK;
    long steps = args.length > 1 ? Long.parseLong(args[1]) : 30;
    FloatMatrix x = activations();
    try (Workers workers = Workers.ofAllProcessors()) {
      // Once to let the compiler see the kernels.
      train(kind, x, 40, workers);
      Timing.measure(
          "sae-train-" + kind,
          2,
          () -> train(kind, x, steps, workers),
          r ->
              Map.of(
                  "steps", steps,
                  "fvu", r.curve().getLast().fvu(),
                  "l0", r.curve().getLast().l0()));
    }
  }

  private static SaeTrainer.Result train(
      SaeTrainer.Kind kind, FloatMatrix x, long steps, Workers workers) {
    SaeTrainer.Options options =
        kind == SaeTrainer.Kind.TOPK
            ? SaeTrainer.Options.topK(M, 32, BATCH, steps)
            : SaeTrainer.Options.jumpRelu(M, 32, BATCH, steps);
    return new SaeTrainer(ActivationSource.of(x), options, new Seed(0))
        .train(null, "none", "none", workers, Progress.NONE);
  }

  /**
   * Sparse mixtures of 2048 directions with noise: structure, so that what fires is not uniform.
   */
  private static FloatMatrix activations() {
    RandomGenerator random = new Seed(1).generator();
    float[][] directions = new float[2048][D];
    for (float[] v : directions) {
      for (int i = 0; i < D; i++) {
        v[i] = (float) (random.nextGaussian() / Math.sqrt(D));
      }
    }
    FloatMatrix x = FloatMatrix.zeros(8L * BATCH, D);
    float[] row = new float[D];
    for (int r = 0; r < x.rows(); r++) {
      for (int i = 0; i < D; i++) {
        row[i] = 0.02f * (float) random.nextGaussian();
      }
      for (int n = 0; n < 16; n++) {
        float[] v = directions[random.nextInt(directions.length)];
        float amount = (float) random.nextExponential();
        for (int i = 0; i < D; i++) {
          row[i] += amount * v[i];
        }
      }
      x.setRow(r, row);
    }
    return x;
  }
}
