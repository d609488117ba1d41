package almagest.galaxy;

import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The part of a cloud's report that comes from distances between neighbours. */
final class EntropyReport {
  /** Norms that differ by less than this share of their mean count as one sphere. */
  private static final double SPHERE = 1e-3;

  private final Options options;
  private final Seed seed;
  private final Workers workers;
  private final ClusteringEntropy estimator;

  EntropyReport(Options options, Seed seed, Workers workers) {
    this.options = options;
    this.seed = seed;
    this.workers = workers;
    this.estimator =
        new ClusteringEntropy(options.entropyDraws(), options.maxK(), seed.split("nulls"), workers);
  }

  void report(NamedCloud cloud, Pca whole, ObjectNode node, ObjectNode published) {
    Points points = cloud.points();
    int[] distinct = distinct(points);
    ObjectNode entropy = node.putObject("entropy");
    entropy.put("duplicates", points.rows() - distinct.length);
    int n = Math.min(distinct.length, options.sample());
    int[] chosen = SlopeInterval.sample(distinct.length, n, seed.split("sample").generator());
    DoubleMatrix sample = points.gather(Arrays.stream(chosen).map(i -> distinct[i]).toArray());
    Points sampled = Points.of(sample);
    int wanted = Math.min(options.dimension(), points.columns());
    int d = n < 3 ? 0 : Math.min(wanted, (n - 1) / 2);
    @Nullable Pca pca = d == 0 ? null : Pca.of(sampled, d, workers);
    d = pca == null ? 0 : Math.min(d, pca.rank());
    entropy.put("n", n);
    entropy.put("d", d);
    entropy.put("k", options.k());
    if (pca == null || d == 0 || n <= options.k() + 1) {
      entropy.put(
          "note",
          "%d distinct rows of rank %d: an entropy needs at least %d and rank 1"
              .formatted(n, d, options.k() + 2));
      published.putNull("clustering_entropy");
      return;
    }
    double[] eigenvalues = Arrays.copyOf(pca.eigenvalues(), d);
    DoubleMatrix scores = leading(pca.scores(sampled, workers), d);
    ClusteringEntropy.Estimate[] unscaled = estimator.unscaled(scores, eigenvalues);
    put(entropy, unscaled[options.k() - 1]);
    ArrayNode byK = entropy.putArray("by_k");
    for (ClusteringEntropy.Estimate e : unscaled) {
      put(byK.addObject().put("k", e.k()), e);
    }
    put(entropy.putObject("whitened"), estimator.whitened(scores, eigenvalues)[options.k() - 1]);
    if (onSphere(sampled)) {
      Pca all = Pca.of(sampled, points.columns(), workers);
      double[] mean = new double[points.columns()];
      for (int j = 0; j < mean.length; j++) {
        for (int c = 0; c < mean.length; c++) {
          mean[j] += all.components()[j][c] * all.mean()[c];
        }
      }
      put(
          entropy.putObject("sphere_null"),
          estimator.onSphere(scores, eigenvalues, mean, all.eigenvalues())[options.k() - 1]);
    } else {
      entropy.putNull("sphere_null");
    }
    published(points, published, wanted);
  }

  /** The article's procedure, duplicates and all. */
  private void published(Points points, ObjectNode published, int wanted) {
    PublishedEntropy.Result r =
        PublishedEntropy.of(
            points,
            options.sample(),
            wanted,
            options.k(),
            options.resamples(),
            seed.split("published"),
            workers);
    Numbers.put(published, "clustering_entropy", r.clustering());
    Numbers.put(published, "error", r.error());
    Numbers.put(published, "resample_sd", r.sd());
    Numbers.put(published, "gauss", r.gauss());
    published.put("n", r.n());
    published.put("d", r.d());
    published.put("k", r.k());
    published.put("resamples", r.resamples());
  }

  private static void put(ObjectNode node, ClusteringEntropy.Estimate e) {
    Numbers.put(node, "knn", e.knn());
    Numbers.put(node, "gauss", e.gauss());
    Numbers.put(node, "clustering", e.clustering());
    Numbers.put(node, "null_mean", e.nullMean());
    Numbers.put(node, "null_sd", e.nullSd());
    node.put("null_draws", e.draws());
    Numbers.put(node, "excess", e.excess());
    Numbers.put(node, "excess_sd", e.excessSd());
    Numbers.put(node, "p", e.p());
  }

  /** The first of every set of equal rows, ascending. */
  static int[] distinct(Points points) {
    int n = points.rows();
    long[] hashes = new long[n];
    double[] row = new double[points.columns()];
    for (int i = 0; i < n; i++) {
      points.copyRow(i, row);
      long hash = 0;
      for (double v : row) {
        // Adding 0.0 makes one zero of the two.
        hash = (hash ^ Double.doubleToLongBits(v + 0.0)) * 0x9e3779b97f4a7c15L;
        hash ^= hash >>> 29;
      }
      hashes[i] = hash;
    }
    Map<Long, List<Integer>> seen = new HashMap<>(2 * n);
    int[] first = new int[n];
    int count = 0;
    for (int i = 0; i < n; i++) {
      List<Integer> alike = seen.computeIfAbsent(hashes[i], h -> new ArrayList<>(1));
      int row0 = i;
      if (alike.stream().noneMatch(j -> equal(points, row0, j))) {
        alike.add(i);
        first[count++] = i;
      }
    }
    return Arrays.copyOf(first, count);
  }

  private static boolean equal(Points points, int i, int j) {
    double[] a = points.row(i);
    double[] b = points.row(j);
    for (int c = 0; c < a.length; c++) {
      if (a[c] != b[c]) {
        return false;
      }
    }
    return true;
  }

  private static boolean onSphere(Points points) {
    double[] row = new double[points.columns()];
    double least = Double.POSITIVE_INFINITY;
    double most = 0;
    for (int i = 0; i < points.rows(); i++) {
      points.copyRow(i, row);
      double norm = Math.sqrt(Arrays.stream(row).map(v -> v * v).sum());
      least = Math.min(least, norm);
      most = Math.max(most, norm);
    }
    return points.columns() > 1 && most > 0 && most - least < SPHERE * most;
  }

  private static DoubleMatrix leading(DoubleMatrix scores, int d) {
    if (scores.columns() == d) {
      return scores;
    }
    DoubleMatrix out = DoubleMatrix.zeros(scores.rows(), d);
    for (int i = 0; i < scores.rows(); i++) {
      out.setRow(i, Arrays.copyOf(scores.row(i), d));
    }
    return out;
  }
}
