package almagest.brain;

import almagest.run.Seed;
import almagest.run.Workers;

/**
 * Spectral clustering as scikit-learn defines it: by default k-means with restarts on the first k
 * coordinates of the {@link SpectralEmbedding}, rows not normalised.
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
  /** How nodes get their lobes from the embedding. */
  public enum Assignment {
    /** k-means++ with 10 restarts, as published; where they disagree, see {@link Starts}. */
    K_MEANS,
    /** By a pivoted QR decomposition: no seed, no iterations. */
    CLUSTER_QR
  }

  /**
   * @param normaliseRows whether each node's coordinates are scaled to length 1 before assignment,
   *     as Ng, Jordan and Weiss (2001) do; the published analysis does not
   * @param assignment how nodes get their lobes
   */
  public record Options(boolean normaliseRows, Assignment assignment) {
    public static final Options DEFAULT = new Options(false, Assignment.K_MEANS);
  }

  /**
   * As {@link #of(AffinityGraph, SpectralEmbedding, int, Options, Seed, Workers)}, as published.
   */
  public static SpectralClustering of(
      AffinityGraph graph, SpectralEmbedding embedding, int k, Seed seed, Workers workers) {
    return of(graph, embedding, k, Options.DEFAULT, seed, workers);
  }

  /**
   * Cuts a graph into k lobes.
   *
   * @param embedding of the same graph, with at least k dimensions
   * @param seed of k-means, which draws the numbers that scikit-learn draws with this {@code
   *     random_state} (of the lower 32 bits)
   */
  public static SpectralClustering of(
      AffinityGraph graph,
      SpectralEmbedding embedding,
      int k,
      Options options,
      Seed seed,
      Workers workers) {
    int[] labels = labels(graph, embedding, k, options, seed, workers);
    double[] points = points(embedding, k, options);
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

  /** The labels alone, canonically numbered, as published. */
  static int[] labels(
      AffinityGraph graph, SpectralEmbedding embedding, int k, Seed seed, Workers workers) {
    return labels(graph, embedding, k, Options.DEFAULT, seed, workers);
  }

  /** The labels alone, canonically numbered. */
  static int[] labels(
      AffinityGraph graph,
      SpectralEmbedding embedding,
      int k,
      Options options,
      Seed seed,
      Workers workers) {
    double[] points = points(embedding, k, options);
    return canonical(
        switch (options.assignment) {
          case K_MEANS ->
              Starts.choose(
                  points,
                  k,
                  seed,
                  workers,
                  labels -> normalisedCut(graph, embedding.degrees(), labels, k, workers));
          case CLUSTER_QR -> ClusterQr.labels(points, k, workers);
        },
        k);
  }

  /** The coordinates that nodes are assigned by; a node at the origin stays there. */
  private static double[] points(SpectralEmbedding embedding, int k, Options options) {
    double[] points = embedding.first(k);
    if (options.normaliseRows) {
      for (int i = 0; i < embedding.size(); i++) {
        double square = 0;
        for (int c = 0; c < k; c++) {
          square += points[i * k + c] * points[i * k + c];
        }
        double length = square > 0 ? Math.sqrt(square) : 1;
        for (int c = 0; c < k; c++) {
          points[i * k + c] /= length;
        }
      }
    }
    return points;
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
    double[] volume = new double[k];
    for (int i = 0; i < labels.length; i++) {
      volume[labels[i]] += degrees[i];
    }
    double[] inside = graph.inside(labels, k, workers);
    double cut = 0;
    for (int c = 0; c < k; c++) {
      cut += volume[c] > 0 ? (volume[c] - inside[c]) / volume[c] : 0;
    }
    return cut;
  }
}
