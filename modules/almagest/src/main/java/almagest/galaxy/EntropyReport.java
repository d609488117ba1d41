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

  /** Up to this many dimensions distances are cheap, and the sample is four times as large. */
  private static final int FEW = 20;

  private static final int[] SWEEP = {2, 5, 10, 20, 50};
  private static final int SWEEP_DRAWS = 10;
  private static final int PAIR_DRAWS = 3;

  /** Rows of one piece of work. */
  private static final int PIECE = 512;

  private final Options options;
  private final Seed seed;
  private final Workers workers;

  /** For every k of the sweep over neighbours. */
  private final ClusteringEntropy estimator;

  /** For the headline's k alone, which takes less time. */
  private final ClusteringEntropy headline;

  /** The same with fewer null clouds, for what stands beside the headline. */
  private final ClusteringEntropy sweep;

  EntropyReport(Options options, Seed seed, Workers workers) {
    this.options = options;
    this.seed = seed;
    this.workers = workers;
    Frames frames = new Frames(seed.split("nulls"));
    int draws = options.entropyDraws();
    this.estimator = new ClusteringEntropy(draws, options.maxK(), frames, workers);
    this.headline = new ClusteringEntropy(draws, options.k(), frames, workers);
    this.sweep = new ClusteringEntropy(Math.min(SWEEP_DRAWS, draws), options.k(), frames, workers);
  }

  /**
   * @param pca of the whole cloud, with at least the components that entropies are made of
   */
  void report(NamedCloud cloud, Pca pca, ObjectNode node, ObjectNode published) {
    Points points = cloud.points();
    int[] distinct = distinct(points, workers);
    ObjectNode entropy = node.putObject("entropy");
    entropy.put("duplicates", points.rows() - distinct.length);
    int wanted = Math.min(options.dimension(), points.columns());
    int n = Math.min(distinct.length, wanted > FEW ? options.sample() : 4 * options.sample());
    int[] chosen = SlopeInterval.sample(distinct.length, n, seed.split("sample").generator());
    Points sampled = Points.of(points, Arrays.stream(chosen).map(i -> distinct[i]).toArray());
    // The leading components of the whole cloud, turned so that the sample's scores on them are
    // uncorrelated. The law of Frames holds: rows drawn from a uniform frame, whitened, are one.
    int d = n < 3 ? 0 : Math.min(Math.min(wanted, (n - 1) / 2), pca.rank());
    Points projected = Points.of(pca.leading(d).scores(sampled, workers));
    @Nullable Pca own = d == 0 ? null : Pca.of(projected, d, workers);
    d = own == null ? 0 : Math.min(d, own.rank());
    entropy.put("n", n);
    entropy.put("d", d);
    entropy.put("k", options.k());
    if (own == null || d == 0 || n <= options.k() + 1) {
      entropy.put(
          "note",
          "%d distinct rows of rank %d: an entropy needs at least %d and rank 1"
              .formatted(n, d, options.k() + 2));
      published.putNull("clustering_entropy");
      return;
    }
    double[] eigenvalues = Arrays.copyOf(own.eigenvalues(), d);
    DoubleMatrix scores = own.leading(d).scores(projected, workers);
    ClusteringEntropy.Comparison unscaled = estimator.unscaled(scores, eigenvalues);
    put(entropy, unscaled.at(options.k()));
    double[] sd = headline.subsampleSd(scores, options.splits());
    Numbers.put(entropy, "subsample_sd", sd[options.k() - 1]);
    ArrayNode byK = entropy.putArray("by_k");
    for (ClusteringEntropy.Estimate e : unscaled.byK()) {
      put(byK.addObject().put("k", e.k()), e);
    }
    byDimension(scores, eigenvalues, entropy.putArray("by_d"));
    put(entropy.putObject("whitened"), headline.whitened(scores, eigenvalues).at(options.k()));
    if (onSphere(sampled, workers)) {
      put(entropy.putObject("sphere_null"), sphere(scores, eigenvalues, pca, own).at(options.k()));
    } else {
      entropy.putNull("sphere_null");
    }
    dimensions(sampled, scores, eigenvalues, unscaled, node.putObject("intrinsic_dimension"));
    published(points, published, wanted);
  }

  private ClusteringEntropy.Comparison sphere(
      DoubleMatrix scores, double[] eigenvalues, Pca pca, Pca own) {
    int d = eigenvalues.length;
    double[] along = own.mean().clone();
    double meanSquare = 0;
    for (int c = 0; c < pca.mean().length; c++) {
      meanSquare += pca.mean()[c] * pca.mean()[c];
      for (int j = 0; j < along.length; j++) {
        along[j] += pca.components()[j][c] * pca.mean()[c];
      }
    }
    double[] mean = new double[d];
    for (int j = 0; j < d; j++) {
      for (int c = 0; c < along.length; c++) {
        mean[j] += own.components()[j][c] * along[c];
      }
    }
    double[] spectrum = pca.eigenvalues().clone();
    System.arraycopy(eigenvalues, 0, spectrum, 0, d);
    return sweep.onSphere(scores, eigenvalues, mean, meanSquare, spectrum);
  }

  /** The excess of fewer leading components, with fewer null clouds. */
  private void byDimension(DoubleMatrix scores, double[] eigenvalues, ArrayNode into) {
    for (int q : SWEEP) {
      if (q < eigenvalues.length) {
        ClusteringEntropy.Comparison part =
            sweep.unscaled(leading(scores, q), Arrays.copyOf(eigenvalues, q));
        put(into.addObject().put("d", q), part.at(options.k()));
      }
    }
  }

  private void dimensions(
      Points sampled,
      DoubleMatrix scores,
      double[] eigenvalues,
      ClusteringEntropy.Comparison unscaled,
      ObjectNode into) {
    into.put("d", eigenvalues.length);
    unscaled.twoNn().into(into.putObject("two_nn"));
    unscaled.levinaBickel().into(into.putObject("levina_bickel").put("k", options.maxK()));
    if (sampled.columns() > eigenvalues.length) {
      Measures full = Measures.of(sampled, options.maxK(), workers);
      ObjectNode whole = into.putObject("all_coordinates").put("d", sampled.columns());
      Numbers.put(whole, "two_nn", full.twoNn());
      Numbers.put(whole, "levina_bickel", full.levinaBickel());
    }
    correlation(
        estimator.pairCounts(scores, eigenvalues, PAIR_DRAWS), into.putObject("correlation"));
  }

  private static void correlation(List<PairCounts> counts, ObjectNode into) {
    PairCounts cloud = counts.getFirst();
    PairCounts.Dimension dimension = cloud.dimension();
    List<PairCounts> nulls = counts.subList(1, counts.size());
    Against.of(dimension.slope(), nulls.stream().mapToDouble(c -> c.dimension().slope()).toArray())
        .into(into);
    Numbers.put(into, "r2", dimension.rSquared());
    ArrayNode shares = into.putArray("pair_shares");
    shares.add(cloud.fromShare()).add(cloud.toShare());
    Numbers.put(into, "from", dimension.from());
    Numbers.put(into, "to", dimension.to());
    Numbers.put(into, "least_local_slope", dimension.least());
    Numbers.put(into, "most_local_slope", dimension.most());
    ArrayNode curve = into.putArray("curve");
    int first = Math.min(cloud.bin(Math.nextUp(0.0)), nulls.getFirst().bin(Math.nextUp(0.0)));
    int last = Math.max(cloud.bin(1), nulls.getFirst().bin(1));
    for (int b = first; b <= last; b++) {
      int bin = b;
      double expected = nulls.stream().mapToDouble(c -> c.share(bin)).average().orElse(0);
      ObjectNode point = curve.addObject();
      point.put("r", cloud.edge(b));
      point.put("share", cloud.share(b));
      point.put("null", expected);
    }
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
  static int[] distinct(Points points, Workers workers) {
    int n = points.rows();
    long[] hashes = new long[n];
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          double[] row = new double[points.columns()];
          for (int i = from; i < to; i++) {
            points.copyRow(i, row);
            hashes[i] = hash(row);
          }
        });
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

  private static long hash(double[] row) {
    long hash = 0;
    for (double v : row) {
      // Adding 0.0 makes one zero of the two.
      hash = (hash ^ Double.doubleToLongBits(v + 0.0)) * 0x9e3779b97f4a7c15L;
      hash ^= hash >>> 29;
    }
    return hash;
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

  private static boolean onSphere(Points points, Workers workers) {
    int n = points.rows();
    double[] norm = new double[n];
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          double[] row = new double[points.columns()];
          for (int i = from; i < to; i++) {
            points.copyRow(i, row);
            double square = 0;
            for (double v : row) {
              square += v * v;
            }
            norm[i] = Math.sqrt(square);
          }
        });
    double least = Arrays.stream(norm).min().orElse(0);
    double most = Arrays.stream(norm).max().orElse(0);
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
