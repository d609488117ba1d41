package almagest.atom;

import almagest.tensor.FloatMatrix;
import java.util.ArrayList;
import java.util.List;

/**
 * The analogy test by rank (Mikolov et al. 2013): for two pairs (a, b), (c, d) of a relation, is d
 * the nearest of all words, by cosine, to b − a + c, when a, b and c themselves are not allowed?
 * Beside it the same without the offset, nearest to c alone, because many outputs are near their
 * inputs anyway.
 *
 * @param accuracy share of questions where 3CosAdd finds d
 * @param withoutOffset share where the nearest neighbour of c is d
 * @param questions how many
 */
public record Analogy(double accuracy, double withoutOffset, int questions) {
  /**
   * Asks each pair of the relation once, with the next pair as (a, b).
   *
   * @param rows rows of one relation in {@code differences}; candidates are its outputs and inputs
   */
  static Analogy of(Differences differences, List<Integer> rows) {
    int m = rows.size();
    if (m < 3) {
      return new Analogy(Double.NaN, Double.NaN, 0);
    }
    List<float[]> inputs = unit(differences.inputs(), rows);
    List<float[]> outputs = unit(differences.outputs(), rows);
    int hits = 0;
    int bare = 0;
    for (int q = 0; q < m; q++) {
      int p = (q + 1) % m;
      float[] a = inputs.get(p);
      float[] b = outputs.get(p);
      float[] c = inputs.get(q);
      float[] target = new float[a.length];
      for (int j = 0; j < target.length; j++) {
        target[j] = b[j] - a[j] + c[j];
      }
      hits += nearest(target, differences, rows, inputs, outputs, q, p) ? 1 : 0;
      bare += nearest(c, differences, rows, inputs, outputs, q, p) ? 1 : 0;
    }
    return new Analogy((double) hits / m, (double) bare / m, m);
  }

  private static boolean nearest(
      float[] target,
      Differences d,
      List<Integer> rows,
      List<float[]> inputs,
      List<float[]> outputs,
      int q,
      int p) {
    String a = d.pairs().get(rows.get(p))[0];
    String b = d.pairs().get(rows.get(p))[1];
    String c = d.pairs().get(rows.get(q))[0];
    String best = "";
    double bestScore = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < rows.size(); i++) {
      String[] words = d.pairs().get(rows.get(i));
      for (int side = 0; side < 2; side++) {
        String word = words[side];
        if (word.equals(a) || word.equals(b) || word.equals(c)) {
          continue;
        }
        double score = dot(target, (side == 0 ? inputs : outputs).get(i));
        if (score > bestScore) {
          bestScore = score;
          best = word;
        }
      }
    }
    return best.equals(d.pairs().get(rows.get(q))[1]);
  }

  private static List<float[]> unit(FloatMatrix vectors, List<Integer> rows) {
    List<float[]> out = new ArrayList<>();
    for (int r : rows) {
      float[] v = vectors.row(r);
      double norm = Math.sqrt(dot(v, v));
      for (int j = 0; j < v.length && norm > 0; j++) {
        v[j] = (float) (v[j] / norm);
      }
      out.add(v);
    }
    return out;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += (double) a[j] * b[j];
    }
    return sum;
  }
}
