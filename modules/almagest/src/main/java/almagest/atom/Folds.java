package almagest.atom;

import almagest.run.Seed;
import almagest.tensor.DoubleMatrix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;

/** Which pairs are held out when, and matrices of chosen rows. */
final class Folds {
  private Folds() {}

  /**
   * A fold for each row, dealt evenly inside each class.
   *
   * @return [n], 0 … folds − 1
   */
  static int[] stratified(int[] labels, int folds, Seed seed) {
    int[] fold = new int[labels.length];
    int classes = 0;
    for (int y : labels) {
      classes = Math.max(classes, y + 1);
    }
    for (int g = 0; g < classes; g++) {
      List<Integer> rows = new ArrayList<>();
      for (int i = 0; i < labels.length; i++) {
        if (labels[i] == g) {
          rows.add(i);
        }
      }
      Collections.shuffle(rows, Random.from(seed.split(g).generator()));
      for (int i = 0; i < rows.size(); i++) {
        fold[rows.get(i)] = i % folds;
      }
    }
    return fold;
  }

  /** Indices where {@code (values[i] == value) == equal}, ascending. */
  static int[] where(int[] values, int value, boolean equal) {
    return java.util.stream.IntStream.range(0, values.length)
        .filter(i -> (values[i] == value) == equal)
        .toArray();
  }

  static int[] pick(int[] values, int[] rows) {
    int[] out = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      out[i] = values[rows[i]];
    }
    return out;
  }

  static DoubleMatrix pick(DoubleMatrix x, int[] rows) {
    DoubleMatrix out = DoubleMatrix.zeros(rows.length, x.columns());
    for (int i = 0; i < rows.length; i++) {
      out.setRow(i, x.row(rows[i]));
    }
    return out;
  }

  /** Labels renamed 0, 1, … in the order of their values. */
  static int[] consecutive(int[] labels) {
    int[] distinct = java.util.Arrays.stream(labels).distinct().sorted().toArray();
    int[] out = new int[labels.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = java.util.Arrays.binarySearch(distinct, labels[i]);
    }
    return out;
  }

  /** Labels dealt anew: the control that shows what LDA finds when there is nothing to find. */
  static int[] shuffled(int[] labels, Seed seed) {
    int[] out = labels.clone();
    RandomGenerator random = seed.generator();
    for (int i = out.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int t = out[i];
      out[i] = out[j];
      out[j] = t;
    }
    return out;
  }

  /** A Gaussian matrix [d, k]: projecting on it is projecting on a random subspace. */
  static DoubleMatrix randomDirections(int d, int k, Seed seed) {
    RandomGenerator random = seed.generator();
    DoubleMatrix out = DoubleMatrix.zeros(d, k);
    for (int j = 0; j < d; j++) {
      for (int c = 0; c < k; c++) {
        out.set(j, c, random.nextGaussian() / Math.sqrt(d));
      }
    }
    return out;
  }
}
