package almagest.galaxy;

import almagest.stat.LeastSquares;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * Which curve the eigenvalues of a window follow best: each is fitted to ln λ by least squares and
 * judged by Akaike's criterion with the correction for small samples, AICc = m ln(RSS / m) + 2p +
 * 2p(p + 1) / (m − p − 1), p counting the variance too.
 *
 * <p>Ordered eigenvalues are dependent and nearly smooth, so differences of AICc are far larger
 * than between independent data and are no odds; they rank the curves and no more. A structureless
 * cloud has a best curve as well.
 */
final class SpectrumModels {
  private static final int LEAST = 8;

  private SpectrumModels() {}

  /**
   * One fitted curve.
   *
   * @param name of the curve
   * @param parameters fitted, the variance included
   * @param aicc lower is better
   * @param rSquared of ln λ
   * @param coefficients in the curve's own terms, the constant last
   * @param breakRank where a broken law bends; 0 for the others
   */
  record Model(
      String name,
      int parameters,
      double aicc,
      double rSquared,
      double[] coefficients,
      int breakRank) {}

  /**
   * The four curves, best first: {@code power law} (ln λ linear in ln rank), {@code exponential}
   * (linear in rank), {@code log-normal} (linear in the normal quantile of 1 − (rank − ½) / d, as
   * eigenvalues drawn from a log-normal come out) and {@code broken power law} (two slopes in ln
   * rank that meet). Empty for a window of fewer than 8 ranks.
   */
  static List<Model> compare(Spectrum spectrum, Window window) {
    int m = window.size();
    List<Model> models = new ArrayList<>();
    if (m < LEAST) {
      return models;
    }
    int d = spectrum.eigenvalues().length;
    double[] y = new double[m];
    double[][] power = new double[m][1];
    double[][] exponential = new double[m][1];
    double[][] normal = new double[m][1];
    NormalDistribution standard = NormalDistribution.of(0, 1);
    for (int i = 0; i < m; i++) {
      int rank = window.first() + i;
      y[i] = Math.log(spectrum.eigenvalues()[rank - 1]);
      power[i][0] = Math.log(rank);
      exponential[i][0] = rank;
      normal[i][0] = standard.inverseSurvivalProbability((rank - 0.5) / d);
    }
    models.add(model("power law", power, y, 0));
    models.add(model("exponential", exponential, y, 0));
    models.add(model("log-normal", normal, y, 0));
    models.add(broken(power, y, window));
    models.sort(Comparator.comparingDouble(Model::aicc));
    return models;
  }

  private static Model broken(double[][] power, double[] y, Window window) {
    int m = y.length;
    int margin = Math.max(2, m / 20);
    Model best = null;
    // At most about 60 places for the break: finer ones move it within the spacing of the ranks.
    int step = Math.max(1, (m - 2 * margin) / 60);
    for (int b = margin; b < m - margin; b += step) {
      double[][] x = new double[m][2];
      for (int i = 0; i < m; i++) {
        x[i][0] = power[i][0];
        x[i][1] = Math.max(0, power[i][0] - power[b][0]);
      }
      Model model = model("broken power law", x, y, window.first() + b);
      if (best == null || model.aicc() < best.aicc()) {
        best = model;
      }
    }
    if (best == null) {
      throw new IllegalStateException("a window of " + m + " ranks has no place for a break");
    }
    return best;
  }

  private static Model model(String name, double[][] x, double[] y, int breakRank) {
    LeastSquares fit = LeastSquares.of(x, y);
    int m = y.length;
    // The coefficients, the constant, the variance, and the place of the break.
    int p = fit.coefficients().length + 1 + (breakRank > 0 ? 1 : 0);
    double rss = Math.max(fit.residualSquares(), m * 1e-30);
    double aicc = m * Math.log(rss / m) + 2 * p + 2.0 * p * (p + 1) / (m - p - 1);
    return new Model(name, p, aicc, fit.rSquared(), fit.coefficients(), breakRank);
  }
}
