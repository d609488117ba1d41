package almagest.feature;

import almagest.format.Tensor;
import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the readers of all families share: vectors and matrices checked against each other, and the
 * orientation of a matrix inferred from shapes, never from its name.
 */
final class SaeParts {
  private static final long MOST_FEATURES = 1L << 28;

  private final int dModel;
  private final int dSae;
  private final List<String> notes = new ArrayList<>();

  /**
   * @param bDec the decoder's bias; its length is d_model
   * @param features a vector with one value per feature; its length is d_sae
   */
  SaeParts(Tensor bDec, Tensor features) {
    this.dModel = length(bDec);
    this.dSae = length(features);
  }

  SaeParts(int dModel, int dSae) {
    this.dModel = dModel;
    this.dSae = dSae;
  }

  private static int length(Tensor vector) {
    if (vector.rank() != 1 || vector.count() < 1 || vector.count() > MOST_FEATURES) {
      throw new InputException(
          vector.place()
              + ": expected a vector, found the shape "
              + Arrays.toString(vector.shape()));
    }
    return (int) vector.count();
  }

  int dModel() {
    return dModel;
  }

  int dSae() {
    return dSae;
  }

  List<String> notes() {
    return notes;
  }

  void note(String text) {
    notes.add(text);
  }

  /** A vector with one finite value per feature. */
  float[] perFeature(Tensor vector) {
    return vector(vector, dSae);
  }

  /** A vector with one finite value per dimension. */
  float[] perDimension(Tensor vector) {
    return vector(vector, dModel);
  }

  private static float[] vector(Tensor vector, int length) {
    if (vector.rank() != 1 || vector.count() != length) {
      throw new InputException(
          vector.place()
              + ": expected "
              + length
              + " values, found the shape "
              + Arrays.toString(vector.shape()));
    }
    float[] values = vector.floats();
    for (int i = 0; i < length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new InputException(
            vector.place() + ": value " + i + " is " + values[i] + ", expected finite weights");
      }
    }
    return values;
  }

  /** A matrix and how it lies: one row per feature, or one row per dimension. */
  record Oriented(FloatMatrix matrix, boolean byFeature) {
    FloatMatrix rowsOfFeatures() {
      return byFeature ? matrix : Matrices.transpose(matrix);
    }
  }

  /**
   * Finds out how a matrix lies.
   *
   * @param byFeatureByConvention what the family of files does, for the case d_sae = d_model
   */
  Oriented orient(Tensor t, boolean byFeatureByConvention) {
    long[] shape = t.shape();
    boolean byFeature = shape.length == 2 && shape[0] == dSae && shape[1] == dModel;
    boolean byDimension = shape.length == 2 && shape[0] == dModel && shape[1] == dSae;
    if (!byFeature && !byDimension) {
      throw new InputException(
          t.place()
              + ": expected [%d, %d] or [%d, %d] (d_sae %d, d_model %d), found the shape %s"
                  .formatted(dSae, dModel, dModel, dSae, dSae, dModel, Arrays.toString(shape)));
    }
    boolean either = byFeature && byDimension;
    boolean chosen = either ? byFeatureByConvention : byFeature;
    String name = t.place().substring(t.place().lastIndexOf(' ') + 1);
    note(
        name
            + (chosen ? " is [d_sae, d_model]" : " is [d_model, d_sae]")
            + (either
                ? ", by the convention of the format: d_sae equals d_model, shapes cannot tell"
                : ", by its shape"));
    return new Oriented(t.matrix(), chosen);
  }
}
