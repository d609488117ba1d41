package almagest.brain;

import almagest.run.Workers;

/** All pairs, O(n²). */
record ExactRepulsion(Workers workers) implements Repulsion {
  private static final int PIECE = 64;

  @Override
  public double at(double[] x, double[] y, double[] pushX, double[] pushY) {
    int n = x.length;
    int pieces = (n + PIECE - 1) / PIECE;
    double[] z = new double[pieces];
    workers.run(
        pieces,
        piece -> {
          double sum = 0;
          for (int i = piece * PIECE; i < Math.min(n, (piece + 1) * PIECE); i++) {
            double fx = 0;
            double fy = 0;
            double own = 0;
            for (int j = 0; j < n; j++) {
              double dx = x[i] - x[j];
              double dy = y[i] - y[j];
              double q = 1 / (1 + dx * dx + dy * dy);
              own += q;
              fx += q * q * dx;
              fy += q * q * dy;
            }
            pushX[i] = fx;
            pushY[i] = fy;
            // j = i contributed exactly 1.
            sum += own - 1;
          }
          z[piece] = sum;
        });
    double total = 0;
    for (double v : z) {
      total += v;
    }
    return total;
  }
}
