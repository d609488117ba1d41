package almagest.feature;

import almagest.linalg.Blas;
import almagest.tensor.DType;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Tensor;
import almagest.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The dense part of encoding one tile of rows: products with the encoder in blocks of features that
 * stay in the cache, each handed to one or more rules at once. One thread at a time; holds its
 * memory for reuse.
 */
final class TileEncoder {
  /** Rows of a tile. Fixed: another value gives other bits. */
  static final int ROWS = 256;

  /** Features of a block. Fixed as well. */
  static final int BLOCK = 2048;

  /** The same where products are screened: few enough that what is computed again is in cache. */
  static final int SCREENED_BLOCK = 512;

  private final int dModel;
  private final int dSae;
  private final MemorySegment input;
  private final MemorySegment products;
  private final Selection[][] selections = new Selection[2][];
  private @Nullable MemorySegment block;
  private @Nullable Screen screen;
  private @Nullable Bf16Rows rounded;

  /** How many more blocks of the tile may have too many features that may fire; −1 for none. */
  private int misses;

  TileEncoder(int dModel, int dSae) {
    this.dModel = dModel;
    this.dSae = dSae;
    Arena arena = Arena.ofAuto();
    this.input = arena.allocate(4L * ROWS * dModel, 64);
    this.products = arena.allocate(4L * ROWS * Math.min(BLOCK, dSae), 64);
  }

  /** [ROWS, dModel]: room for a tile's inputs. */
  MemorySegment input() {
    return input;
  }

  /**
   * Encodes rows.
   *
   * @param y native memory, [rows, dModel]; at most {@link #ROWS} rows
   * @param encoder [dSae, dModel] if {@code byFeature}, else [dModel, dSae]
   * @param rules one or two
   */
  void encode(
      MemorySegment y, int rows, FloatMatrix encoder, boolean byFeature, ActivationRule... rules) {
    begin(rows, rules);
    for (int from = 0; from < dSae; from += BLOCK) {
      int count = Math.min(BLOCK, dSae - from);
      MemorySegment block = encoder.data().asSlice(byFeature ? 4L * from * dModel : 4L * from);
      if (byFeature) {
        multiply(y, rows, aligned(block.asSlice(0, 4L * count * dModel)), count);
      } else {
        Blas.sgemm(
            false, false, rows, count, dModel, 1f, y, dModel, block, dSae, 0f, products, count);
      }
      scan(rows, from, count, rules);
    }
    finish(rows, rules);
  }

  /**
   * Encodes the inputs of several tiles. A block of an encoder that is stored by dimension is
   * turned round once for all tiles, for oneDNN, which wants it by feature and is twice as fast as
   * a BLAS library; where the processor multiplies bf16 faster, a block is rounded once for all.
   *
   * @param rows of each tile
   * @param encoder [dSae, dModel] if {@code byFeature}, else [dModel, dSae]
   * @param screened whether products in bf16 find what may fire ({@link Screen})
   */
  static void encodeTogether(
      List<TileEncoder> tiles,
      int[] rows,
      FloatMatrix encoder,
      boolean byFeature,
      boolean screened,
      ActivationRule rule) {
    TileEncoder first = tiles.getFirst();
    int dModel = first.dModel;
    int dSae = first.dSae;
    ActivationRule.Floor floor = rule.floor();
    for (int t = 0; t < rows.length; t++) {
      tiles.get(t).begin(rows[t], rule);
      tiles.get(t).beginScreen(rows[t], screened);
    }
    int most = screened ? SCREENED_BLOCK : BLOCK;
    for (int from = 0; from < dSae; from += most) {
      int count = Math.min(most, dSae - from);
      MemorySegment block;
      if (byFeature) {
        block = encoder.data().asSlice(4L * from * dModel, 4L * count * dModel);
      } else {
        block = first.block().asSlice(0, 4L * count * dModel);
        Matrices.transpose(encoder, from, count, block);
      }
      Bf16Rows rounded =
          from >= floor.first() && tiles.stream().anyMatch(t -> t.misses >= 0)
              ? first.rounded()
              : null;
      if (rounded != null) {
        rounded.round(block, count);
      }
      for (int t = 0; t < rows.length; t++) {
        TileEncoder tile = tiles.get(t);
        if (rounded == null
            || tile.misses < 0
            || !tile.screen(rows[t], block, rounded, from, count, rule, floor)) {
          tile.multiply(tile.input, rows[t], tile.aligned(block), count);
          tile.scan(rows[t], from, count, rule);
        }
      }
    }
    for (int t = 0; t < rows.length; t++) {
      tiles.get(t).finish(rows[t], rule);
    }
  }

  private void beginScreen(int rows, boolean screened) {
    misses = screened ? dSae / SCREENED_BLOCK / 16 : -1;
    if (screened) {
      if (screen == null) {
        screen = new Screen(dModel, Math.min(SCREENED_BLOCK, dSae));
      }
      screen.begin(input, rows);
    }
  }

  private boolean screen(
      int rows,
      MemorySegment block,
      Bf16Rows rounded,
      int from,
      int count,
      ActivationRule rule,
      ActivationRule.Floor floor) {
    boolean done =
        Objects.requireNonNull(screen)
            .scan(input, rows, block, rounded, from, count, rule, floor, selections[0]);
    misses -= done ? 0 : 1;
    return done;
  }

  private Bf16Rows rounded() {
    if (rounded == null) {
      rounded = new Bf16Rows(Math.min(SCREENED_BLOCK, dSae), dModel);
    }
    return rounded;
  }

  private void begin(int rows, ActivationRule... rules) {
    for (int i = 0; i < rules.length; i++) {
      if (selections[i] == null) {
        selections[i] = new Selection[ROWS];
        for (int r = 0; r < ROWS; r++) {
          selections[i][r] = rules[i].selection();
        }
      }
      for (int r = 0; r < rows; r++) {
        selections[i][r].clear();
      }
    }
  }

  /** Room for a block of the encoder by feature. */
  private MemorySegment block() {
    if (block == null) {
      block = Arena.ofAuto().allocate(4L * Math.min(BLOCK, dSae) * dModel, 64);
    }
    return block;
  }

  /** The same values where the engine can use them; members of a zip file lie anywhere. */
  private MemorySegment aligned(MemorySegment values) {
    return values.isNative() && values.address() % Float.BYTES == 0
        ? values
        : block().asSlice(0, values.byteSize()).copyFrom(values);
  }

  /** Products of rows with a block of the encoder, [count, dModel]. */
  private void multiply(MemorySegment y, int rows, MemorySegment block, int count) {
    try (TensorScope _ = TensorScope.open()) {
      Tensor x = Tensor.wrap(y.asSlice(0, 4L * rows * dModel), DType.FLOAT32, rows, dModel);
      Tensor w = Tensor.wrap(block, DType.FLOAT32, count, dModel);
      x.linear(w, null).copyTo(products.asSlice(0, 4L * rows * count));
    }
  }

  private void scan(int rows, int from, int count, ActivationRule... rules) {
    for (int i = 0; i < rules.length; i++) {
      for (int r = 0; r < rows; r++) {
        rules[i].scan(products, 4L * r * count, from, count, selections[i][r]);
      }
    }
  }

  private void finish(int rows, ActivationRule... rules) {
    for (int i = 0; i < rules.length; i++) {
      for (int r = 0; r < rows; r++) {
        rules[i].finish(selections[i][r]);
      }
    }
  }

  /** What rule i selected in row r of the last tile; valid until the next. */
  Selection selection(int rule, int r) {
    return selections[rule][r];
  }
}
