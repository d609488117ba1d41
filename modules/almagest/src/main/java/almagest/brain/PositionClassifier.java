package almagest.brain;

import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.BalancedAccuracy;
import almagest.stat.NullTest;
import almagest.stat.Permutation;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * How well a feature's lobe can be read off its decoder direction, as published: raw rows, the
 * first four fifths of the features by index train, the rest test, C = 1, no class weights, one
 * number.
 *
 * <p>It depends on the order of features, on one split and on a penalty that was not chosen; {@link
 * CorrectedClassifier} does without these.
 */
public final class PositionClassifier {
  private PositionClassifier() {}

  /** The published statistic; chance is 1 / (classes in the test part). */
  public static BalancedAccuracy published(FloatMatrix cloud, int[] labels, Workers workers) {
    int n = cloud.rowsAsInt();
    int cut = (int) (n * 4L / 5);
    LogisticFit fit =
        LogisticRegression.fit(
            cloud.slice(0, cut),
            Arrays.copyOf(labels, cut),
            LogisticRegression.Options.PUBLISHED,
            workers);
    return BalancedAccuracy.of(
        Arrays.copyOfRange(labels, cut, n), fit.predict(cloud.slice(cut, n), workers));
  }

  /**
   * The published statistic when every direction is replaced by a random one: what the classifier
   * reaches without any knowledge. Its spread is small because an unweighted classifier that knows
   * nothing almost always guesses the largest lobe; so a large z says that position matters, not
   * how much. The effect size is the accuracy itself.
   */
  public static NullTest randomDirections(
      int rows,
      int columns,
      int[] labels,
      double observed,
      int trials,
      Seed seed,
      Workers workers,
      Progress progress) {
    double[] values = new double[trials];
    try (Arena arena = Arena.ofShared();
        Progress.Task task = progress.start("classifier null", trials, "fits")) {
      FloatMatrix cloud = FloatMatrix.zeros(arena, rows, columns);
      for (int t = 0; t < trials; t++) {
        UnitRows.fill(cloud, seed.split(t), workers);
        values[t] = published(cloud, labels, workers).value();
        task.advance(1);
      }
    }
    return NullTest.of("random unit directions", observed, values);
  }

  /**
   * The published statistic when labels are dealt out again among features that fire about equally
   * often: what the classifier reaches if frequency is all that lobes and positions share.
   *
   * @param stratum of each feature ({@link FrequencyStrata})
   */
  public static NullTest insideStrata(
      FloatMatrix cloud,
      int[] labels,
      int[] stratum,
      double observed,
      int trials,
      Seed seed,
      Workers workers,
      Progress progress) {
    double[] values = new double[trials];
    try (Progress.Task task = progress.start("classifier inside strata", trials, "fits")) {
      for (int t = 0; t < trials; t++) {
        int[] order = Permutation.within(stratum, seed.split(t).generator());
        int[] dealt = new int[labels.length];
        Arrays.setAll(dealt, i -> labels[order[i]]);
        values[t] = published(cloud, dealt, workers).value();
        task.advance(1);
      }
    }
    return NullTest.of("permuted inside frequency strata", observed, values);
  }
}
