package almagest.atom;

import almagest.linalg.Blas;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.ArrayList;
import java.util.List;

/**
 * One fold of the cross-validation over pairs: the projection that the other folds give, what it
 * makes of all words, and a random subspace of as many dimensions.
 *
 * @param rows [m] held out
 * @param lda fitted to the other rows
 * @param inputs [n, components] projected inputs of all rows
 * @param outputs [n, components] projected outputs
 * @param random [m, components] held-out differences in the random subspace
 */
record HeldOutFold(
    int[] rows, Lda lda, DoubleMatrix inputs, DoubleMatrix outputs, DoubleMatrix random) {
  static List<HeldOutFold> all(
      Differences differences,
      DoubleMatrix raw,
      int components,
      Crystals.Options options,
      Workers workers) {
    int[] labels = differences.labels();
    int[] fold = Folds.stratified(labels, options.folds(), options.seed().split("folds"));
    List<HeldOutFold> folds = new ArrayList<>();
    for (int f = 0; f < options.folds(); f++) {
      int[] train = Folds.where(fold, f, false);
      int[] test = Folds.where(fold, f, true);
      Lda lda =
          Lda.fit(
              Points.of(Points.of(raw), train), Folds.pick(labels, train), options.lda(), workers);
      int kept = Math.min(components, lda.components());
      DoubleMatrix directions =
          Folds.randomDirections(raw.columns(), kept, options.seed().split("subspace").split(f));
      folds.add(
          new HeldOutFold(
              test,
              lda,
              lda.project(Points.of(differences.inputs()), kept, workers),
              lda.project(Points.of(differences.outputs()), kept, workers),
              Blas.multiply(Folds.pick(raw, test), directions, workers)));
    }
    return folds;
  }

  /** Positions among the held-out rows of one relation's. */
  List<Integer> positions(int[] labels, int relation) {
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < rows.length; i++) {
      if (labels[rows[i]] == relation) {
        out.add(i);
      }
    }
    return out;
  }

  /**
   * Projected differences of some held-out rows.
   *
   * @param positions among the held-out rows
   * @param partner [n] whose output each row gets
   */
  DoubleMatrix differences(List<Integer> positions, int[] partner) {
    DoubleMatrix out = DoubleMatrix.zeros(positions.size(), inputs.columns());
    for (int i = 0; i < positions.size(); i++) {
      int row = rows[positions.get(i)];
      double[] off = outputs.row(partner[row]);
      double[] from = inputs.row(row);
      for (int j = 0; j < off.length; j++) {
        off[j] -= from[j];
      }
      out.setRow(i, off);
    }
    return out;
  }
}
