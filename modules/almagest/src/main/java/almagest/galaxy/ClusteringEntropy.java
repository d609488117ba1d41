package almagest.galaxy;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.NearestNeighbours;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.Arrays;
import java.util.HashMap;
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

  private final int draws;
  private final int maxK;
  private final Seed seed;
  private final Workers workers;
  private final Map<Long, double[][]> whitened = new HashMap<>();

  /**
   * @param draws clouds of each null
   * @param maxK estimates are made for k = 1 … maxK
   */
  ClusteringEntropy(int draws, int maxK, Seed seed, Workers workers) {
    this.draws = draws;
    this.maxK = maxK;
    this.seed = seed;
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
   * Estimates for k = 1 … maxK (fewer for a tiny cloud) of principal component scores as they are.
   *
   * @param scores [n, d], centred and uncorrelated, without two equal rows
   * @param eigenvalues [d] of their covariance, positive
   */
  Estimate[] unscaled(DoubleMatrix scores, double[] eigenvalues) {
    double[][] nulls =
        workers
            .map(
                draws,
                b ->
                    entropies(
                        Frames.scaled(frame(scores.rows(), eigenvalues.length, b), eigenvalues),
                        ALONE))
            .toArray(double[][]::new);
    return compare(scores, eigenvalues, nulls);
  }

  /** As {@link #unscaled}, every component scaled to variance 1; its nulls are drawn once. */
  Estimate[] whitened(DoubleMatrix scores, double[] eigenvalues) {
    int n = scores.rows();
    int d = eigenvalues.length;
    double[][] nulls =
        whitened.computeIfAbsent(
            (long) n << 32 | d,
            key ->
                workers.map(draws, b -> entropies(frame(n, d, b), ALONE)).toArray(double[][]::new));
    double[] inverse = Arrays.stream(eigenvalues).map(v -> 1 / v).toArray();
    double[] ones = new double[d];
    Arrays.fill(ones, 1);
    DoubleMatrix copy = DoubleMatrix.copyOf(scores.toArray(), d);
    return compare(Frames.scaled(copy, inverse), ones, nulls);
  }

  /**
   * As {@link #unscaled} against Gaussian clouds pushed to the unit sphere before they are
   * projected and given the cloud's covariance: what a cloud of unit vectors is to be compared
   * with.
   *
   * @param mean [D] of the cloud in the coordinates of all its components
   * @param spectrum [D] its eigenvalues there
   */
  Estimate[] onSphere(DoubleMatrix scores, double[] eigenvalues, double[] mean, double[] spectrum) {
    int n = scores.rows();
    int d = eigenvalues.length;
    double[][] nulls =
        workers
            .map(
                draws,
                b -> {
                  RandomGenerator random = seed.split("sphere").split(b).generator();
                  DoubleMatrix x = DoubleMatrix.zeros(n, d);
                  double[] row = new double[spectrum.length];
                  for (int i = 0; i < n; i++) {
                    double square = 0;
                    for (int c = 0; c < row.length; c++) {
                      row[c] = mean[c] + Math.sqrt(spectrum[c]) * random.nextGaussian();
                      square += row[c] * row[c];
                    }
                    double norm = Math.sqrt(square);
                    double[] unit = new double[d];
                    for (int c = 0; c < d; c++) {
                      unit[c] = row[c] / norm;
                    }
                    x.setRow(i, unit);
                  }
                  return entropies(Frames.scaled(Frames.whitened(x), eigenvalues), ALONE);
                })
            .toArray(double[][]::new);
    return compare(scores, eigenvalues, nulls);
  }

  private DoubleMatrix frame(int n, int d, int draw) {
    return Frames.draw(n, d, seed.split("frame " + n + " " + d).split(draw).generator());
  }

  /** The Kozachenko–Leonenko entropies of a cloud for k = 1 … maxK. */
  double[] entropies(DoubleMatrix cloud, Workers with) {
    int k = Math.min(maxK, cloud.rows() - 1);
    NearestNeighbours neighbours = NearestNeighbours.of(Points.of(cloud), k, with);
    double[] entropies = new double[k];
    for (int r = 0; r < k; r++) {
      entropies[r] = Entropies.kozachenkoLeonenko(neighbours.distances(r), cloud.columns(), r + 1);
    }
    return entropies;
  }

  private Estimate[] compare(DoubleMatrix cloud, double[] eigenvalues, double[][] nulls) {
    double[] knn = entropies(cloud, workers);
    double gauss = Entropies.gaussian(eigenvalues);
    Estimate[] estimates = new Estimate[knn.length];
    for (int r = 0; r < knn.length; r++) {
      int rank = r;
      double[] values = Arrays.stream(nulls).mapToDouble(v -> gauss - v[rank]).toArray();
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
    return estimates;
  }
}
