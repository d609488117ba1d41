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
 * The function vectors of pairs of words: output minus input, one row a pair.
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
        || outputs.rows() != labels.length) {
      throw new IllegalArgumentException(
          labels.length
              + " labels, "
              + pairs.size()
              + " pairs, "
              + inputs.rows()
              + " inputs, "
              + outputs.rows()
              + " outputs");
    }
    if (labels.length == 0) {
      throw new InputException("no pairs of words: every relation is empty");
    }
  }

  public int size() {
    return labels.length;
  }

  /** output − input in double, [n, d]. */
  public DoubleMatrix vectors() {
    return between(identity());
  }

  /**
   * Differences with the outputs dealt anew inside each relation, so that inputs and outputs keep
   * their kinds and lose their pairing: the null of a relation that is only "a country and some
   * capital".
   */
  public DoubleMatrix shuffled(Seed seed) {
    int[] partner = identity();
    for (int r = 0; r < relations.size(); r++) {
      List<Integer> rows = rowsOf(r);
      List<Integer> dealt = new ArrayList<>(rows);
      Collections.shuffle(dealt, Random.from(seed.split(relations.get(r)).generator()));
      for (int i = 0; i < rows.size(); i++) {
        partner[rows.get(i)] = dealt.get(i);
      }
    }
    return between(partner);
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

  private int[] identity() {
    int[] partner = new int[size()];
    for (int i = 0; i < partner.length; i++) {
      partner[i] = i;
    }
    return partner;
  }

  private DoubleMatrix between(int[] partner) {
    int d = inputs.columns();
    DoubleMatrix out = DoubleMatrix.zeros(size(), d);
    double[] row = new double[d];
    for (int i = 0; i < size(); i++) {
      float[] a = inputs.row(i);
      float[] b = outputs.row(partner[i]);
      for (int j = 0; j < d; j++) {
        row[j] = (double) b[j] - a[j];
      }
      out.setRow(i, row);
    }
    return out;
  }
}
