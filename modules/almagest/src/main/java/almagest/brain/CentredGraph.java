package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.Arrays;
import java.util.List;

/**
 * An affinity that is linear in the counts, without its pairs: S B̃ᵀ B̃ S with S = diag(scale),
 * plus terms u uᵀ of rank one, minus what that has on the diagonal.
 */
final class CentredGraph implements AffinityGraph {
  private static final int PIECE = 1024;

  private final CentredChunks chunks;
  private final double[] scale;

  /** The vectors u [terms][n]. */
  private final double[][] terms;

  private final double[] diagonal;
  private final double[] degrees;

  private CentredGraph(
      CentredChunks chunks, double[] scale, double[][] terms, double[] diagonal, Workers workers) {
    this.chunks = chunks;
    this.scale = scale;
    this.terms = terms;
    this.diagonal = diagonal;
    this.degrees = chunks.rowSums(scale, workers);
    for (double[] u : terms) {
      double sum = Arrays.stream(u).sum();
      for (int f = 0; f < u.length; f++) {
        degrees[f] += u[f] * sum;
      }
    }
    for (int f = 0; f < diagonal.length; f++) {
      degrees[f] -= diagonal[f];
    }
  }

  /**
   * Phi + 1: S_i = 1 / √(c_i (T − c_i) / T), 0 for a dead or always-on feature, whose phi with
   * itself is 0, too.
   */
  static CentredGraph phi(Chunks source, Workers workers) {
    CentredChunks chunks = new CentredChunks(source, workers);
    int n = chunks.features;
    double[] scale = new double[n];
    double[] diagonal = new double[n];
    double[] ones = new double[n];
    for (int f = 0; f < n; f++) {
      double variance = (double) chunks.counts[f] * (chunks.chunks - chunks.counts[f]);
      scale[f] = variance == 0 ? 0 : Math.sqrt(chunks.chunks / variance);
      diagonal[f] = variance == 0 ? 1 : 2;
      ones[f] = 1;
    }
    return new CentredGraph(chunks, scale, new double[][] {ones}, diagonal, workers);
  }

  /** Simple matching: ½ (1 1ᵀ + q qᵀ) + (2 / T) B̃ᵀ B̃ with q_i = 1 − 2 c_i / T. */
  static CentredGraph matching(Chunks source, Workers workers) {
    CentredChunks chunks = new CentredChunks(source, workers);
    int n = chunks.features;
    double[] scale = new double[n];
    double[] diagonal = new double[n];
    double[] halves = new double[n];
    double[] q = new double[n];
    for (int f = 0; f < n; f++) {
      scale[f] = Math.sqrt(2.0 / chunks.chunks);
      diagonal[f] = 1;
      halves[f] = Math.sqrt(0.5);
      q[f] = Math.sqrt(0.5) * (1 - 2.0 * chunks.counts[f] / chunks.chunks);
    }
    return new CentredGraph(chunks, scale, new double[][] {halves, q}, diagonal, workers);
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
    int n = size();
    int b = x.columns();
    List<double[][]> parts =
        workers.map((n + PIECE - 1) / PIECE, p -> dots(x, p * PIECE, Math.min(n, (p + 1) * PIECE)));
    double[][] dots = new double[terms.length][b];
    for (double[][] part : parts) {
      for (int t = 0; t < terms.length; t++) {
        for (int c = 0; c < b; c++) {
          dots[t][c] += part[t][c];
        }
      }
    }
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          float[] in = new float[b];
          float[] out = new float[b];
          double[] sum = new double[b];
          for (int f = from; f < to; f++) {
            x.copyRow(f, in);
            y.copyRow(f, out);
            for (int c = 0; c < b; c++) {
              sum[c] = out[c] - diagonal[f] * in[c];
            }
            for (int t = 0; t < terms.length; t++) {
              for (int c = 0; c < b; c++) {
                sum[c] += terms[t][f] * dots[t][c];
              }
            }
            for (int c = 0; c < b; c++) {
              out[c] = (float) sum[c];
            }
            y.setRow(f, out);
          }
        });
  }

  /** uᵀ x over some rows, for every term and column. */
  private double[][] dots(FloatMatrix x, int from, int to) {
    double[][] dots = new double[terms.length][x.columns()];
    float[] row = new float[x.columns()];
    for (int f = from; f < to; f++) {
      x.copyRow(f, row);
      for (int t = 0; t < terms.length; t++) {
        for (int c = 0; c < row.length; c++) {
          dots[t][c] += terms[t][f] * row[c];
        }
      }
    }
    return dots;
  }
}
