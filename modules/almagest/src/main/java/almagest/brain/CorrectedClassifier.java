package almagest.brain;

import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.BalancedAccuracy;
import almagest.stat.Interval;
import almagest.stat.Permutation;
import almagest.tensor.FloatMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * How well a feature's lobe can be read off its position, with nothing left to the order of
 * features or to one split: standardised columns, stratified folds repeated with new draws, the
 * penalty chosen inside the training part, classes weighted alike, and beside it what firing
 * frequency alone reaches on the same folds.
 *
 * <p>Still in-sample in one way: labels and positions are of the same features, and features that
 * share a direction are no independent draws. The interval is that of Nadeau and Bengio (2003):
 * Student's, with the variance over folds and repeats inflated for their common training rows.
 *
 * @param balancedAccuracy mean over folds and repeats
 * @param ci 95 % interval
 * @param scores one per fold, repeats one after the other
 * @param chosenC the penalty chosen in each
 * @param classes how many lobes had enough features
 * @param leftOut features of lobes with fewer than two members per fold
 * @param frequency the baseline from firing frequency alone
 * @param gain position minus frequency on the same folds
 */
public record CorrectedClassifier(
    double balancedAccuracy,
    Interval ci,
    double[] scores,
    double[] chosenC,
    int classes,
    int leftOut,
    Score frequency,
    Score gain) {

  /**
   * @param balancedAccuracy mean over folds and repeats, or the difference of two
   * @param ci 95 % interval
   */
  public record Score(double balancedAccuracy, Interval ci) {}

  /**
   * @param folds at least 2
   * @param repeats of the whole division into folds
   * @param grid of C times the number of columns, ascending: a standardised row has that length
   */
  public record Options(int folds, int repeats, double[] grid) {
    public static final Options DEFAULT = new Options(5, 2, new double[] {0.03, 0.3, 3, 30});

    public Options {
      if (folds < 2 || repeats < 1 || grid.length == 0) {
        throw new IllegalArgumentException(
            "at least 2 folds, 1 repeat and 1 penalty: " + folds + ", " + repeats);
      }
    }
  }

  private static final double TOLERANCE = 1e-4;

  /**
   * @param cloud [n, d]
   * @param labels the lobe of each feature; negative ones are left out
   * @param firings how often each feature fires
   */
  public static CorrectedClassifier of(
      FloatMatrix cloud,
      int[] labels,
      long[] firings,
      Options options,
      Seed seed,
      Workers workers,
      Progress progress) {
    boolean[] used = enough(labels, 2 * options.folds());
    int count = 0;
    for (boolean u : used) {
      count += u ? 1 : 0;
    }
    int classes = (int) select(labels, used).distinct().count();
    int rounds = options.folds() * options.repeats();
    if (classes < 2) {
      Score unknown = new Score(Double.NaN, Interval.UNKNOWN);
      return new CorrectedClassifier(
          Double.NaN,
          Interval.UNKNOWN,
          new double[0],
          new double[0],
          classes,
          labels.length - count,
          unknown,
          unknown);
    }
    FloatMatrix frequency = frequency(firings);
    double[] scores = new double[rounds];
    double[] chosen = new double[rounds];
    double[] baseline = new double[rounds];
    try (Progress.Task task = progress.start("classifier", rounds, "folds")) {
      for (int repeat = 0; repeat < options.repeats(); repeat++) {
        int[] fold =
            folds(labels, used, options.folds(), seed.split("fold").split(repeat).generator());
        for (int f = 0; f < options.folds(); f++) {
          int round = repeat * options.folds() + f;
          boolean[] train = new boolean[labels.length];
          boolean[] test = new boolean[labels.length];
          for (int i = 0; i < labels.length; i++) {
            train[i] = used[i] && fold[i] != f;
            test[i] = used[i] && fold[i] == f;
          }
          Seed inner = seed.split("inner").split(round);
          double[] found = score(cloud, labels, train, test, options, inner, workers);
          scores[round] = found[0];
          chosen[round] = found[1];
          baseline[round] = score(frequency, labels, train, test, options, inner, workers)[0];
          task.advance(1);
        }
      }
    }
    double[] gains = new double[rounds];
    Arrays.setAll(gains, i -> scores[i] - baseline[i]);
    return new CorrectedClassifier(
        mean(scores),
        interval(scores, options.folds()),
        scores,
        chosen,
        classes,
        labels.length - count,
        new Score(mean(baseline), interval(baseline, options.folds())),
        new Score(mean(gains), interval(gains, options.folds())));
  }

  /** The balanced accuracy on the test rows and the C it was reached with. */
  private static double[] score(
      FloatMatrix x,
      int[] labels,
      boolean[] train,
      boolean[] test,
      Options options,
      Seed seed,
      Workers workers) {
    int[] quarter = folds(labels, train, 4, seed.generator());
    boolean[] fitted = new boolean[labels.length];
    boolean[] held = new boolean[labels.length];
    for (int i = 0; i < labels.length; i++) {
      fitted[i] = train[i] && quarter[i] != 0;
      held[i] = train[i] && quarter[i] == 0;
    }
    double best = Double.NEGATIVE_INFINITY;
    double bestC = 0;
    LogisticFit start = null;
    LogisticFit bestFit = null;
    for (double c : options.grid()) {
      LogisticFit fit =
          LogisticRegression.fit(x, labels, fitted, at(c / x.columns()), start, workers);
      double value = accuracy(fit, x, labels, held, workers);
      if (bestFit == null || value > best) {
        best = value;
        bestC = c / x.columns();
        bestFit = fit;
      }
      start = fit;
    }
    LogisticFit last = LogisticRegression.fit(x, labels, train, at(bestC), bestFit, workers);
    return new double[] {accuracy(last, x, labels, test, workers), bestC};
  }

  private static LogisticRegression.Options at(double c) {
    return new LogisticRegression.Options(c, true, true, TOLERANCE, 300);
  }

  private static double accuracy(
      LogisticFit fit, FloatMatrix x, int[] labels, boolean[] on, Workers workers) {
    int[] guess = fit.predict(x, workers);
    return BalancedAccuracy.of(select(labels, on).toArray(), select(guess, on).toArray()).value();
  }

  private static IntStream select(int[] values, boolean[] on) {
    return IntStream.range(0, values.length).filter(i -> on[i]).map(i -> values[i]);
  }

  /** Features whose label is not negative and has enough members. */
  private static boolean[] enough(int[] labels, int least) {
    Map<Integer, Integer> members = new HashMap<>();
    for (int l : labels) {
      members.merge(l, 1, Integer::sum);
    }
    boolean[] used = new boolean[labels.length];
    for (int i = 0; i < labels.length; i++) {
      used[i] = labels[i] >= 0 && members.getOrDefault(labels[i], 0) >= least;
    }
    return used;
  }

  /** Deals the chosen things of each label round the folds, in random order. */
  static int[] folds(int[] labels, boolean[] on, int folds, RandomGenerator random) {
    int[] fold = new int[labels.length];
    Arrays.fill(fold, -1);
    int[] order = Permutation.of(labels.length, random);
    Map<Integer, List<Integer>> byLabel = new TreeMap<>();
    for (int i : order) {
      if (on[i]) {
        byLabel.computeIfAbsent(labels[i], key -> new ArrayList<>()).add(i);
      }
    }
    int next = 0;
    for (List<Integer> members : byLabel.values()) {
      for (int i : members) {
        fold[i] = next++ % folds;
      }
    }
    return fold;
  }

  /**
   * What a classifier may know of a feature that is not its position: the logarithm of its firing
   * count, the square of that, and whether it never fires.
   */
  static FloatMatrix frequency(long[] firings) {
    FloatMatrix x = FloatMatrix.zeros(firings.length, 3);
    for (int i = 0; i < firings.length; i++) {
      double log = Math.log(firings[i] + 0.5);
      x.setRow(i, new float[] {(float) log, (float) (log * log), firings[i] == 0 ? 1 : 0});
    }
    return x;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  /** mean ± t · √((1/rounds + 1/(folds − 1)) s²). */
  private static Interval interval(double[] values, int folds) {
    double mean = mean(values);
    double square = 0;
    for (double v : values) {
      square += (v - mean) * (v - mean);
    }
    int rounds = values.length;
    double variance = square / (rounds - 1) * (1.0 / rounds + 1.0 / (folds - 1));
    double half =
        TDistribution.of(rounds - 1).inverseCumulativeProbability(0.975) * Math.sqrt(variance);
    return new Interval(mean - half, mean + half);
  }
}
