package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;

/**
 * Simple matching without its pairs: ½ (1 1ᵀ + q qᵀ) + (2 / T) B̃ᵀ B̃ with q_i = 1 − 2 c_i / T,
 * whose diagonal is 1.
 */
final class MatchingGraph implements AffinityGraph {
  private final CentredChunks chunks;
  private final double[] q;
  private final double[] scale;
  private final double[] degrees;

  private MatchingGraph(CentredChunks chunks, Workers workers) {
    this.chunks = chunks;
    int n = chunks.features;
    this.q = new double[n];
    this.scale = new double[n];
    double sum = 0;
    for (int f = 0; f < n; f++) {
      q[f] = 1 - 2.0 * chunks.counts[f] / chunks.chunks;
      scale[f] = Math.sqrt(2.0 / chunks.chunks);
      sum += q[f];
    }
    this.degrees = chunks.rowSums(scale, workers);
    for (int f = 0; f < n; f++) {
      degrees[f] += (n + q[f] * sum) / 2 - 1;
    }
  }

  static MatchingGraph of(Chunks chunks, Workers workers) {
    return new MatchingGraph(new CentredChunks(chunks), workers);
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
    double[] weighted = new double[b];
    for (int f = 0; f < size(); f++) {
      for (int c = 0; c < b; c++) {
        total[c] += x.get(f, c) / 2.0;
        weighted[c] += q[f] * x.get(f, c) / 2;
      }
    }
    for (int f = 0; f < size(); f++) {
      for (int c = 0; c < b; c++) {
        y.set(f, c, (float) (y.get(f, c) + total[c] + q[f] * weighted[c] - x.get(f, c)));
      }
    }
  }
}
