package almagest.brain;

import almagest.run.InputException;

/**
 * How close two points of a UMAP map count as at distance d: 1 / (1 + a d^2b).
 *
 * @param a above 0
 * @param b above 0
 */
record Closeness(double a, double b) {
  private static final int SAMPLES = 300;
  private static final int STEPS = 500;

  /**
   * The curve nearest in least squares to 1 up to a distance and exp(−(d − distance)) beyond it, at
   * 300 distances from 0 to 3; by Levenberg and Marquardt's method.
   *
   * @param distance how close together points of the map may settle, from 0 to 1
   */
  static Closeness of(double distance) {
    if (!(distance >= 0) || distance > 1) {
      throw new InputException("UMAP: expected a least distance from 0 to 1, found " + distance);
    }
    double[] p = {1, 1};
    double damping = 1e-3;
    Fit at = fit(p[0], p[1], distance);
    for (int step = 0; step < STEPS; step++) {
      double h00 = at.aa * (1 + damping);
      double h11 = at.bb * (1 + damping);
      double determinant = h00 * h11 - at.ab * at.ab;
      double da = (h11 * at.ga - at.ab * at.gb) / determinant;
      double db = (h00 * at.gb - at.ab * at.ga) / determinant;
      double a = p[0] - da;
      double b = p[1] - db;
      Fit next = a > 0 && b > 0 ? fit(a, b, distance) : null;
      if (next != null && next.square <= at.square) {
        p = new double[] {a, b};
        at = next;
        damping /= 10;
        if (Math.abs(da) < 1e-13 * a && Math.abs(db) < 1e-13 * b) {
          break;
        }
      } else {
        damping *= 10;
      }
    }
    return new Closeness(p[0], p[1]);
  }

  /** The sum of squared differences, half its gradient and Gauss's part of its curvature. */
  private record Fit(double square, double ga, double gb, double aa, double ab, double bb) {}

  private static Fit fit(double a, double b, double distance) {
    double square = 0;
    double ga = 0;
    double gb = 0;
    double aa = 0;
    double ab = 0;
    double bb = 0;
    for (int s = 0; s < SAMPLES; s++) {
      double d = 3.0 * s / (SAMPLES - 1);
      double power = Math.pow(d, 2 * b);
      double value = 1 / (1 + a * power);
      double off = value - (d < distance ? 1 : Math.exp(distance - d));
      double da = -value * value * power;
      double db = d > 0 ? -value * value * a * power * 2 * Math.log(d) : 0;
      square += off * off;
      ga += da * off;
      gb += db * off;
      aa += da * da;
      ab += da * db;
      bb += db * db;
    }
    return new Fit(square, ga, gb, aa, ab, bb);
  }
}
