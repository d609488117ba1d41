package almagest.brain;

import almagest.feature.Neighbours;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The k-nearest-neighbour graph of an affinity: an edge of the affinity's value joins two nodes if
 * either is among the k most alike of the other. Counted affinities only join features that fire
 * together at least once and whose value is above 0, so phi enters as itself, without its + 1.
 * Memory is that of the edges, about 8 k n bytes.
 */
final class NeighbourGraph implements AffinityGraph {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int PIECE = 256;

  private final int n;
  private final int[] start;
  private final int[] columns;
  private final float[] weights;
  private final double[] degrees;

  /**
   * @param index [n × k] of each node's nearest, −1 where there is none
   * @param value at the same places, above 0
   */
  private NeighbourGraph(int n, int k, int[] index, float[] value) {
    this.n = n;
    this.start = new int[n + 1];
    for (int i = 0; i < n; i++) {
      for (int e = i * k; e < (i + 1) * k; e++) {
        int j = index[e];
        if (j >= 0 && owns(i, j, k, index)) {
          start[i + 1]++;
          start[j + 1]++;
        }
      }
    }
    for (int i = 0; i < n; i++) {
      start[i + 1] = Math.addExact(start[i], start[i + 1]);
    }
    this.columns = new int[start[n]];
    this.weights = new float[start[n]];
    int[] next = start.clone();
    for (int i = 0; i < n; i++) {
      for (int e = i * k; e < (i + 1) * k; e++) {
        int j = index[e];
        if (j >= 0 && owns(i, j, k, index)) {
          columns[next[i]] = j;
          weights[next[i]++] = value[e];
          columns[next[j]] = i;
          weights[next[j]++] = value[e];
        }
      }
    }
    this.degrees = new double[n];
    for (int i = 0; i < n; i++) {
      for (int e = start[i]; e < start[i + 1]; e++) {
        degrees[i] += weights[e];
      }
    }
  }

  /** Whether the edge from i to j is entered for i: not when j has it, too, and comes first. */
  private static boolean owns(int i, int j, int k, int[] index) {
    if (i < j) {
      return true;
    }
    for (int e = j * k; e < (j + 1) * k; e++) {
      if (index[e] == i) {
        return false;
      }
    }
    return true;
  }

  /**
   * @param k neighbours of each feature
   */
  static NeighbourGraph of(PairCounts counts, Affinity affinity, int k, Workers workers) {
    int n = counts.features();
    check(n, k);
    int[] index = new int[Math.multiplyExact(n, k)];
    float[] value = new float[index.length];
    Arrays.fill(index, -1);
    long[] totals = counts.featureCounts();
    // Rows of a piece: few enough that their counts stay small, where many are held at once.
    int height = Math.clamp((1 << 22) / n, 1, 128);
    workers.run(
        (n + height - 1) / height,
        p ->
            counts.wholeRows(
                p * height,
                Math.min(n, (p + 1) * height),
                (i, row) -> {
                  for (int j = 0; j < n; j++) {
                    if (row[j] != 0 && j != i) {
                      double v = affinity.value(totals[i], totals[j], row[j], counts.chunks());
                      offer((float) v, j, i * k, k, index, value);
                    }
                  }
                }));
    return new NeighbourGraph(n, k, index, value);
  }

  /** Of decoder directions, by angle. */
  static NeighbourGraph angular(FloatMatrix decoder, int k, Workers workers) {
    int n = decoder.rowsAsInt();
    check(n, k);
    Neighbours near = Neighbours.byCosine(decoder, k, workers, Progress.NONE);
    float[] value = near.value().clone();
    for (int e = 0; e < value.length; e++) {
      value[e] = (float) AngularWeights.ofCosine(value[e]);
    }
    return new NeighbourGraph(n, k, near.index(), value);
  }

  private static void check(int n, int k) {
    if (k < 1 || k >= n) {
      throw new InputException(
          "--neighbour-graph: expected 1 to " + (n - 1) + " neighbours of " + n + ", found " + k);
    }
  }

  /** Keeps the k greatest values above 0, the greatest first; of equals those that came first. */
  private static void offer(float v, int j, int at, int k, int[] index, float[] value) {
    if (!(v > value[at + k - 1])) {
      return;
    }
    int slot = at + k - 1;
    while (slot > at && value[slot - 1] < v) {
      value[slot] = value[slot - 1];
      index[slot] = index[slot - 1];
      slot--;
    }
    value[slot] = v;
    index[slot] = j;
  }

  /** The number of edges, each counted once. */
  int edges() {
    return columns.length / 2;
  }

  @Override
  public int size() {
    return n;
  }

  @Override
  public double[] degrees() {
    return degrees.clone();
  }

  @Override
  public void multiply(FloatMatrix x, FloatMatrix y, Workers workers) {
    int b = x.columns();
    int lanes = SPECIES.length();
    int padded = (b + lanes - 1) / lanes * lanes;
    float[] from = new float[Math.multiplyExact(n, padded)];
    Blocks.read(x, from, padded, workers);
    float[] into = new float[from.length];
    workers.runRanges(
        n,
        PIECE,
        (begin, end) -> {
          for (int i = begin; i < end; i++) {
            for (int c = 0; c < padded; c += lanes) {
              sum(start[i], start[i + 1], from, padded, c, into, i * padded + c);
            }
          }
        });
    Blocks.write(into, padded, y, workers);
  }

  private void sum(int begin, int end, float[] from, int stride, int column, float[] into, int at) {
    FloatVector sum = FloatVector.zero(SPECIES);
    for (int e = begin; e < end; e++) {
      sum =
          FloatVector.fromArray(SPECIES, from, columns[e] * stride + column)
              .fma(FloatVector.broadcast(SPECIES, weights[e]), sum);
    }
    sum.intoArray(into, at);
  }
}
