package almagest.feature;

import static almagest.feature.Kernels.FLOAT;
import static almagest.feature.Kernels.LANES;
import static almagest.feature.Kernels.NATIVE;
import static almagest.feature.Kernels.SPECIES;

import almagest.tensor.DType;
import almagest.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows rounded to bf16, to the nearest and to even between two, subnormal numbers to 0, with what
 * that did to each row. Memory is reused from rounding to rounding; one thread at a time.
 */
final class Bf16Rows {
  /** As many shorts as a vector has floats. */
  static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(SPECIES.vectorBitSize() / 2));

  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, SPECIES.vectorShape());

  /** Beyond it, sums of products might overflow. */
  private static final float HUGE = 0x1p60f;

  private final int d;
  private final MemorySegment values;

  /** At least the length of each row; +∞ where it is so great that products might overflow. */
  final float[] norms;

  /** At least the length of what rounding took from each row. */
  final float[] residues;

  Bf16Rows(int rows, int d) {
    this.d = d;
    this.values = Arena.ofAuto().allocate((long) Short.BYTES * rows * d, 64);
    this.norms = new float[rows];
    this.residues = new float[rows];
  }

  /** Rounds {@code rows} rows of floats, [rows, d]. */
  void round(MemorySegment floats, int rows) {
    for (int r = 0; r < rows; r++) {
      roundRow(floats, r);
    }
  }

  private void roundRow(MemorySegment floats, int r) {
    long row = (long) r * d;
    FloatVector squares = FloatVector.zero(SPECIES);
    FloatVector lost = squares;
    int i = 0;
    for (; i + LANES <= d; i += LANES) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, floats, 4 * (row + i), NATIVE);
      IntVector bits = x.reinterpretAsInts();
      IntVector upper =
          bits.add(bits.lanewise(VectorOperators.LSHR, 16).and(1))
              .add(0x7fff)
              .lanewise(VectorOperators.LSHR, 16);
      VectorMask<Integer> subnormal = upper.and(0x7fff).compare(VectorOperators.LT, 0x80);
      upper = upper.blend(0, subnormal);
      ((ShortVector) upper.convertShape(VectorOperators.I2S, SHORTS, 0))
          .intoMemorySegment(values, 2 * (row + i), NATIVE);
      FloatVector rest =
          x.sub(upper.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()); // exact
      squares = x.fma(x, squares);
      lost = rest.fma(rest, lost);
    }
    float square = Kernels.sum(squares);
    float loss = Kernels.sum(lost);
    for (; i < d; i++) {
      float x = floats.get(FLOAT, 4 * (row + i));
      int bits = Float.floatToRawIntBits(x);
      int upper = (bits + ((bits >>> 16) & 1) + 0x7fff) >>> 16;
      upper = (upper & 0x7fff) < 0x80 ? 0 : upper;
      values.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * (row + i), (short) upper);
      float rest = x - Float.intBitsToFloat(upper << 16);
      square = Math.fma(x, x, square);
      loss = Math.fma(rest, rest, loss);
    }
    norms[r] = length(square);
    residues[r] = length(loss);
    if (!(norms[r] < HUGE)) {
      norms[r] = Float.POSITIVE_INFINITY;
    }
  }

  /** No less than the length whose square was summed in float32, underflow included. */
  private float length(float square) {
    return (float) (Math.sqrt(square) * (1 + (d + 4) * 0x1p-23) + Math.sqrt(d) * 0x1p-73);
  }

  /** The first rows as a tensor over our memory. */
  Tensor tensor(int rows) {
    return Tensor.wrap(values.asSlice(0, (long) Short.BYTES * rows * d), DType.BF16, rows, d);
  }

  /** Sixteen or so bf16 numbers as floats. */
  static FloatVector widen(MemorySegment numbers, long at) {
    return ((IntVector)
            ShortVector.fromMemorySegment(SHORTS, numbers, at, NATIVE)
                .convertShape(VectorOperators.S2I, INTS, 0))
        .lanewise(VectorOperators.LSHL, 16)
        .reinterpretAsFloats();
  }

  static float widen(short number) {
    return Float.intBitsToFloat(number << 16);
  }
}
