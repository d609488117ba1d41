package almagest.atom;

import almagest.linalg.Pca;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;

/**
 * The first principal component of the z-scored differences against the difference in length of the
 * two words in characters: the distractor that the article names (its appendix B). A correlation
 * over pairs of several relations mixes effects within and between relations.
 *
 * @param r Pearson correlation; its sign follows the component's, which is arbitrary
 * @param lo lower end of the 95 % interval by Fisher's transform, which takes pairs for independent
 * @param hi its upper end
 * @param n pairs
 * @param score [n] first principal component
 * @param length [n] characters of the output minus characters of the input
 */
public record LengthEffect(double r, double lo, double hi, int n, double[] score, int[] length) {
  static LengthEffect of(Differences differences, DoubleMatrix raw, Workers workers) {
    Points standard = Points.of(ZScores.of(raw));
    DoubleMatrix pc = Pca.of(standard, 1, workers).scores(standard, workers);
    int n = differences.size();
    int[] length = new int[n];
    double[] score = new double[n];
    double mx = 0;
    double my = 0;
    for (int i = 0; i < n; i++) {
      String[] words = differences.pairs().get(i);
      length[i] =
          words[1].codePointCount(0, words[1].length())
              - words[0].codePointCount(0, words[0].length());
      score[i] = pc.get(i, 0);
      mx += (double) length[i] / n;
      my += score[i] / n;
    }
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (int i = 0; i < n; i++) {
      xx += (length[i] - mx) * (length[i] - mx);
      yy += (score[i] - my) * (score[i] - my);
      xy += (length[i] - mx) * (score[i] - my);
    }
    double r = xy / Math.sqrt(xx * yy);
    double z = atanh(r);
    double half = 1.959963984540054 / Math.sqrt(n - 3.0);
    for (int i = 0; i < n; i++) {
      score[i] = Math.round(score[i] * 1e4) / 1e4;
    }
    return new LengthEffect(r, Math.tanh(z - half), Math.tanh(z + half), n, score, length);
  }

  private static double atanh(double r) {
    return 0.5 * Math.log((1 + r) / (1 - r));
  }
}
