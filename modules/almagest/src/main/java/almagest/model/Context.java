package almagest.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The token ids of one sequence as the model sees it, special tokens included, without padding.
 *
 * @param ids [length], at least one
 * @param types [length] token types (BERT's segments), or null for all zero
 * @param first the position of the first token: 0, or more where padding stood before it
 */
public record Context(int[] ids, int @Nullable [] types, int first) {
  public Context {
    if (first < 0) {
      throw new IllegalArgumentException("a first position of " + first);
    }
    if (ids.length == 0) {
      throw new IllegalArgumentException("a context of no tokens");
    }
    if (types != null && types.length != ids.length) {
      throw new IllegalArgumentException(
          ids.length + " token ids with " + types.length + " token types");
    }
  }

  public Context(int[] ids, int @Nullable [] types) {
    this(ids, types, 0);
  }

  public static Context of(int... ids) {
    return new Context(ids, null);
  }

  public int length() {
    return ids.length;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Context c
        && Arrays.equals(ids, c.ids)
        && Arrays.equals(types, c.types)
        && first == c.first;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(ids) + Arrays.hashCode(types)) + first;
  }
}
