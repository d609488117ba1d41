package almagest.feature;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import java.util.Arrays;

/**
 * How faithful an SAE is on some activations. With x a row and r its reconstruction, sums in
 * double:
 *
 * @param tokens rows
 * @param l0 mean number of features above 0
 * @param l1 mean sum of activations
 * @param ssePerToken mean |x − r|²
 * @param mse the same per dimension
 * @param fvu Σ|x − r|² / Σ|x − mean x|²: the fraction of variance unexplained
 * @param explainedVariance 1 − fvu
 * @param explainedVariancePerToken mean over tokens of 1 − |x − r|² / |x − mean x|²
 * @param cosine mean cosine of x and r, over rows where both have a length
 * @param deadFraction the share of features that are above 0 on no row; it falls as rows are added
 */
public record SaeEvaluation(
    long tokens,
    double l0,
    double l1,
    double ssePerToken,
    double mse,
    double fvu,
    double explainedVariance,
    double explainedVariancePerToken,
    double cosine,
    double deadFraction) {

  /** Evaluates an SAE on activations, in pieces of bounded size. */
  public static SaeEvaluation of(
      Sae sae, ActivationSource source, Workers workers, Progress progress) {
    if (source.tokens() == 0) {
      throw new InputException("there are no activations to evaluate the SAE on");
    }
    double[] mean = Centre.mean(source, workers);
    Sums sums = new Sums(sae.dSae());
    try (Progress.Task task = progress.start("evaluating the SAE", source.tokens(), "tokens")) {
      for (int p = 0; p < Centre.pieces(source); p++) {
        FloatMatrix x = Centre.piece(source, p);
        SparseRows features = sae.encode(x, workers);
        FloatMatrix r = FloatMatrix.zeros(x.rows(), x.columns());
        sae.reconstruct(features, x, r, workers);
        sums.add(x, r, features, mean, workers);
        task.advance(x.rows());
      }
    }
    return sums.result(sae.dModel());
  }

  /** Running sums; rows are added in order. */
  static final class Sums {
    private static final int ROWS = 256;

    private final boolean[] fired;
    private long tokens;
    private long active;
    private double l1;
    private double squaredError;
    private double variance;
    private double perToken;
    private double cosine;
    private long withLength;

    Sums(int features) {
      this.fired = new boolean[features];
    }

    private record Part(
        double squaredError, double variance, double perToken, double cosine, long withLength) {}

    void add(FloatMatrix x, FloatMatrix r, SparseRows features, double[] mean, Workers workers) {
      int n = x.rowsAsInt();
      for (Part part :
          workers.map(
              (n + ROWS - 1) / ROWS,
              p -> part(x, r, mean, p * ROWS, Math.min(n, (p + 1) * ROWS)))) {
        squaredError += part.squaredError;
        variance += part.variance;
        perToken += part.perToken;
        cosine += part.cosine;
        withLength += part.withLength;
      }
      for (int e = 0; e < features.indices().length; e++) {
        if (features.values()[e] > 0) {
          fired[features.indices()[e]] = true;
          active++;
          l1 += features.values()[e];
        }
      }
      tokens += n;
    }

    private static Part part(FloatMatrix x, FloatMatrix r, double[] mean, int from, int to) {
      float[] a = new float[mean.length];
      float[] b = new float[mean.length];
      double squaredError = 0;
      double variance = 0;
      double perToken = 0;
      double cosine = 0;
      long withLength = 0;
      for (int row = from; row < to; row++) {
        x.copyRow(row, a);
        r.copyRow(row, b);
        double error = 0;
        double spread = 0;
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
          double e = (double) a[i] - b[i];
          double c = a[i] - mean[i];
          error += e * e;
          spread += c * c;
          dot += (double) a[i] * b[i];
          aa += (double) a[i] * a[i];
          bb += (double) b[i] * b[i];
        }
        squaredError += error;
        variance += spread;
        perToken += spread == 0 ? 0 : 1 - error / spread;
        if (aa > 0 && bb > 0) {
          cosine += dot / Math.sqrt(aa * bb);
          withLength++;
        }
      }
      return new Part(squaredError, variance, perToken, cosine, withLength);
    }

    SaeEvaluation result(int dModel) {
      long dead = 0;
      for (boolean f : fired) {
        dead += f ? 0 : 1;
      }
      double n = tokens;
      double fvu = squaredError / variance;
      return new SaeEvaluation(
          tokens,
          active / n,
          l1 / n,
          squaredError / n,
          squaredError / n / dModel,
          fvu,
          1 - fvu,
          perToken / n,
          cosine / withLength,
          dead / (double) fired.length);
    }

    @Override
    public String toString() {
      return tokens + " tokens, " + Arrays.toString(new double[] {squaredError, variance});
    }
  }
}
