package almagest.atom;

import almagest.linalg.Blas;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Silhouette;
import almagest.stat.Silhouette.Metric;
import almagest.tensor.DoubleMatrix;
import java.util.ArrayList;
import java.util.List;

/**
 * Silhouettes (Euclidean, mean over samples, true relations as classes) by number of LDA
 * components.
 *
 * @param before of the raw differences
 * @param dimensions 2 … the components kept
 * @param train by dimension, on the pairs that LDA was fitted to: in-sample, as published
 * @param heldOut by dimension, on pairs of other folds
 * @param shuffledTrain by dimension, fitted to and judged by labels dealt anew: what LDA makes of
 *     nothing
 * @param shuffledHeldOut by dimension, the same on other folds: about zero or below if the test is
 *     sound
 * @param random by dimension, in random subspaces with the true relations
 */
public record SilhouetteCurve(
    double before,
    int[] dimensions,
    double[] train,
    double[] heldOut,
    double[] shuffledTrain,
    double[] shuffledHeldOut,
    double[] random) {
  static SilhouetteCurve of(
      DoubleMatrix raw, int[] labels, int components, Crystals.Options options, Workers workers) {
    Seed seed = options.seed().split("silhouette");
    int[] dimensions =
        java.util.stream.IntStream.rangeClosed(Math.min(2, components), components).toArray();
    int[] dealt = Folds.shuffled(labels, seed.split("labels"));
    DoubleMatrix random =
        Blas.multiply(
            raw,
            Folds.randomDirections(raw.columns(), components, seed.split("subspace")),
            workers);
    return new SilhouetteCurve(
        silhouette(raw, raw.columns(), labels, workers),
        dimensions,
        train(raw, labels, dimensions, workers),
        heldOut(raw, labels, dimensions, options, workers),
        train(raw, dealt, dimensions, workers),
        heldOut(raw, dealt, dimensions, options, workers),
        byDimension(random, labels, dimensions, workers));
  }

  private static double[] train(DoubleMatrix raw, int[] labels, int[] dimensions, Workers workers) {
    Lda lda = Lda.fit(raw, labels, workers);
    return byDimension(lda.transform(raw, lda.components(), workers), labels, dimensions, workers);
  }

  private static double[] heldOut(
      DoubleMatrix raw, int[] labels, int[] dimensions, Crystals.Options options, Workers workers) {
    int[] fold = Folds.stratified(labels, options.folds(), options.seed().split("folds"));
    List<double[]> curves = new ArrayList<>();
    for (int f = 0; f < options.folds(); f++) {
      int[] train = Folds.where(fold, f, false);
      int[] test = Folds.where(fold, f, true);
      Lda lda = Lda.fit(Folds.pick(raw, train), Folds.pick(labels, train), workers);
      curves.add(
          byDimension(
              lda.transform(Folds.pick(raw, test), lda.components(), workers),
              Folds.pick(labels, test),
              dimensions,
              workers));
    }
    double[] mean = new double[dimensions.length];
    for (double[] curve : curves) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += curve[i] / curves.size();
      }
    }
    return mean;
  }

  private static double[] byDimension(
      DoubleMatrix x, int[] labels, int[] dimensions, Workers workers) {
    double[] out = new double[dimensions.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = silhouette(x, Math.min(dimensions[i], x.columns()), labels, workers);
    }
    return out;
  }

  private static double silhouette(DoubleMatrix x, int d, int[] labels, Workers workers) {
    double[] first = new double[x.rows() * d];
    for (int i = 0; i < x.rows(); i++) {
      System.arraycopy(x.row(i), 0, first, i * d, d);
    }
    return Silhouette.of(first, d, labels, Metric.EUCLIDEAN, workers).mean();
  }
}
