package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;

/**
 * The graph that is clustered: features as nodes, weights a_ij = a_ji ≥ 0, a_ii = 0. Known by its
 * products, so that it need not be held.
 */
public sealed interface AffinityGraph permits DenseGraph, TiledGraph, CentredGraph, NeighbourGraph {
  /** The number of nodes, n. */
  int size();

  /** w_i = Σ_j a_ij, in float64 [n]. */
  double[] degrees();

  /**
   * y := A x for a block of vectors.
   *
   * @param x [n, b]; left unchanged
   * @param y [n, b]; overwritten
   */
  void multiply(FloatMatrix x, FloatMatrix y, Workers workers);

  /** Σ of a_ij over ordered pairs inside each lobe [k], by products with the lobes' indicators. */
  default double[] inside(int[] labels, int k, Workers workers) {
    int together = 64;
    int n = size();
    double[] inside = new double[k];
    for (int from = 0; from < k; from += together) {
      int to = Math.min(k, from + together);
      FloatMatrix x = FloatMatrix.zeros(n, to - from);
      FloatMatrix y = FloatMatrix.zeros(n, to - from);
      for (int i = 0; i < n; i++) {
        if (labels[i] >= from && labels[i] < to) {
          x.set(i, labels[i] - from, 1);
        }
      }
      multiply(x, y, workers);
      for (int i = 0; i < n; i++) {
        if (labels[i] >= from && labels[i] < to) {
          inside[labels[i]] += y.get(i, labels[i] - from);
        }
      }
    }
    return inside;
  }

  /**
   * The graph of an affinity, through counts: exact in float64 when small, else in float32 tiles of
   * 2 n² bytes.
   */
  static AffinityGraph of(Cooccurrence counts, Affinity affinity, Workers workers) {
    PairWeights weights = new CountWeights(counts, affinity);
    return counts.features() <= DenseGraph.LIMIT
        ? DenseGraph.of(weights)
        : TiledGraph.of(weights, workers);
  }

  /**
   * The graph of an affinity from chunks: for large n, phi and simple matching go through products
   * with the chunks and need no pair; the others count pairs first.
   */
  static AffinityGraph of(Chunks chunks, Affinity affinity, Workers workers) {
    if (!needsNoPairs(chunks, affinity)) {
      return of(Cooccurrence.count(chunks, workers), affinity, workers);
    }
    return affinity == Affinity.PHI
        ? CentredGraph.phi(chunks, workers)
        : CentredGraph.matching(chunks, workers);
  }

  /** Whether {@link #of(Chunks, Affinity, Workers)} goes through the chunks alone. */
  static boolean needsNoPairs(Chunks chunks, Affinity affinity) {
    return chunks.features() > DenseGraph.LIMIT
        && (affinity == Affinity.PHI || affinity == Affinity.SIMPLE_MATCHING);
  }

  /**
   * The geometric side: 1 − acos(v_i · v_j) / π between decoder directions, in [0, 1]. Rows whose
   * length is 1 within a thousandth are taken as they are, as published; others are normalised.
   *
   * @param decoder [n, d_model]
   */
  static AffinityGraph angular(FloatMatrix decoder, Workers workers) {
    AngularWeights weights = new AngularWeights(decoder);
    return decoder.rows() <= DenseGraph.LIMIT
        ? DenseGraph.of(weights)
        : TiledGraph.of(weights, workers);
  }

  /**
   * The k-nearest-neighbour graph of an affinity, from counts: an edge joins two features if either
   * is among the k most alike of the other, with the affinity's value, above 0.
   */
  static AffinityGraph nearest(Cooccurrence counts, Affinity affinity, int k, Workers workers) {
    return NeighbourGraph.of(counts, affinity, k, workers);
  }

  /** The same from chunks, whose pairs are counted row by row and not held. */
  static AffinityGraph nearest(Chunks chunks, Affinity affinity, int k, Workers workers) {
    return NeighbourGraph.of(new CountsOnDemand(chunks, workers), affinity, k, workers);
  }

  /** The k-nearest-neighbour graph of decoder directions [n, d_model], weighted by angle. */
  static AffinityGraph nearestAngular(FloatMatrix decoder, int k, Workers workers) {
    return NeighbourGraph.angular(decoder, k, workers);
  }

  /**
   * As {@link #of(Chunks, Affinity, Workers)}, but pairs go into tiles as they are counted, so that
   * counts and tiles are never held together: 2 n² bytes where the road through counts takes 4 n².
   */
  static AffinityGraph tiled(Chunks chunks, Affinity affinity, Workers workers) {
    return TiledGraph.of(new CountWeights(new CountsOnDemand(chunks, workers), affinity), workers);
  }
}
