package almagest.atom;

import almagest.run.InputException;
import almagest.run.Seed;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * The function vectors of pairs of words: output minus input, one row a pair. (The published code
 * takes input minus output; nothing but signs depends on it.)
 *
 * @param relations names of the relations; labels index into it
 * @param pairs the words of each row, {input, output}
 * @param labels [n] the relation of each row
 * @param inputs [n, d] vectors of the inputs
 * @param outputs [n, d] vectors of the outputs
 */
public record Differences(
    List<String> relations,
    List<String[]> pairs,
    int[] labels,
    FloatMatrix inputs,
    FloatMatrix outputs) {
  public Differences {
    relations = List.copyOf(relations);
    pairs = List.copyOf(pairs);
    if (labels.length != pairs.size()
        || inputs.rows() != labels.length
        || outputs.rows() != labels.length
        || inputs.columns() != outputs.columns()) {
      throw new InputException(
          "%d labels, %d pairs, inputs [%d, %d] and outputs [%d, %d] do not fit together"
              .formatted(
                  labels.length,
                  pairs.size(),
                  inputs.rows(),
                  inputs.columns(),
                  outputs.rows(),
                  outputs.columns()));
    }
    if (labels.length == 0) {
      throw new InputException("no pairs of words: every relation is empty");
    }
  }

  public int size() {
    return labels.length;
  }

  public int dimensions() {
    return inputs.columns();
  }

  /** output − input in double, [n, d]. */
  public DoubleMatrix vectors() {
    DoubleMatrix out = DoubleMatrix.zeros(size(), dimensions());
    for (int i = 0; i < size(); i++) {
      out.setRow(i, between(i, i));
    }
    return out;
  }

  /** The difference that row {@code i}'s input and row {@code partner}'s output would make. */
  double[] between(int i, int partner) {
    float[] a = inputs.row(i);
    float[] b = outputs.row(partner);
    double[] row = new double[a.length];
    for (int j = 0; j < row.length; j++) {
      row[j] = (double) b[j] - a[j];
    }
    return row;
  }

  /**
   * Whose output each row gets when outputs are dealt anew inside each relation, so that inputs and
   * outputs keep their kinds and lose their pairing: the null of a relation that is only "a country
   * and some capital".
   *
   * @return [n] rows
   */
  int[] dealt(Seed seed) {
    int[] partner = new int[size()];
    for (int r = 0; r < relations.size(); r++) {
      List<Integer> rows = rowsOf(r);
      List<Integer> dealt = new ArrayList<>(rows);
      Collections.shuffle(dealt, Random.from(seed.split(relations.get(r)).generator()));
      for (int i = 0; i < rows.size(); i++) {
        partner[rows.get(i)] = dealt.get(i);
      }
    }
    return partner;
  }

  /** Rows of one relation, ascending. */
  public List<Integer> rowsOf(int relation) {
    List<Integer> rows = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] == relation) {
        rows.add(i);
      }
    }
    return rows;
  }
}
