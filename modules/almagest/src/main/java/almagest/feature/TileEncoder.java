package almagest.feature;

import almagest.linalg.Blas;
import almagest.tensor.DType;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Tensor;
import almagest.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
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

  private final int dModel;
  private final int dSae;
  private final MemorySegment input;
  private final MemorySegment products;
  private final Selection[][] selections = new Selection[2][];
  private @Nullable MemorySegment block;

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
   * Encodes the inputs of several tiles with an encoder that is stored by dimension. Each of its
   * blocks is turned round once for all tiles, for oneDNN, which wants it by feature and is twice
   * as fast as a BLAS library.
   *
   * @param rows of each tile
   * @param encoder [dModel, dSae]
   */
  static void encodeTogether(
      List<TileEncoder> tiles, int[] rows, FloatMatrix encoder, ActivationRule rule) {
    int dModel = encoder.rowsAsInt();
    int dSae = encoder.columns();
    for (int t = 0; t < rows.length; t++) {
      tiles.get(t).begin(rows[t], rule);
    }
    for (int from = 0; from < dSae; from += BLOCK) {
      int count = Math.min(BLOCK, dSae - from);
      MemorySegment block = tiles.getFirst().block();
      Matrices.transpose(encoder, from, count, block);
      for (int t = 0; t < rows.length; t++) {
        TileEncoder tile = tiles.get(t);
        tile.multiply(tile.input, rows[t], block.asSlice(0, 4L * count * dModel), count);
        tile.scan(rows[t], from, count, rule);
      }
    }
    for (int t = 0; t < rows.length; t++) {
      tiles.get(t).finish(rows[t], rule);
    }
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
