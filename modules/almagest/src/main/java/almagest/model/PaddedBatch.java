package almagest.model;

import almagest.format.NpyArray;
import almagest.run.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Token ids as other libraries lay them out: rows of equal length, the shorter ones padded on
 * either side. A token keeps the position at which it stands in its row.
 *
 * @param length of a row
 * @param contexts the rows without their padding
 */
public record PaddedBatch(int length, List<Context> contexts) {
  public PaddedBatch {
    contexts = List.copyOf(contexts);
  }

  /**
   * @param file where the arrays are from, for messages
   * @param tokens [rows, length] integers
   * @param mask of the same shape, 1 for a token and 0 for padding; null for no padding
   * @param types of the same shape, token types; null for none
   */
  public static PaddedBatch of(
      Path file, NpyArray tokens, @Nullable NpyArray mask, @Nullable NpyArray types) {
    int[] shape = tokens.shape();
    if (shape.length != 2 || shape[0] == 0 || shape[1] == 0) {
      throw InputException.in(
          file, "", "expected token ids [rows, length], found " + Arrays.toString(shape), "");
    }
    int[] ids = integers(file, "tokens", tokens, shape);
    int[] ones = mask == null ? null : integers(file, "mask", mask, shape);
    int[] kinds = types == null ? null : integers(file, "token types", types, shape);
    List<Context> contexts = new ArrayList<>();
    for (int row = 0; row < shape[0]; row++) {
      int first = ones == null ? 0 : first(file, ones, row, shape[1]);
      int from = row * shape[1] + first;
      int to = ones == null ? from + shape[1] : end(file, ones, row, shape[1], first);
      contexts.add(
          new Context(
              Arrays.copyOfRange(ids, from, to),
              kinds == null ? null : Arrays.copyOfRange(kinds, from, to),
              first));
    }
    return new PaddedBatch(shape[1], contexts);
  }

  private static int[] integers(Path file, String what, NpyArray array, int[] shape) {
    if (!Arrays.equals(array.shape(), shape)) {
      throw InputException.in(
          file,
          what,
          "expected the shape "
              + Arrays.toString(shape)
              + ", found "
              + Arrays.toString(array.shape()),
          "");
    }
    try {
      return array.ints();
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw InputException.in(file, what, "expected 32-bit integers (" + e.getMessage() + ")", "");
    }
  }

  /** The first column of a row that holds a token. */
  private static int first(Path file, int[] mask, int row, int length) {
    for (int i = 0; i < length; i++) {
      if (mask[row * length + i] != 0) {
        return i;
      }
    }
    throw InputException.in(file, "mask, row " + row, "a row of padding only", "leave it out");
  }

  /** Where the tokens from {@code first} on end, counted over all rows. */
  private static int end(Path file, int[] mask, int row, int length, int first) {
    int start = row * length;
    int end = start + first;
    for (int i = start + first; i < start + length; i++) {
      if (mask[i] != 0 && (mask[i] != 1 || end < i)) {
        throw InputException.in(
            file,
            "mask, row " + row,
            "expected ones, and zeros before or after them",
            "gaps between tokens are not computed");
      }
      end += mask[i];
    }
    return end;
  }
}
