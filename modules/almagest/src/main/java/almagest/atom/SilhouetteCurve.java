package almagest.atom;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Silhouette;
import almagest.stat.Silhouette.Metric;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Silhouettes (Euclidean, exact, true relations as classes) by number of LDA components.
 *
 * @param before of the differences as they are
 * @param dimensions 2 … the components there are (1 where there is but one)
 * @param train [dimensions] of the pairs that LDA was fitted to: in-sample, as published
 * @param folds what held-out pairs show
 * @param shuffledTrain [dimensions] fitted to and judged by labels dealt anew: what LDA makes of
 *     nothing
 * @param shuffledHeldOut [dimensions] the same on other folds: about zero or below if the test is
 *     sound
 * @param random [dimensions] of all pairs in a random subspace, with the true relations
 */
public record SilhouetteCurve(
    Score before,
    int[] dimensions,
    List<Score> train,
    List<Fold> folds,
    double[] shuffledTrain,
    double[] shuffledHeldOut,
    List<Score> random) {
  /**
   * A silhouette.
   *
   * @param mean over samples: large relations weigh most
   * @param perClass [relations]
   */
  public record Score(double mean, double[] perClass) {
    static Score of(Silhouette s) {
      return new Score(s.mean(), s.perClass());
    }

    /** The unweighted mean over relations. */
    public double classMean() {
      return Arrays.stream(perClass).average().orElse(Double.NaN);
    }
  }

  /**
   * The held-out pairs of one fold, which were not seen by the projection.
   *
   * @param before as they are
   * @param after [dimensions] in the subspace that LDA found on the other folds
   * @param random [dimensions] in a random subspace
   */
  public record Fold(Score before, List<Score> after, List<Score> random) {
    /** How much the projection adds to the better of the two things it must beat. */
    double gain(int dimension, ToDoubleFunction<Score> figure) {
      return figure.applyAsDouble(after.get(dimension))
          - Math.max(figure.applyAsDouble(before), figure.applyAsDouble(random.get(dimension)));
    }
  }

  /**
   * Whether the projection helps pairs it has not seen.
   *
   * @param dimensions judged at
   * @param mean over folds of held-out silhouette minus the larger of the two of the same pairs,
   *     unprojected and in a random subspace
   * @param least of the folds
   * @param claimed whether every fold gains, and the held-out silhouette is above that of shuffled
   *     relations and above 0, since below 0 pairs are nearer to another relation than to their own
   */
  public record Gain(int dimensions, double mean, double least, boolean claimed) {}

  /** The mean over folds of the held-out silhouette, by dimension. */
  public double[] heldOut() {
    return overFolds(Fold::after, Score::mean);
  }

  /** The same of the random subspace. */
  public double[] heldOutRandom() {
    return overFolds(Fold::random, Score::mean);
  }

  /** The mean over folds of a figure of the held-out pairs, by dimension. */
  double[] overFolds(Function<Fold, List<Score>> which, ToDoubleFunction<Score> figure) {
    double[] mean = new double[dimensions.length];
    for (Fold fold : folds) {
      for (int k = 0; k < mean.length; k++) {
        mean[k] += figure.applyAsDouble(which.apply(fold).get(k)) / folds.size();
      }
    }
    return mean;
  }

  /** The mean over folds of a figure of the held-out pairs as they are. */
  double beforeFolds(ToDoubleFunction<Score> figure) {
    return folds.stream().mapToDouble(f -> figure.applyAsDouble(f.before())).average().orElse(0);
  }

  /** The position of a number of components, or of the nearest that was judged. */
  int position(int components) {
    return Math.max(0, Math.min(dimensions.length - 1, components - dimensions[0]));
  }

  /** The gain over all relations with so many components. */
  public Gain gain(int components) {
    return gain(components, Score::mean);
  }

  /** The gain of one relation. */
  public Gain gain(int components, int relation) {
    return gain(components, s -> s.perClass()[relation]);
  }

  private Gain gain(int components, ToDoubleFunction<Score> figure) {
    int k = position(components);
    double[] gains = folds.stream().mapToDouble(f -> f.gain(k, figure)).toArray();
    double least = Arrays.stream(gains).min().orElse(Double.NaN);
    double held = overFolds(Fold::after, figure)[k];
    return new Gain(
        dimensions[k],
        Arrays.stream(gains).average().orElse(Double.NaN),
        least,
        least > 0 && held > Math.max(0, shuffledHeldOut[k]));
  }

  static SilhouetteCurve of(
      Points x, int[] labels, Crystals.Options options, Seed seed, Workers workers) {
    Lda whole = Lda.fit(x, labels, options.lda(), workers);
    int top = whole.components();
    int[] fold = Folds.stratified(labels, options.folds(), options.seed().split("folds"));
    int[] shuffled = Folds.shuffled(labels, seed.split("labels"));
    List<int[]> trains = new ArrayList<>();
    List<Lda> fits = new ArrayList<>();
    List<Lda> ofNothing = new ArrayList<>();
    Lda nothing = Lda.fit(x, shuffled, options.lda(), workers);
    top = Math.min(top, nothing.components());
    for (int f = 0; f < options.folds(); f++) {
      int[] train = Folds.where(fold, f, false);
      trains.add(Folds.where(fold, f, true));
      Points some = Points.of(x, train);
      fits.add(Lda.fit(some, Folds.pick(labels, train), options.lda(), workers));
      ofNothing.add(Lda.fit(some, Folds.pick(shuffled, train), options.lda(), workers));
      top = Math.min(top, Math.min(fits.getLast().components(), ofNothing.getLast().components()));
    }
    int[] dimensions = IntStream.rangeClosed(Math.min(2, top), top).toArray();
    List<Fold> folds = new ArrayList<>();
    double[] shuffledHeldOut = new double[dimensions.length];
    for (int f = 0; f < fits.size(); f++) {
      Points held = Points.of(x, trains.get(f));
      int[] truth = Folds.pick(labels, trains.get(f));
      DoubleMatrix directions =
          Folds.randomDirections(x.columns(), top, seed.split("subspace").split(f));
      folds.add(
          new Fold(
              Score.of(Silhouette.of(held, truth, Metric.EUCLIDEAN, workers)),
              scores(fits.get(f).transform(held, top, workers), truth, dimensions, workers),
              scores(Lda.product(held, directions, workers), truth, dimensions, workers)));
      List<Score> chance =
          scores(
              ofNothing.get(f).transform(held, top, workers),
              Folds.pick(shuffled, trains.get(f)),
              dimensions,
              workers);
      for (int k = 0; k < dimensions.length; k++) {
        shuffledHeldOut[k] += chance.get(k).mean() / fits.size();
      }
    }
    DoubleMatrix random =
        Lda.product(x, Folds.randomDirections(x.columns(), top, seed.split("subspace")), workers);
    return new SilhouetteCurve(
        Score.of(Silhouette.of(x, labels, Metric.EUCLIDEAN, workers)),
        dimensions,
        scores(whole.transform(x, top, workers), labels, dimensions, workers),
        folds,
        scores(nothing.transform(x, top, workers), shuffled, dimensions, workers).stream()
            .mapToDouble(Score::mean)
            .toArray(),
        shuffledHeldOut,
        scores(random, labels, dimensions, workers));
  }

  static List<Score> scores(DoubleMatrix x, int[] labels, int[] dimensions, Workers workers) {
    return Silhouette.leading(Points.of(x), dimensions, labels, Metric.EUCLIDEAN, workers).stream()
        .map(Score::of)
        .toList();
  }
}
