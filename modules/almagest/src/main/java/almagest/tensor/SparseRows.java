package almagest.tensor;

import java.util.Objects;

/**
 * A sparse matrix in compressed rows. Row r has the columns {@code indices[indptr[r] …
 * indptr[r+1])}, ascending and distinct, with the float32 {@code values} at the same places; {@code
 * values} may be empty when only the pattern matters (chunks).
 *
 * @param columns how many columns there are
 * @param indptr [rows + 1], starts at 0, never falls, ends at the number of entries
 * @param indices [entries], each in 0 … columns − 1
 * @param values [entries], or empty for a pattern
 */
public record SparseRows(int columns, long[] indptr, int[] indices, float[] values) {
  /** Checks the shapes and that indices ascend inside each row; O(entries). */
  public SparseRows {
    if (indptr.length == 0 || indptr[0] != 0 || indptr[indptr.length - 1] != indices.length) {
      throw new IllegalArgumentException(
          "indptr must run from 0 to the " + indices.length + " entries");
    }
    if (values.length != 0 && values.length != indices.length) {
      throw new IllegalArgumentException(
          values.length + " values for " + indices.length + " indices");
    }
    for (int r = 0; r + 1 < indptr.length; r++) {
      if (indptr[r + 1] < indptr[r] || indptr[r + 1] > indices.length) {
        throw new IllegalArgumentException("indptr falls or overruns at row " + r);
      }
      int before = -1;
      for (long e = indptr[r]; e < indptr[r + 1]; e++) {
        int c = indices[(int) e];
        if (c <= before || c >= columns) {
          throw new IllegalArgumentException(
              "row "
                  + r
                  + ": column "
                  + c
                  + " after "
                  + before
                  + ", expected ascending columns below "
                  + columns);
        }
        before = c;
      }
    }
  }

  /** A pattern without values. */
  public static SparseRows pattern(int columns, long[] indptr, int[] indices) {
    return new SparseRows(columns, indptr, indices, new float[0]);
  }

  public int rows() {
    return indptr.length - 1;
  }

  public int start(int row) {
    return (int) indptr[Objects.checkIndex(row, rows())];
  }

  public int end(int row) {
    return (int) indptr[Objects.checkIndex(row, rows()) + 1];
  }

  public boolean hasValues() {
    return values.length == indices.length && indices.length > 0;
  }
}
