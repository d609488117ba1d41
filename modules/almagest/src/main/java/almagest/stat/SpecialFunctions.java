package almagest.stat;

/**
 * The special functions behind the distributions and the entropies. Relative error about 1e-14
 * unless a method says otherwise. Formulas: NIST Digital Library of Mathematical Functions, chapters
 * 5 (gamma) and 8 (incomplete gamma and beta).
 */
public final class SpecialFunctions {
  /** B_2k / (2k (2k − 1)), k = 1 …: the Stirling series of ln Γ (DLMF 5.11.1). */
  private static final double[] STIRLING = {
    1.0 / 12,
    -1.0 / 360,
    1.0 / 1260,
    -1.0 / 1680,
    1.0 / 1188,
    -691.0 / 360360,
    1.0 / 156,
    -3617.0 / 122400
  };

  /** B_2k / (2k), k = 1 …: the asymptotic series of ψ (DLMF 5.11.2). */
  private static final double[] PSI = {
    1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12
  };

  private static final double HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
  private static final int MAX_TERMS = 100_000;

  private SpecialFunctions() {}

  /**
   * ln Γ(x).
   *
   * @param x positive; NaN gives NaN
   */
  public static double logGamma(double x) {
    positive(x, "logGamma");
    // ln Γ(x) = ln Γ(x + m) − ln (x (x+1) … (x+m−1)); from 12 on the series is good to rounding.
    double product = 1;
    while (x < 12) {
      product *= x;
      x++;
    }
    double inverse = 1 / x;
    double power = inverse;
    double series = 0;
    for (double c : STIRLING) {
      series += c * power;
      power *= inverse * inverse;
    }
    return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + series - Math.log(product);
  }

  /**
   * The digamma function ψ(x) = d ln Γ / dx.
   *
   * @param x positive; NaN gives NaN
   */
  public static double digamma(double x) {
    positive(x, "digamma");
    double shift = 0;
    while (x < 12) {
      shift += 1 / x;
      x++;
    }
    double inverseSquare = 1 / (x * x);
    double power = inverseSquare;
    double series = 0;
    for (double c : PSI) {
      series += c * power;
      power *= inverseSquare;
    }
    return Math.log(x) - 0.5 / x - series - shift;
  }

  /** ln of the volume π^(d/2) / Γ(d/2 + 1) of the unit ball in {@code d} ≥ 0 dimensions. */
  public static double logUnitBallVolume(int d) {
    if (d < 0) {
      throw new IllegalArgumentException("a ball in " + d + " dimensions");
    }
    return 0.5 * d * Math.log(Math.PI) - logGamma(0.5 * d + 1);
  }

  /**
   * The regularised incomplete beta function I_x(a, b): by its continued fraction (DLMF 8.17.22),
   * evaluated by Lentz's method.
   */
  public static double regularizedBeta(double x, double a, double b) {
    if (!(x > 0)) {
      return Double.isNaN(x) ? Double.NaN : 0;
    }
    if (x >= 1) {
      return 1;
    }
    double front =
        Math.exp(
            logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
    return x < (a + 1) / (a + b + 2)
        ? front * betaFraction(x, a, b) / a
        : 1 - front * betaFraction(1 - x, b, a) / b;
  }

  private static double betaFraction(double x, double a, double b) {
    double c = 1;
    double d = 1 / tiny(1 - (a + b) * x / (a + 1));
    double h = d;
    for (int m = 1; m < MAX_TERMS; m++) {
      double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / tiny(1 + even * d);
      c = tiny(1 + even / c);
      h *= d * c;
      double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 / tiny(1 + odd * d);
      c = tiny(1 + odd / c);
      double step = d * c;
      h *= step;
      if (Math.abs(step - 1) < 1e-16) {
        break;
      }
    }
    return h;
  }

  /** The regularised upper incomplete gamma function Q(a, x) = Γ(a, x) / Γ(a) (DLMF 8.2). */
  public static double regularizedGammaQ(double a, double x) {
    if (!(x > 0)) {
      return Double.isNaN(x) ? Double.NaN : 1;
    }
    double front = Math.exp(a * Math.log(x) - x - logGamma(a));
    if (x < a + 1) {
      double term = 1 / a;
      double sum = term;
      for (int n = 1; n < MAX_TERMS && term > sum * 1e-17; n++) {
        term *= x / (a + n);
        sum += term;
      }
      return 1 - front * sum;
    }
    double b = x + 1 - a;
    double c = 1 / 1e-300;
    double d = 1 / b;
    double h = d;
    for (int i = 1; i < MAX_TERMS; i++) {
      double an = -i * (i - a);
      b += 2;
      d = 1 / tiny(an * d + b);
      c = tiny(b + an / c);
      double step = d * c;
      h *= step;
      if (Math.abs(step - 1) < 1e-16) {
        break;
      }
    }
    return front * h;
  }

  private static double tiny(double v) {
    return Math.abs(v) < 1e-300 ? 1e-300 : v;
  }

  private static void positive(double x, String function) {
    if (x <= 0) {
      throw new IllegalArgumentException(function + " of " + x + ", expected a positive number");
    }
  }
}
