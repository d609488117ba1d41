package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The product of a {@link TiledGraph} with few vectors, which is bound by reading the weights:
 * every tile is read once, for its rows and for its columns. Strips of tiles are dealt into fixed
 * groups with a sum of their own each, added up in their order, so that the outcome does not depend
 * on the number of threads.
 */
final class NarrowProduct {
  /** More columns than these are better off with a matrix product of every tile, twice. */
  static final int WIDEST = 32;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int SIDE = TiledGraph.SIDE;
  private static final int GROUPS = 16;

  /** Rows of a tile that are in registers together. */
  private static final int ROWS = 4;

  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

  private final TiledGraph graph;

  /** Columns, filled up with zeros to whole vectors of lanes. */
  private final int width;

  /** The factor [sides · SIDE, width]; rows beyond the graph's are zeros, as they are in tiles. */
  private final float[] x;

  private NarrowProduct(TiledGraph graph, FloatMatrix factor) {
    int lanes = LANES.length();
    int b = factor.columns();
    this.graph = graph;
    this.width = (b + lanes - 1) / lanes * lanes;
    this.x = new float[Math.multiplyExact(graph.sides() * SIDE, width)];
    for (int i = 0; i < graph.size(); i++) {
      MemorySegment.copy(factor.data(), FLOAT, (long) i * b * Float.BYTES, x, i * width, b);
    }
  }

  /** y := A x for at most {@value #WIDEST} columns. */
  static void multiply(TiledGraph graph, FloatMatrix x, FloatMatrix y, Workers workers) {
    new NarrowProduct(graph, x).into(y, workers);
  }

  /** What the strips from {@code first} on give the rows from theirs on. */
  private record Part(int first, float[] sums) {}

  private void into(FloatMatrix y, Workers workers) {
    int[] bounds = bounds(graph.sides());
    List<Part> parts = workers.map(bounds.length - 1, g -> part(bounds[g], bounds[g + 1]));
    int b = y.columns();
    workers.runRanges(
        graph.size(),
        SIDE,
        (from, to) -> {
          float[] row = new float[b];
          for (int i = from; i < to; i++) {
            Arrays.fill(row, 0);
            for (Part part : parts) {
              int before = i - part.first * SIDE;
              if (before >= 0) {
                for (int c = 0; c < b; c++) {
                  row[c] += part.sums[before * width + c];
                }
              }
            }
            y.setRow(i, row);
          }
        });
  }

  /** The first strips of groups with about equally many tiles, and the end. */
  private static int[] bounds(int sides) {
    int groups = Math.min(GROUPS, sides);
    int[] bounds = new int[groups + 1];
    for (int g = 1; g <= groups; g++) {
      // A share f of the tiles lies in the first 1 − √(1 − f) of the strips.
      int end = (int) Math.round(sides * (1 - Math.sqrt(1 - (double) g / groups)));
      bounds[g] = Math.clamp(end, bounds[g - 1] + 1, sides - groups + g);
    }
    return bounds;
  }

  private Part part(int first, int end) {
    float[] sums = new float[(graph.sides() - first) * SIDE * width];
    float[] weights = new float[ROWS * SIDE];
    for (int a = first; a < end; a++) {
      for (int b = a; b < graph.sides(); b++) {
        MemorySegment tile = graph.tile(a, b);
        for (int i = 0; i < SIDE; i += ROWS) {
          MemorySegment.copy(tile, FLOAT, (long) i * SIDE * Float.BYTES, weights, 0, ROWS * SIDE);
          if (a == b) {
            // A tile on the diagonal has every pair twice.
            for (int j = 0; j < weights.length; j++) {
              weights[j] /= 2;
            }
          }
          int row = (a * SIDE + i) * width;
          int column = b * SIDE * width;
          for (int c = 0; c < width; c += LANES.length()) {
            multiply(weights, row + c, column + c, sums, first * SIDE * width);
          }
        }
      }
    }
    return new Part(first, sums);
  }

  /** Adds what four rows of a tile give themselves and what they give its columns. */
  private void multiply(float[] weights, int row, int column, float[] y, int shift) {
    FloatVector x0 = FloatVector.fromArray(LANES, x, row);
    FloatVector x1 = FloatVector.fromArray(LANES, x, row + width);
    FloatVector x2 = FloatVector.fromArray(LANES, x, row + 2 * width);
    FloatVector x3 = FloatVector.fromArray(LANES, x, row + 3 * width);
    FloatVector y0 = FloatVector.zero(LANES);
    FloatVector y1 = y0;
    FloatVector y2 = y0;
    FloatVector y3 = y0;
    for (int j = 0; j < SIDE; j++) {
      int at = column + j * width;
      FloatVector right = FloatVector.fromArray(LANES, x, at);
      FloatVector w0 = FloatVector.broadcast(LANES, weights[j]);
      FloatVector w1 = FloatVector.broadcast(LANES, weights[SIDE + j]);
      FloatVector w2 = FloatVector.broadcast(LANES, weights[2 * SIDE + j]);
      FloatVector w3 = FloatVector.broadcast(LANES, weights[3 * SIDE + j]);
      y0 = right.fma(w0, y0);
      y1 = right.fma(w1, y1);
      y2 = right.fma(w2, y2);
      y3 = right.fma(w3, y3);
      FloatVector below = FloatVector.fromArray(LANES, y, at - shift);
      x0.fma(w0, x1.fma(w1, x2.fma(w2, x3.fma(w3, below)))).intoArray(y, at - shift);
    }
    add(y0, y, row - shift);
    add(y1, y, row + width - shift);
    add(y2, y, row + 2 * width - shift);
    add(y3, y, row + 3 * width - shift);
  }

  private static void add(FloatVector sum, float[] y, int at) {
    FloatVector.fromArray(LANES, y, at).add(sum).intoArray(y, at);
  }
}
