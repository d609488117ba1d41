package almagest.atom;

import almagest.stat.LineFit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The first principal component of the z-scored differences against the difference in length of the
 * two words (or of their last tokens): the distractor that the article names (its appendix B). A
 * correlation over pairs of several relations mixes effects within and between relations.
 *
 * @param r Pearson correlation; its sign follows the component's, which is arbitrary; NaN where
 *     lengths do not vary
 * @param lo lower end of the 95 % interval by Fisher's transform, which takes pairs for independent
 * @param hi its upper end
 * @param n pairs
 * @param score [n] first principal component
 * @param length [n] characters of the output minus characters of the input
 * @param groups by difference in length, ascending
 * @param publishedSlope of the line through the groups' means, each weighing the same; NaN with one
 *     group
 */
public record LengthEffect(
    double r,
    double lo,
    double hi,
    int n,
    double[] score,
    int[] length,
    List<Group> groups,
    double publishedSlope) {
  private static final double NORMAL_975 = 1.959963984540054;

  /**
   * Pairs of one difference in length.
   *
   * @param sd population standard deviation, as published
   */
  public record Group(int length, int pairs, double mean, double sd) {}

  /**
   * @param score [n] first principal component
   * @param length [n] whole numbers
   */
  static LengthEffect of(double[] score, double[] length) {
    int n = score.length;
    int[] whole = new int[n];
    double mx = 0;
    double my = 0;
    for (int i = 0; i < n; i++) {
      whole[i] = (int) Math.round(length[i]);
      mx += (double) whole[i] / n;
      my += score[i] / n;
    }
    double xx = 0;
    double yy = 0;
    double xy = 0;
    Map<Integer, List<Double>> byLength = new TreeMap<>();
    for (int i = 0; i < n; i++) {
      xx += (whole[i] - mx) * (whole[i] - mx);
      yy += (score[i] - my) * (score[i] - my);
      xy += (whole[i] - mx) * (score[i] - my);
      byLength.computeIfAbsent(whole[i], l -> new ArrayList<>()).add(score[i]);
    }
    double r = xx == 0 || yy == 0 ? Double.NaN : xy / Math.sqrt(xx * yy);
    double z = 0.5 * Math.log((1 + r) / (1 - r));
    double half = n > 3 ? NORMAL_975 / Math.sqrt(n - 3.0) : Double.NaN;
    List<Group> groups = new ArrayList<>();
    byLength.forEach((l, scores) -> {
      double mean = scores.stream().mapToDouble(s -> s).average().orElse(0);
      double square = scores.stream().mapToDouble(s -> (s - mean) * (s - mean)).sum();
      groups.add(new Group(l, scores.size(), mean, Math.sqrt(square / scores.size())));
    });
    double slope =
        groups.size() < 2
            ? Double.NaN
            : LineFit.of(
                    groups.stream().mapToDouble(Group::length).toArray(),
                    groups.stream().mapToDouble(Group::mean).toArray())
                .slope();
    double[] rounded = new double[n];
    for (int i = 0; i < n; i++) {
      rounded[i] = Math.round(score[i] * 1e4) / 1e4;
    }
    return new LengthEffect(
        r, Math.tanh(z - half), Math.tanh(z + half), n, rounded, whole, groups, slope);
  }
}
