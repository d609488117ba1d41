package almagest.brain;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.KMeans;
import almagest.tensor.FloatMatrix;

/**
 * Spectral clustering as scikit-learn defines it: k-means with restarts on the first k coordinates
 * of the {@link SpectralEmbedding}, rows not normalised.
 *
 * @param k lobes
 * @param labels the lobe of each node [n]; lobes are numbered by falling size, ties by their first
 *     node, so that the same partition always has the same labels
 * @param sizes nodes of each lobe [k]
 * @param inertia of the k-means that won
 * @param normalisedCut Σ over lobes of the weight that leaves it over the weight that touches it; a
 *     lobe without weight counts 0
 */
public record SpectralClustering(
    int k, int[] labels, int[] sizes, double inertia, double normalisedCut) {
  /** Indicator columns multiplied at once for the cut. */
  private static final int BLOCK = 64;

  /**
   * Cuts a graph into k lobes.
   *
   * @param embedding of the same graph, with at least k dimensions
   */
  public static SpectralClustering of(
      AffinityGraph graph, SpectralEmbedding embedding, int k, Seed seed, Workers workers) {
    int[] labels = labels(embedding, k, seed, workers);
    double[] points = embedding.first(k);
    int[] sizes = new int[k];
    for (int label : labels) {
      sizes[label]++;
    }
    return new SpectralClustering(
        k,
        labels,
        sizes,
        inertia(points, labels, k),
        normalisedCut(graph, embedding.degrees(), labels, k, workers));
  }

  /** The labels alone, canonically numbered. */
  static int[] labels(SpectralEmbedding embedding, int k, Seed seed, Workers workers) {
    KMeans.Fit fit =
        KMeans.fit(
            embedding.first(k), k, KMeans.Options.of(k), seed.split("k-means").split(k), workers);
    return canonical(fit.labels(), k);
  }

  private static double inertia(double[] points, int[] labels, int k) {
    double[] centre = new double[k * k];
    int[] size = new int[k];
    for (int i = 0; i < labels.length; i++) {
      size[labels[i]]++;
      for (int c = 0; c < k; c++) {
        centre[labels[i] * k + c] += points[i * k + c];
      }
    }
    double sum = 0;
    for (int i = 0; i < labels.length; i++) {
      for (int c = 0; c < k; c++) {
        double v = points[i * k + c] - centre[labels[i] * k + c] / size[labels[i]];
        sum += v * v;
      }
    }
    return sum;
  }

  /** Renumbers by falling size, ties by the first member. */
  static int[] canonical(int[] labels, int k) {
    int[] size = new int[k];
    int[] first = new int[k];
    java.util.Arrays.fill(first, Integer.MAX_VALUE);
    for (int i = 0; i < labels.length; i++) {
      size[labels[i]]++;
      first[labels[i]] = Math.min(first[labels[i]], i);
    }
    Integer[] order = java.util.stream.IntStream.range(0, k).boxed().toArray(Integer[]::new);
    java.util.Arrays.sort(
        order,
        java.util.Comparator.comparingInt((Integer c) -> -size[c]).thenComparingInt(c -> first[c]));
    int[] rank = new int[k];
    for (int r = 0; r < k; r++) {
      rank[order[r]] = r;
    }
    int[] renamed = new int[labels.length];
    for (int i = 0; i < labels.length; i++) {
      renamed[i] = rank[labels[i]];
    }
    return renamed;
  }

  /**
   * Σ over lobes of cut(lobe, rest) / volume(lobe), with the diagonal at zero (Shi and Malik 2000).
   */
  public static double normalisedCut(
      AffinityGraph graph, double[] degrees, int[] labels, int k, Workers workers) {
    int n = graph.size();
    double[] inside = new double[k];
    double[] volume = new double[k];
    for (int i = 0; i < n; i++) {
      volume[labels[i]] += degrees[i];
    }
    for (int from = 0; from < k; from += BLOCK) {
      int to = Math.min(k, from + BLOCK);
      FloatMatrix x = FloatMatrix.zeros(n, to - from);
      FloatMatrix y = FloatMatrix.zeros(n, to - from);
      for (int i = 0; i < n; i++) {
        if (labels[i] >= from && labels[i] < to) {
          x.set(i, labels[i] - from, 1);
        }
      }
      graph.multiply(x, y, workers);
      for (int i = 0; i < n; i++) {
        if (labels[i] >= from && labels[i] < to) {
          inside[labels[i]] += y.get(i, labels[i] - from);
        }
      }
    }
    double cut = 0;
    for (int c = 0; c < k; c++) {
      cut += volume[c] > 0 ? (volume[c] - inside[c]) / volume[c] : 0;
    }
    return cut;
  }
}
