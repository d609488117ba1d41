package almagest.brain;

import almagest.linalg.Pca;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.stat.NullTest;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Nulls that keep something of the geometry, drawn once for all affinities and numbers of lobes.
 *
 * <ul>
 *   <li><b>random unit directions</b>: clusters of directions drawn uniformly. Nothing is kept but
 *       n and d; what is left is how clustering by itself agrees with lobes.
 *   <li><b>spectrum-matched cloud</b>: clusters of normal points with the cloud's covariance and
 *       the directions' lengths. The large shape is kept, who lies where is not.
 *   <li><b>rotation</b>: each feature takes the lobe of the feature nearest to it after the cloud
 *       is turned at random in its whitened leading components (the spin test of brain maps,
 *       Alexander-Bloch et al. 2018). Lobes stay as smooth over the cloud as they were, but lie
 *       elsewhere; so it asks whether lobes and clusters agree beyond both being places.
 * </ul>
 *
 * @param clusters per kind, per draw, labels by number of clusters
 * @param spins per draw, whose lobe each feature takes
 */
public record GeometricNulls(Map<String, List<Map<Integer, int[]>>> clusters, List<int[]> spins) {
  static final String DIRECTIONS = "random unit directions";
  static final String SPECTRUM = "spectrum-matched cloud";
  static final String ROTATION = "rotation";

  /** No nulls. */
  public static final GeometricNulls NONE = new GeometricNulls(Map.of(), List.of());

  /**
   * @param decoder directions [n, d]
   * @param ks numbers of clusters
   * @param trials draws of each kind; 0 for none
   */
  public static GeometricNulls of(
      FloatMatrix decoder,
      List<Integer> ks,
      int trials,
      Seed seed,
      Workers workers,
      Progress progress) {
    int n = decoder.rowsAsInt();
    if (trials == 0 || n < 3 || decoder.columns() < 2) {
      return NONE;
    }
    Pca pca = Pca.of(Points.of(decoder), decoder.columns(), workers);
    Map<String, List<Map<Integer, int[]>>> clusters = new LinkedHashMap<>();
    clusters.put(DIRECTIONS, new ArrayList<>());
    clusters.put(SPECTRUM, new ArrayList<>());
    List<int[]> spins = new ArrayList<>();
    FloatMatrix cloud = FloatMatrix.zeros(n, decoder.columns());
    SpectrumMatched matched = SpectrumMatched.of(decoder, pca);
    Spin spin = Spin.of(decoder, pca, workers);
    try (Progress.Task task = progress.start("geometric nulls", trials, "draws")) {
      for (int t = 0; t < trials; t++) {
        Seed own = seed.split("geometric null").split(t);
        UnitRows.fill(cloud, own.split(DIRECTIONS), workers);
        clusters.get(DIRECTIONS).add(labels(cloud, ks, own, workers));
        matched.fill(cloud, own.split(SPECTRUM), workers);
        clusters.get(SPECTRUM).add(labels(cloud, ks, own, workers));
        spins.add(spin.draw(own.split(ROTATION), workers));
        task.advance(1);
      }
    }
    return new GeometricNulls(clusters, spins);
  }

  private static Map<Integer, int[]> labels(
      FloatMatrix cloud, List<Integer> ks, Seed seed, Workers workers) {
    int most = ks.stream().mapToInt(Integer::intValue).max().orElse(2);
    AffinityGraph graph = AffinityGraph.angular(cloud, workers);
    SpectralEmbedding embedding = SpectralEmbedding.of(graph, most, seed, workers);
    Map<Integer, int[]> labels = new LinkedHashMap<>();
    for (int k : ks) {
      labels.put(k, SpectralClustering.labels(graph, embedding, k, seed, workers));
    }
    return labels;
  }

  /**
   * The agreement of lobes with clusters against each kind of null.
   *
   * @param lobes of all features that the nulls were drawn for
   * @param places their geometric clusters
   */
  List<NullTest> tests(int[] lobes, int[] places, int k) {
    double observed = Agreement.of(lobes, places).ami();
    List<NullTest> tests = new ArrayList<>();
    clusters.forEach((kind, draws) -> {
      double[] values =
          draws.stream()
              .filter(draw -> draw.containsKey(k))
              .mapToDouble(draw -> ami(lobes, draw, k))
              .toArray();
      if (values.length > 0) {
        tests.add(NullTest.of(kind, observed, values));
      }
    });
    if (!spins.isEmpty()) {
      double[] values = new double[spins.size()];
      for (int t = 0; t < values.length; t++) {
        int[] from = spins.get(t);
        int[] turned = new int[lobes.length];
        for (int i = 0; i < turned.length; i++) {
          turned[i] = lobes[from[i]];
        }
        values[t] = Agreement.of(turned, places).ami();
      }
      tests.add(NullTest.of(ROTATION, observed, values));
    }
    return tests;
  }

  private static double ami(int[] lobes, Map<Integer, int[]> draw, int k) {
    int[] labels = draw.get(k);
    return labels == null ? Double.NaN : Agreement.of(lobes, labels).ami();
  }
}
