package almagest.atom;

import almagest.run.Workers;
import almagest.stat.Silhouette;
import almagest.stat.Silhouette.Metric;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Does the projection that some relations give help relations that it has not seen? Relations are
 * dealt into groups; each group is judged, by silhouette of its own relations among themselves, in
 * the subspace found on the other groups' relations.
 *
 * @param groups empty with fewer than four relations
 */
public record HeldOutRelations(List<Group> groups) {
  /**
   * One group.
   *
   * @param relations their names
   * @param pairs how many
   * @param before of their differences as they are
   * @param dimensions 2 … the components that the other relations give
   * @param after by dimension
   * @param random by dimension, in a random subspace
   */
  public record Group(
      List<String> relations,
      int pairs,
      double before,
      int[] dimensions,
      double[] after,
      double[] random) {}

  /** In how many groups the projection beats both, at the largest dimension of at most so many. */
  public int gains(int components) {
    int gains = 0;
    for (Group g : groups) {
      int k = position(g, components);
      gains += g.after[k] > Math.max(g.before, g.random[k]) ? 1 : 0;
    }
    return gains;
  }

  static int position(Group g, int components) {
    return Math.max(0, Math.min(g.dimensions.length - 1, components - g.dimensions[0]));
  }

  static HeldOutRelations of(
      Points x, int[] labels, List<String> names, Crystals.Options options, Workers workers) {
    int classes = names.size();
    if (classes < 4) {
      return new HeldOutRelations(List.of());
    }
    int count = Math.min(options.folds(), classes / 2);
    int[] order = new int[classes];
    Arrays.setAll(order, r -> r);
    order = Folds.shuffled(order, options.seed().split("relations"));
    List<Group> groups = new ArrayList<>();
    for (int g = 0; g < count; g++) {
      boolean[] out = new boolean[classes];
      for (int i = g; i < classes; i += count) {
        out[order[i]] = true;
      }
      groups.add(group(x, labels, names, out, g, options, workers));
    }
    return new HeldOutRelations(groups);
  }

  private static Group group(
      Points x,
      int[] labels,
      List<String> names,
      boolean[] out,
      int number,
      Crystals.Options options,
      Workers workers) {
    int[] train = IntStream.range(0, labels.length).filter(i -> !out[labels[i]]).toArray();
    int[] test = IntStream.range(0, labels.length).filter(i -> out[labels[i]]).toArray();
    Lda lda =
        Lda.fit(
            Points.of(x, train),
            Folds.consecutive(Folds.pick(labels, train)),
            options.lda(),
            workers);
    int top = lda.components();
    int[] dimensions = IntStream.rangeClosed(Math.min(2, top), top).toArray();
    Points held = Points.of(x, test);
    int[] truth = Folds.consecutive(Folds.pick(labels, test));
    DoubleMatrix directions =
        Folds.randomDirections(
            x.columns(), top, options.seed().split("relations").split("subspace").split(number));
    return new Group(
        IntStream.range(0, names.size()).filter(r -> out[r]).mapToObj(names::get).toList(),
        test.length,
        Silhouette.of(held, truth, Metric.EUCLIDEAN, workers).mean(),
        dimensions,
        means(lda.transform(held, top, workers), truth, dimensions, workers),
        means(Lda.product(held, directions, workers), truth, dimensions, workers));
  }

  private static double[] means(DoubleMatrix x, int[] labels, int[] dimensions, Workers workers) {
    return SilhouetteCurve.scores(x, labels, dimensions, workers).stream()
        .mapToDouble(SilhouetteCurve.Score::mean)
        .toArray();
  }
}
