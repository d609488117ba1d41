package almagest.galaxy;

import almagest.run.Workers;
import almagest.stat.NearestNeighbours;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;

/**
 * What the distances to the nearest neighbours say of one cloud.
 *
 * @param entropy Kozachenko–Leonenko entropies for k = 1, 2, …, nats
 * @param twoNn intrinsic dimension from the ratio μ of the distances to the second and the first
 *     neighbour, which is Pareto distributed with the dimension as exponent: (n − 1) / Σ ln μ
 *     (Facco et al. 2017, by maximum likelihood)
 * @param levinaBickel intrinsic dimension from the ratios to the last neighbour known, inverses
 *     averaged: n (k − 1) / ΣΣ ln (r_k / r_j) (Levina and Bickel 2004, with MacKay and Ghahramani's
 *     correction); NaN for fewer than 3 neighbours
 */
record Measures(double[] entropy, double twoNn, double levinaBickel) {
  /**
   * Measures a cloud without equal rows. Both dimensions fall far below the true one once that is
   * above about 10, at any n that can be had: compare them with a null, not with d.
   *
   * @param maxK at least 1; cut to n − 1
   */
  static Measures of(Points cloud, int maxK, Workers workers) {
    int n = cloud.rows();
    int k = Math.min(Math.max(2, maxK), n - 1);
    NearestNeighbours neighbours = NearestNeighbours.of(cloud, k, workers);
    double[] entropy = new double[Math.min(maxK, k)];
    for (int r = 0; r < entropy.length; r++) {
      entropy[r] = Entropies.kozachenkoLeonenko(neighbours.distances(r), cloud.columns(), r + 1);
    }
    double pairs = 0;
    double all = 0;
    for (int i = 0; i < n; i++) {
      if (k > 1) {
        pairs += Math.log(neighbours.distance(i, 1) / neighbours.distance(i, 0));
      }
      double last = neighbours.distance(i, k - 1);
      for (int r = 0; r < k - 1; r++) {
        all += Math.log(last / neighbours.distance(i, r));
      }
    }
    return new Measures(
        entropy, k > 1 ? (n - 1) / pairs : Double.NaN, k > 2 ? n * (k - 1.0) / all : Double.NaN);
  }

  static Measures of(DoubleMatrix cloud, int maxK, Workers workers) {
    return of(Points.of(cloud), maxK, workers);
  }
}
