package almagest.galaxy;

import almagest.run.InputException;
import almagest.tensor.Points;
import org.jspecify.annotations.Nullable;

/**
 * A cloud to be analysed.
 *
 * @param name for reports, e.g. {@code layer-06}
 * @param points [n, d], finite
 * @param layer where in the model it belongs, when that is known
 * @param l0 the mean number of features that fire at a token, of the SAE the cloud is of, when that
 *     is known
 */
public record NamedCloud(String name, Points points, @Nullable Integer layer, @Nullable Double l0) {
  /**
   * @throws InputException for a cloud of fewer than 3 rows or no columns, a value that is not
   *     finite, or an L0 that is not positive
   */
  public NamedCloud {
    if (points.rows() < 3 || points.columns() < 1) {
      throw new InputException(
          "cloud %s: expected at least 3 rows and 1 column, found [%d, %d]; give one row a point"
              .formatted(name, points.rows(), points.columns()));
    }
    if (l0 != null && !(l0 > 0 && l0 < Double.POSITIVE_INFINITY)) {
      throw new InputException("cloud " + name + ": expected a positive L0, found " + l0);
    }
    double[] row = new double[points.columns()];
    for (int i = 0; i < points.rows(); i++) {
      points.copyRow(i, row);
      for (int c = 0; c < row.length; c++) {
        if (!(Math.abs(row[c]) < Double.POSITIVE_INFINITY)) {
          throw new InputException(
              "cloud %s, row %d, column %d: expected a finite number, found %s; drop or repair the row"
                  .formatted(name, i, c, row[c]));
        }
      }
    }
  }

  /** A cloud of which no more is known. */
  public NamedCloud(String name, Points points) {
    this(name, points, null, null);
  }
}
