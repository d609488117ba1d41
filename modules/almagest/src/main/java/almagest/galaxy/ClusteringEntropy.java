package almagest.galaxy;

import almagest.run.Workers;
import almagest.stat.NearestNeighbours;
import almagest.stat.Permutation;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * How much less entropy a cloud has than a Gaussian of its covariance, in nats: H_gauss − H, with H
 * by Kozachenko and Leonenko, minus what the same estimator says of Gaussian clouds of the same n,
 * d and sample covariance ({@link Frames}), with the spread of those. The subtraction matters: for
 * true Gaussians in 100 dimensions H_gauss − H is about −16 nats, not 0.
 *
 * <p>The excess is not the negentropy itself where the bias of the estimator differs between the
 * cloud and a Gaussian (a cloud in tight clusters has far fewer points to a cluster); its sign and
 * its size in units of the null's spread are what it can be trusted for. The spread is that of
 * Gaussian clouds, so it judges the hypothesis "Gaussian", and is no interval around the excess of
 * a cloud that is not.
 */
final class ClusteringEntropy {
  private static final Workers ALONE = new Workers(1);

  /** Neighbours in the whole cloud, beyond three a neighbour sought, that hold enough of a half. */
  private static final int KNOWN = 32;

  private final int draws;
  private final int maxK;
  private final Frames frames;
  private final Workers workers;
  private final Map<Long, Measures[]> whitened = new HashMap<>();

  /**
   * @param draws clouds of each null
   * @param maxK estimates are made for k = 1 … maxK
   * @param frames where the null clouds come from, and what is drawn besides
   */
  ClusteringEntropy(int draws, int maxK, Frames frames, Workers workers) {
    this.draws = draws;
    this.maxK = maxK;
    this.frames = frames;
    this.workers = workers;
  }

  /**
   * One estimate beside its null, nats.
   *
   * @param knn the Kozachenko–Leonenko entropy
   * @param clustering gauss − knn
   * @param nullMean mean of the clustering entropy over the null clouds
   * @param nullSd its standard deviation
   * @param excess clustering − nullMean
   * @param excessSd nullSd √(1 + 1/draws): the null mean is itself estimated
   * @param p the share of null clouds at least as clustered, counting this one: (1 + #) / (1 +
   *     draws)
   */
  record Estimate(
      int n,
      int d,
      int k,
      double knn,
      double gauss,
      double clustering,
      double nullMean,
      double nullSd,
      int draws,
      double excess,
      double excessSd,
      double p) {}

  /**
   * A cloud beside a null.
   *
   * @param byK entropies, k = 1 …
   */
  record Comparison(Estimate[] byK, Against twoNn, Against levinaBickel) {
    Estimate at(int k) {
      return byK[k - 1];
    }
  }

  /**
   * Estimates for k = 1 … maxK (fewer for a tiny cloud) of principal component scores as they are.
   *
   * @param scores [n, d], centred and uncorrelated, without two equal rows
   * @param eigenvalues [d] of their covariance, positive
   */
  Comparison unscaled(DoubleMatrix scores, double[] eigenvalues) {
    Measures[] nulls =
        workers
            .map(
                draws,
                b -> {
                  try (Arena arena = Arena.ofConfined()) {
                    DoubleMatrix frame = frames.draw(scores.rows(), eigenvalues.length, b);
                    return measure(Frames.scaled(arena, frame, eigenvalues));
                  }
                })
            .toArray(Measures[]::new);
    return compare(scores, eigenvalues, nulls);
  }

  /** As {@link #unscaled}, every component scaled to variance 1; its nulls are drawn once. */
  Comparison whitened(DoubleMatrix scores, double[] eigenvalues) {
    int n = scores.rows();
    int d = eigenvalues.length;
    Measures[] nulls =
        whitened.computeIfAbsent(
            (long) n << 32 | d,
            key -> workers.map(draws, b -> measure(frames.draw(n, d, b))).toArray(Measures[]::new));
    double[] inverse = Arrays.stream(eigenvalues).map(v -> 1 / v).toArray();
    double[] ones = new double[d];
    Arrays.fill(ones, 1);
    try (Arena arena = Arena.ofShared()) {
      return compare(Frames.scaled(arena, scores, inverse), ones, nulls);
    }
  }

  /**
   * As {@link #unscaled} against Gaussian clouds pushed to the unit sphere before they are
   * projected and given the cloud's covariance: what a cloud of unit vectors is to be compared
   * with. The squared norm that the directions beyond the d leading ones bring is drawn as a normal
   * with its mean and variance.
   *
   * @param mean [d] of the cloud along its leading components
   * @param meanSquare the squared norm of the whole mean
   * @param spectrum [D] all its eigenvalues
   */
  Comparison onSphere(
      DoubleMatrix scores,
      double[] eigenvalues,
      double[] mean,
      double meanSquare,
      double[] spectrum) {
    int n = scores.rows();
    int d = eigenvalues.length;
    double rest = meanSquare;
    for (double m : mean) {
      rest -= m * m;
    }
    double variance = 0;
    for (int c = d; c < spectrum.length; c++) {
      rest += spectrum[c];
      variance += 2 * spectrum[c] * spectrum[c];
    }
    double level = Math.max(0, rest);
    double spread = Math.sqrt(variance);
    Measures[] nulls =
        workers
            .map(
                draws,
                b -> {
                  RandomGenerator random = frames.seed().split("sphere").split(b).generator();
                  try (Arena arena = Arena.ofConfined()) {
                    DoubleMatrix x = DoubleMatrix.zeros(arena, n, d);
                    double[] row = new double[d];
                    for (int i = 0; i < n; i++) {
                      double square = Math.max(0, level + spread * random.nextGaussian());
                      for (int c = 0; c < d; c++) {
                        row[c] = mean[c] + Math.sqrt(spectrum[c]) * random.nextGaussian();
                        square += row[c] * row[c];
                      }
                      double norm = Math.sqrt(square);
                      for (int c = 0; c < d; c++) {
                        row[c] /= norm;
                      }
                      x.setRow(i, row);
                    }
                    return measure(Frames.scaled(arena, Frames.whitened(arena, x), eigenvalues));
                  }
                })
            .toArray(Measures[]::new);
    return compare(scores, eigenvalues, nulls);
  }

  private Measures measure(DoubleMatrix cloud) {
    return Measures.of(cloud, maxK, ALONE);
  }

  private Comparison compare(DoubleMatrix cloud, double[] eigenvalues, Measures[] nulls) {
    Measures measures = Measures.of(cloud, maxK, workers);
    double[] knn = measures.entropy();
    double gauss = Entropies.gaussian(eigenvalues);
    Estimate[] estimates = new Estimate[knn.length];
    for (int r = 0; r < knn.length; r++) {
      int rank = r;
      double[] values = Arrays.stream(nulls).mapToDouble(v -> gauss - v.entropy()[rank]).toArray();
      double clustering = gauss - knn[r];
      double mean = Moments.mean(values);
      double sd = Moments.sd(values);
      long above = Arrays.stream(values).filter(v -> v >= clustering).count();
      estimates[r] =
          new Estimate(
              cloud.rows(),
              cloud.columns(),
              r + 1,
              knn[r],
              gauss,
              clustering,
              mean,
              sd,
              values.length,
              clustering - mean,
              sd * Math.sqrt(1 + 1.0 / values.length),
              (1.0 + above) / (1 + values.length));
    }
    return new Comparison(
        estimates,
        Against.of(measures.twoNn(), nulls, Measures::twoNn),
        Against.of(measures.levinaBickel(), nulls, Measures::levinaBickel));
  }

  /**
   * How far the entropy would move with other points: its standard deviation over random halves,
   * which scatter as whole samples do (see {@link SlopeInterval}).
   *
   * @return [k − 1], over 2 · splits halves; NaN when a half is too small
   */
  double[] subsampleSd(DoubleMatrix scores, int splits) {
    int n = scores.rows();
    if (n / 2 <= maxK + 1) {
      double[] unknown = new double[maxK];
      Arrays.fill(unknown, Double.NaN);
      return unknown;
    }
    Points all = Points.of(scores);
    NearestNeighbours known = NearestNeighbours.of(all, Math.min(n - 1, KNOWN + 3 * maxK), workers);
    List<double[]> halves =
        workers.map(
            2 * splits,
            h -> {
              int[] order =
                  Permutation.of(n, frames.seed().split("halves").split(h / 2).generator());
              int[] half =
                  h % 2 == 0 ? Arrays.copyOf(order, n / 2) : Arrays.copyOfRange(order, n / 2, n);
              double[][] distances = within(half, known);
              if (distances.length == 0) {
                return Measures.of(Points.of(all, half), maxK, ALONE).entropy();
              }
              double[] entropy = new double[maxK];
              Arrays.setAll(
                  entropy,
                  r -> Entropies.kozachenkoLeonenko(distances[r], scores.columns(), r + 1));
              return entropy;
            });
    double[] sd = new double[maxK];
    for (int r = 0; r < maxK; r++) {
      int rank = r;
      sd[r] = Moments.sd(halves.stream().mapToDouble(v -> v[rank]).toArray());
    }
    return sd;
  }

  /**
   * The distances of a half's points to their neighbours in that half, of which the neighbours in
   * the whole cloud say enough: every other one of them is in the half.
   *
   * @return [maxK][points of the half]; empty when a point has too few among those known
   */
  private double[][] within(int[] half, NearestNeighbours known) {
    boolean[] in = new boolean[known.size()];
    for (int i : half) {
      in[i] = true;
    }
    double[][] distances = new double[maxK][half.length];
    for (int i = 0; i < half.length; i++) {
      int found = 0;
      for (int r = 0; r < known.k() && found < maxK; r++) {
        if (in[known.index(half[i], r)]) {
          distances[found++][i] = known.distance(half[i], r);
        }
      }
      if (found < maxK) {
        return new double[0][];
      }
    }
    return distances;
  }

  /** Pair counts of a cloud and of {@code count} of its null clouds. */
  List<PairCounts> pairCounts(DoubleMatrix scores, double[] eigenvalues, int count) {
    double trace = Arrays.stream(eigenvalues).sum();
    List<PairCounts> counts = new ArrayList<>();
    counts.add(PairCounts.of(scores, trace, workers));
    for (int b = 0; b < count; b++) {
      try (Arena arena = Arena.ofShared()) {
        DoubleMatrix frame = frames.draw(scores.rows(), eigenvalues.length, b);
        counts.add(PairCounts.of(Frames.scaled(arena, frame, eigenvalues), trace, workers));
      }
    }
    return counts;
  }
}
