package almagest.feature;

import static almagest.feature.Kernels.LANES;
import static almagest.feature.Kernels.SPECIES;

import almagest.tensor.Tensor;
import almagest.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Finds the few features that may fire by products in bf16, which a processor with instructions for
 * them makes in half the time of float32 or less, and computes those in float32. None is missed,
 * because the error has a bound. With x′, w′ for what is rounded and ‖·‖ for the length,
 *
 * <p>|x·w − x′·w′| ≤ |(x − x′)·w| + |x′·(w − w′)| ≤ ‖x − x′‖ ‖w‖ + ‖x′‖ ‖w − w′‖
 *
 * <p>by Cauchy and Schwarz. A sum of d products in float32, in any order and also where a processor
 * truncates, is off by at most γ times the product of the lengths, γ = d u / (1 − d u), u = 2⁻²³
 * (Higham 2002, §3.1); that enters once for x′·w′ and once for the float32 product that decides in
 * the end. As ‖w′‖ ≤ ‖w‖ + ‖w − w′‖ and ‖x′‖ ≤ ‖x‖ + ‖x − x′‖, the whole is at most A ‖w‖ + B ‖w −
 * w′‖ with A = ‖x − x′‖ + γ (2 ‖x‖ + ‖x − x′‖) and B = (1 + γ)(‖x‖ + ‖x − x′‖). Products come
 * rounded to bf16, which takes at most 2⁻⁸ of what is left. γ is made for 16 terms more than there
 * are, for the sums here. Underflow is below 2⁻¹⁰⁰; rows that might overflow have infinite bounds.
 *
 * <p>What rounding takes away is measured row by row, so the bound is a third of what the worst
 * rounding would give, 0.3 % of the product of the lengths. One thread at a time.
 */
final class Screen {
  /** Of the features, at most one in so many may be computed twice; more are slower so. */
  private static final int FEWEST_PER_CANDIDATE = 24;

  private static final float UNDERFLOW = 0x1p-100f;

  private final int d;
  private final float gamma;
  private final Bf16Rows input;
  private final MemorySegment products;
  private final int[] candidates;
  private final int[] starts = new int[TileEncoder.ROWS + 1];
  private final float[] floor;
  private final float[] slope;
  private final MemorySegment row;

  Screen(int d, int features) {
    this.d = d;
    this.gamma = (float) ((d + 16) * 0x1p-23 / (1 - (d + 16) * 0x1p-23));
    this.input = new Bf16Rows(TileEncoder.ROWS, d);
    Arena arena = Arena.ofAuto();
    this.products = arena.allocate((long) Short.BYTES * TileEncoder.ROWS * features, 64);
    this.candidates = new int[TileEncoder.ROWS * features / FEWEST_PER_CANDIDATE + features];
    this.floor = new float[features];
    this.slope = new float[features];
    this.row = arena.allocate((long) Float.BYTES * features, 64);
  }

  /** Takes up a tile's rows, [rows, d]. */
  void begin(MemorySegment y, int rows) {
    input.round(y, rows);
  }

  /**
   * Applies a rule to a block of features.
   *
   * @param y the rows that it began with
   * @param block [count, d], float32, and rounded
   * @return false when too many features may fire; then nothing has been done
   */
  boolean scan(
      MemorySegment y,
      int rows,
      MemorySegment block,
      Bf16Rows rounded,
      int from,
      int count,
      ActivationRule rule,
      ActivationRule.Floor floors,
      Selection[] selections) {
    try (TensorScope _ = TensorScope.open()) {
      Tensor z = input.tensor(rows).linear(rounded.tensor(count), null);
      z.copyElementsTo(products.asSlice(0, (long) Short.BYTES * rows * count));
    }
    for (int j = 0; j < count; j++) {
      floor[j] = Math.nextDown(floors.at()[from + j] - UNDERFLOW);
      slope[j] = floors.slope() == null ? 0 : floors.slope()[from + j];
    }
    int most = rows * count / FEWEST_PER_CANDIDATE;
    int found = 0;
    for (int r = 0; r < rows; r++) {
      found = sift(r, rounded, count, rule.bound(selections[r]), found);
      if (found > most) {
        return false;
      }
      starts[r + 1] = found;
    }
    for (int j = 0; j < count; j++) {
      row.setAtIndex(ValueLayout.JAVA_FLOAT, j, Float.NEGATIVE_INFINITY);
    }
    for (int r = 0; r < rows; r++) {
      Kernels.dots(y, 4L * r * d, block, d, candidates, starts[r], starts[r + 1], row);
      rule.scan(row, 0, from, count, selections[r]);
      for (int c = starts[r]; c < starts[r + 1]; c++) {
        row.setAtIndex(ValueLayout.JAVA_FLOAT, candidates[c], Float.NEGATIVE_INFINITY);
      }
    }
    return true;
  }

  private float lengths(int r) {
    return input.residues[r] + gamma * (2 * input.norms[r] + input.residues[r]);
  }

  private float residues(int r) {
    return (1 + gamma) * (input.norms[r] + input.residues[r]);
  }

  /** Adds the features of a row that may fire to the candidates, of which there are {@code n}. */
  private int sift(int r, Bf16Rows w, int count, float bound, int n) {
    float a = lengths(r);
    float b = residues(r);
    long at = (long) Short.BYTES * r * count;
    int size = n;
    int j = 0;
    for (; j + LANES <= count; j += LANES) {
      FloatVector z = Bf16Rows.widen(products, at + 2L * j);
      long below =
          most(
                  z,
                  FloatVector.fromArray(SPECIES, w.norms, j),
                  FloatVector.fromArray(SPECIES, w.residues, j),
                  a,
                  b)
              .sub(FloatVector.fromArray(SPECIES, slope, j).mul(bound))
              .compare(VectorOperators.LT, FloatVector.fromArray(SPECIES, floor, j))
              .toLong();
      // Not a number is not below: such a feature is computed.
      long may = ~below & (-1L >>> (64 - LANES));
      for (; may != 0; may &= may - 1) {
        candidates[size++] = j + Long.numberOfTrailingZeros(may);
      }
    }
    for (; j < count; j++) {
      float z = Bf16Rows.widen(products.get(ValueLayout.JAVA_SHORT, at + 2L * j));
      float most =
          Math.fma(b, w.residues[j], Math.fma(a, w.norms[j], Math.fma(Math.abs(z), 0x1p-8f, z)));
      if (!(most - slope[j] * bound < floor[j])) {
        candidates[size++] = j;
      }
    }
    return size;
  }

  private static FloatVector most(
      FloatVector z, FloatVector norms, FloatVector residues, float a, float b) {
    FloatVector rounded = z.abs().fma(FloatVector.broadcast(SPECIES, 0x1p-8f), z);
    return residues.fma(
        FloatVector.broadcast(SPECIES, b), norms.fma(FloatVector.broadcast(SPECIES, a), rounded));
  }
}
