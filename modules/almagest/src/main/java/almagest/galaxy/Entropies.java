package almagest.galaxy;

import almagest.stat.SpecialFunctions;

/** Differential entropies in nats. */
final class Entropies {
  private Entropies() {}

  /**
   * The Kozachenko–Leonenko estimate H = d · mean ln r_k + ln V_d + ln(n − 1) − ψ(k) (Kozachenko
   * and Leonenko 1987; for k &gt; 1 Goria et al. 2005). Its bias grows fast with the dimension:
   * compare it with the same estimate of a null of the same n and d, never with a true entropy.
   *
   * @param distances of each of the n points to its k-th neighbour; a zero among them gives −∞
   * @param d dimension
   * @param k at least 1
   */
  static double kozachenkoLeonenko(double[] distances, int d, int k) {
    double sum = 0;
    for (double r : distances) {
      sum += Math.log(r);
    }
    return d * (sum / distances.length)
        + SpecialFunctions.logUnitBallVolume(d)
        + Math.log(distances.length - 1.0)
        - SpecialFunctions.digamma(k);
  }

  /** The entropy d/2 (1 + ln 2π) + ½ Σ ln λ of the Gaussian with these covariance eigenvalues. */
  static double gaussian(double[] eigenvalues) {
    double logs = 0;
    for (double v : eigenvalues) {
      logs += Math.log(v);
    }
    return 0.5 * eigenvalues.length * (1 + Math.log(2 * Math.PI)) + 0.5 * logs;
  }
}
