package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;

/**
 * Phi + 1 without its pairs: phi = S B̃ᵀ B̃ S with S_i = 1 / √(c_i (T − c_i) / T), 0 for a dead or
 * always-on feature, and the 1 is a term of rank one.
 */
final class CorrelationGraph implements AffinityGraph {
  private final CentredChunks chunks;
  private final double[] scale;
  private final double[] degrees;

  private CorrelationGraph(CentredChunks chunks, Workers workers) {
    this.chunks = chunks;
    int n = chunks.features;
    this.scale = new double[n];
    for (int f = 0; f < n; f++) {
      double variance = (double) chunks.counts[f] * (chunks.chunks - chunks.counts[f]);
      scale[f] = variance == 0 ? 0 : Math.sqrt(chunks.chunks / variance);
    }
    this.degrees = chunks.rowSums(scale, workers);
    for (int f = 0; f < n; f++) {
      degrees[f] += n - own(f);
    }
  }

  static CorrelationGraph of(Chunks chunks, Workers workers) {
    return new CorrelationGraph(new CentredChunks(chunks), workers);
  }

  /** phi_ii + 1. */
  private int own(int f) {
    return scale[f] == 0 ? 1 : 2;
  }

  @Override
  public int size() {
    return chunks.features;
  }

  @Override
  public double[] degrees() {
    return degrees.clone();
  }

  @Override
  public void multiply(FloatMatrix x, FloatMatrix y, Workers workers) {
    chunks.multiply(x, scale, y, workers);
    int b = x.columns();
    double[] total = new double[b];
    for (int f = 0; f < size(); f++) {
      for (int c = 0; c < b; c++) {
        total[c] += x.get(f, c);
      }
    }
    for (int f = 0; f < size(); f++) {
      for (int c = 0; c < b; c++) {
        y.set(f, c, (float) (y.get(f, c) + total[c] - own(f) * (double) x.get(f, c)));
      }
    }
  }
}
