package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loss for few classes: one pass over the rows, four at a time, everything in double. Rows come
 * from memory once per evaluation, which is what bounds it.
 */
final class RowKernel implements LossPass {
  /** From here on matrix products are faster than this. */
  static final int WIDEST = 8;

  /** Fixed, so that sums do not depend on the number of threads. */
  private static final int PIECES = 32;

  private static final int GROUP = 4;
  private static final VectorSpecies<Double> LANES = DoubleVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Float> HALF =
      VectorSpecies.of(
          float.class, VectorShape.forBitSize(Math.max(64, LANES.vectorBitSize() / 2)));

  private final FloatMatrix x;
  private final int[] rows;
  private final int[] label;
  private final int w;
  private final double[] classWeight;
  private final Workers workers;

  /**
   * @param label 0 … classes − 1, one per entry of {@code rows}
   */
  RowKernel(FloatMatrix x, int[] rows, int[] label, int w, double[] classWeight, Workers workers) {
    this.x = x;
    this.rows = rows;
    this.label = label;
    this.w = w;
    this.classWeight = classWeight;
    this.workers = workers;
  }

  private record Part(double loss, double[] products, double[] sums) {}

  @Override
  public double noise() {
    return 1e-13;
  }

  @Override
  public double at(double[] coef, double[] intercept, double[] products, double[] sums) {
    int pieces = Math.min(PIECES, (rows.length + 63) / 64);
    double loss = 0;
    for (Part part :
        workers.map(
            pieces,
            p ->
                part(
                    (int) ((long) rows.length * p / pieces),
                    (int) ((long) rows.length * (p + 1) / pieces),
                    coef,
                    intercept))) {
      loss += part.loss;
      for (int i = 0; i < products.length; i++) {
        products[i] += part.products[i];
      }
      for (int c = 0; c < w; c++) {
        sums[c] += part.sums[c];
      }
    }
    return loss;
  }

  private Part part(int from, int to, double[] coef, double[] intercept) {
    int d = x.columns();
    double[] products = new double[w * d];
    double[] sums = new double[w];
    double[] group = new double[GROUP * d];
    double[] z = new double[GROUP * w];
    double[] residual = new double[GROUP];
    double[] dots = new double[GROUP];
    double loss = 0;
    long[] at = new long[GROUP];
    for (int i = from; i < to; i += GROUP) {
      int count = Math.min(GROUP, to - i);
      if (w == 1) {
        // Of one weight vector the rows are read where they lie; widening them would cost as much.
        for (int g = 0; g < GROUP; g++) {
          at[g] = (long) rows[i + Math.min(g, count - 1)] * d * Float.BYTES;
        }
        dots(coef, x.data(), at, d, z);
        for (int g = 0; g < GROUP; g++) {
          residual[g] = 0;
          if (g < count) {
            z[g] += intercept[0];
            int own = label[i + g];
            loss += LossPass.residual(z, g, 1, own, classWeight[own]);
            residual[g] = z[g];
          }
          sums[0] += residual[g];
        }
        accumulate(residual, x.data(), at, d, products);
        continue;
      }
      for (int g = 0; g < GROUP; g++) {
        // A short last group repeats a row; its residual is set to zero below.
        x.widenRow(rows[i + Math.min(g, count - 1)], group, g * d);
      }
      for (int c = 0; c < w; c++) {
        dots(coef, c * d, group, d, dots);
        for (int g = 0; g < GROUP; g++) {
          z[g * w + c] = dots[g] + intercept[c];
        }
      }
      for (int g = 0; g < GROUP; g++) {
        if (g < count) {
          int own = label[i + g];
          loss += LossPass.residual(z, g * w, w, own, classWeight[own]);
        } else {
          java.util.Arrays.fill(z, g * w, (g + 1) * w, 0);
        }
      }
      for (int c = 0; c < w; c++) {
        for (int g = 0; g < GROUP; g++) {
          residual[g] = z[g * w + c];
          sums[c] += residual[g];
        }
        accumulate(residual, group, d, products, c * d);
      }
    }
    return new Part(loss, products, sums);
  }

  /** The products of one weight vector with the four rows of a group. */
  private static void dots(double[] coef, int at, double[] group, int d, double[] into) {
    DoubleVector a0 = DoubleVector.zero(LANES);
    DoubleVector a1 = a0;
    DoubleVector a2 = a0;
    DoubleVector a3 = a0;
    int j = 0;
    for (; j + LANES.length() <= d; j += LANES.length()) {
      DoubleVector v = DoubleVector.fromArray(LANES, coef, at + j);
      a0 = DoubleVector.fromArray(LANES, group, j).fma(v, a0);
      a1 = DoubleVector.fromArray(LANES, group, d + j).fma(v, a1);
      a2 = DoubleVector.fromArray(LANES, group, 2 * d + j).fma(v, a2);
      a3 = DoubleVector.fromArray(LANES, group, 3 * d + j).fma(v, a3);
    }
    into[0] = sum(a0);
    into[1] = sum(a1);
    into[2] = sum(a2);
    into[3] = sum(a3);
    for (; j < d; j++) {
      for (int g = 0; g < GROUP; g++) {
        into[g] = Math.fma(group[g * d + j], coef[at + j], into[g]);
      }
    }
  }

  private static DoubleVector load(MemorySegment x, long offset) {
    return FloatVector.fromMemorySegment(HALF, x, offset, ByteOrder.LITTLE_ENDIAN)
        .convertShape(VectorOperators.F2D, LANES, 0)
        .reinterpretAsDoubles();
  }

  private static double value(MemorySegment x, long offset) {
    return x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset);
  }

  /** The same of rows where they lie, from four byte offsets on. */
  private static void dots(double[] coef, MemorySegment x, long[] at, int d, double[] into) {
    DoubleVector a0 = DoubleVector.zero(LANES);
    DoubleVector a1 = a0;
    DoubleVector a2 = a0;
    DoubleVector a3 = a0;
    int j = 0;
    for (; j + LANES.length() <= d; j += LANES.length()) {
      DoubleVector v = DoubleVector.fromArray(LANES, coef, j);
      long shift = (long) j * Float.BYTES;
      a0 = load(x, at[0] + shift).fma(v, a0);
      a1 = load(x, at[1] + shift).fma(v, a1);
      a2 = load(x, at[2] + shift).fma(v, a2);
      a3 = load(x, at[3] + shift).fma(v, a3);
    }
    into[0] = sum(a0);
    into[1] = sum(a1);
    into[2] = sum(a2);
    into[3] = sum(a3);
    for (; j < d; j++) {
      for (int g = 0; g < GROUP; g++) {
        into[g] = Math.fma(value(x, at[g] + (long) j * Float.BYTES), coef[j], into[g]);
      }
    }
  }

  /** Lane by lane: a vector reduction has no fixed order. */
  private static double sum(DoubleVector v) {
    double total = 0;
    for (int lane = 0; lane < LANES.length(); lane++) {
      total += v.lane(lane);
    }
    return total;
  }

  /** products[at …] += Σ_g residual_g · row_g. */
  private static void accumulate(
      double[] residual, double[] group, int d, double[] products, int at) {
    DoubleVector r0 = DoubleVector.broadcast(LANES, residual[0]);
    DoubleVector r1 = DoubleVector.broadcast(LANES, residual[1]);
    DoubleVector r2 = DoubleVector.broadcast(LANES, residual[2]);
    DoubleVector r3 = DoubleVector.broadcast(LANES, residual[3]);
    int j = 0;
    for (; j + LANES.length() <= d; j += LANES.length()) {
      DoubleVector sum = DoubleVector.fromArray(LANES, products, at + j);
      sum = DoubleVector.fromArray(LANES, group, j).fma(r0, sum);
      sum = DoubleVector.fromArray(LANES, group, d + j).fma(r1, sum);
      sum = DoubleVector.fromArray(LANES, group, 2 * d + j).fma(r2, sum);
      sum = DoubleVector.fromArray(LANES, group, 3 * d + j).fma(r3, sum);
      sum.intoArray(products, at + j);
    }
    for (; j < d; j++) {
      for (int g = 0; g < GROUP; g++) {
        products[at + j] = Math.fma(group[g * d + j], residual[g], products[at + j]);
      }
    }
  }

  /** The same of rows where they lie, from four byte offsets on. */
  private static void accumulate(
      double[] residual, MemorySegment x, long[] at, int d, double[] products) {
    DoubleVector r0 = DoubleVector.broadcast(LANES, residual[0]);
    DoubleVector r1 = DoubleVector.broadcast(LANES, residual[1]);
    DoubleVector r2 = DoubleVector.broadcast(LANES, residual[2]);
    DoubleVector r3 = DoubleVector.broadcast(LANES, residual[3]);
    int j = 0;
    for (; j + LANES.length() <= d; j += LANES.length()) {
      long shift = (long) j * Float.BYTES;
      DoubleVector sum = DoubleVector.fromArray(LANES, products, j);
      sum = load(x, at[0] + shift).fma(r0, sum);
      sum = load(x, at[1] + shift).fma(r1, sum);
      sum = load(x, at[2] + shift).fma(r2, sum);
      sum = load(x, at[3] + shift).fma(r3, sum);
      sum.intoArray(products, j);
    }
    for (; j < d; j++) {
      for (int g = 0; g < GROUP; g++) {
        products[j] = Math.fma(value(x, at[g] + (long) j * Float.BYTES), residual[g], products[j]);
      }
    }
  }
}
