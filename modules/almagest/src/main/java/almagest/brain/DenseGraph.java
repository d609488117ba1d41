package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;

/**
 * All weights in float64, for a graph that a full solver takes.
 *
 * @param size n
 * @param weights [n × n], diagonal 0
 */
record DenseGraph(int size, double[] weights) implements AffinityGraph {
  /** Up to so many nodes a graph is held whole. */
  static final int LIMIT = 2048;

  static DenseGraph of(PairWeights pairs) {
    int n = pairs.size();
    double[] weights = new double[n * n];
    pairs.fill(0, n, 0, n, weights);
    for (int i = 0; i < n; i++) {
      weights[i * n + i] = 0;
      for (int j = 0; j < i; j++) {
        weights[i * n + j] = weights[j * n + i];
      }
    }
    return new DenseGraph(n, weights);
  }

  @Override
  public double[] degrees() {
    double[] degrees = new double[size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        degrees[i] += weights[i * size + j];
      }
    }
    return degrees;
  }

  @Override
  public double[] inside(int[] labels, int k, Workers workers) {
    double[] near = new double[size];
    workers.run(
        size,
        i -> {
          double sum = 0;
          for (int j = 0; j < size; j++) {
            sum += labels[j] == labels[i] ? weights[i * size + j] : 0;
          }
          near[i] = sum;
        });
    double[] inside = new double[k];
    for (int i = 0; i < size; i++) {
      inside[labels[i]] += near[i];
    }
    return inside;
  }

  @Override
  public void multiply(FloatMatrix x, FloatMatrix y, Workers workers) {
    int b = x.columns();
    float[] values = x.toArray();
    workers.run(
        size,
        i -> {
          double[] sum = new double[b];
          for (int j = 0; j < size; j++) {
            double a = weights[i * size + j];
            for (int c = 0; c < b; c++) {
              sum[c] += a * values[j * b + c];
            }
          }
          for (int c = 0; c < b; c++) {
            y.set(i, c, (float) sum[c]);
          }
        });
  }
}
