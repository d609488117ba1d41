package almagest.atom;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;

/**
 * The two pictures of the article's first figure.
 *
 * @param before [n][2] first two principal components of the z-scored differences
 * @param after [n][2] first two LDA components, z-scored; of the pairs LDA was fitted to, so it
 *     flatters
 * @param relation [n] relation of each point
 * @param pairs [n] the words of each point
 */
public record Scatter(double[][] before, double[][] after, int[] relation, String[][] pairs) {
  /**
   * @param principal [n, 2 or fewer] scores
   */
  static Scatter of(
      Differences differences, DoubleMatrix raw, DoubleMatrix principal, Lda lda, Workers workers) {
    DoubleMatrix discriminant =
        ZScores.of(lda.transform(raw, Math.min(2, lda.components()), workers));
    return new Scatter(
        points(principal),
        points(discriminant),
        differences.labels(),
        differences.pairs().toArray(String[][]::new));
  }

  private static double[][] points(DoubleMatrix x) {
    double[][] out = new double[x.rows()][2];
    for (int i = 0; i < out.length; i++) {
      for (int j = 0; j < Math.min(2, x.columns()); j++) {
        // Four digits are more than a picture shows, and keep the page small.
        out[i][j] = Math.round(x.get(i, j) * 1e4) / 1e4;
      }
    }
    return out;
  }
}
