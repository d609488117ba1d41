package almagest.atom;

import almagest.run.InputException;
import almagest.tensor.DoubleMatrix;
import java.util.Locale;

/**
 * Shrinkage of a covariance S [d, d] (divisor n) towards a multiple of the identity: (1 − δ) S + δ
 * (tr S / d) I. With few rows for their dimensions it makes a covariance invertible and, on
 * average, nearer to the truth.
 */
public sealed interface Shrinkage {
  /** δ = 0. */
  Shrinkage NONE = new Fixed(0);

  /**
   * Ledoit and Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices",
   * on columns brought to unit variance first, and brought back after.
   */
  Shrinkage LEDOIT_WOLF = new LedoitWolf();

  /**
   * Oracle approximating shrinkage (Chen, Wiesel, Eldar and Hero 2010, arXiv 0907.4698, equation
   * 23, without its term 2/d), on columns as they are.
   */
  Shrinkage OAS = new Oas();

  /**
   * A given amount.
   *
   * @param delta 0 … 1
   */
  record Fixed(double delta) implements Shrinkage {
    public Fixed {
      if (!(delta >= 0 && delta <= 1)) {
        throw new InputException("shrinkage: expected 0 to 1, found " + delta);
      }
    }

    @Override
    public String name() {
      return delta == 0 ? "none" : String.valueOf(delta);
    }
  }

  /** See {@link #LEDOIT_WOLF}. */
  record LedoitWolf() implements Shrinkage {
    @Override
    public String name() {
      return "ledoit-wolf";
    }
  }

  /** See {@link #OAS}. */
  record Oas() implements Shrinkage {
    @Override
    public String name() {
      return "oas";
    }
  }

  /** As users write it: {@code none}, {@code ledoit-wolf}, {@code oas} or an amount. */
  String name();

  /**
   * Reads {@link #name}; {@code auto} is Ledoit–Wolf.
   *
   * @throws InputException for anything else
   */
  static Shrinkage parse(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "none" -> NONE;
      case "ledoit-wolf", "lw", "auto" -> LEDOIT_WOLF;
      case "oas" -> OAS;
      default -> {
        double delta;
        try {
          delta = Double.parseDouble(text);
        } catch (NumberFormatException e) {
          throw new InputException(
              "shrinkage: expected none, ledoit-wolf, oas or a number from 0 to 1, found " + text);
        }
        yield new Fixed(delta);
      }
    };
  }

  /**
   * δ of Ledoit and Wolf for centred rows.
   *
   * @param covariance [d, d], divisor n
   * @param n rows
   * @param fourth Σ |x|⁴ over the rows
   */
  static double ledoitWolf(DoubleMatrix covariance, int n, double fourth) {
    int d = covariance.columns();
    if (d == 1) {
      return 0;
    }
    double squares = squares(covariance);
    double mu = trace(covariance) / d;
    double spread = (squares - 2 * mu * trace(covariance) + d * mu * mu) / d;
    double error = Math.min((fourth / n - squares) / ((double) d * n), spread);
    return error == 0 ? 0 : error / spread;
  }

  /**
   * δ of OAS.
   *
   * @param covariance [d, d], divisor n
   * @param n rows
   */
  static double oas(DoubleMatrix covariance, int n) {
    int d = covariance.columns();
    if (d == 1) {
      return 0;
    }
    double mean = squares(covariance) / ((double) d * d);
    double mu = trace(covariance) / d;
    double denominator = (n + 1.0) * (mean - mu * mu / d);
    return denominator == 0 ? 1 : Math.min(1, (mean + mu * mu) / denominator);
  }

  private static double squares(DoubleMatrix m) {
    double sum = 0;
    for (int i = 0; i < m.rows(); i++) {
      for (double v : m.row(i)) {
        sum += v * v;
      }
    }
    return sum;
  }

  private static double trace(DoubleMatrix m) {
    double sum = 0;
    for (int i = 0; i < m.rows(); i++) {
      sum += m.get(i, i);
    }
    return sum;
  }
}
