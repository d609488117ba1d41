package almagest.brain;

/**
 * Limited-memory BFGS (Liu and Nocedal 1989) for a smooth convex function, with a diagonal first
 * guess of the Hessian. Steps satisfy the Armijo condition; on a convex function that keeps
 * curvature along the step positive, and a pair that rounding spoiled is not remembered.
 */
final class Lbfgs {
  private static final int MEMORY = 12;
  private static final double SUFFICIENT = 1e-4;

  private Lbfgs() {}

  /** A function with its gradient. */
  @FunctionalInterface
  interface Objective {
    /** Returns the value at {@code at} and writes the gradient. */
    double at(double[] at, double[] gradient);
  }

  /**
   * @param value the least value found
   * @param iterations steps taken
   * @param gradient largest absolute component of the gradient there
   */
  record Result(double value, int iterations, double gradient) {}

  /**
   * Minimises in place.
   *
   * @param x the start, overwritten by the best point
   * @param inverseDiagonal a positive guess of the inverse Hessian's diagonal
   * @param tolerance ends when no component of the gradient is larger
   * @param noise relative rounding error of the function's values
   */
  static Result minimise(
      Objective f,
      double[] x,
      double[] inverseDiagonal,
      double tolerance,
      double noise,
      int maxIterations) {
    int n = x.length;
    double[] g = new double[n];
    double value = f.at(x, g);
    double[][] steps = new double[MEMORY][];
    double[][] changes = new double[MEMORY][];
    double[] rho = new double[MEMORY];
    int stored = 0;
    double[] direction = new double[n];
    double[] next = new double[n];
    double[] nextGradient = new double[n];
    int iteration = 0;
    while (largest(g) > tolerance && iteration < maxIterations) {
      direction(g, steps, changes, rho, stored, inverseDiagonal, direction);
      double slope = dot(g, direction);
      if (!(slope < 0)) {
        stored = 0;
        direction(g, steps, changes, rho, stored, inverseDiagonal, direction);
        slope = dot(g, direction);
      }
      double step = 1;
      double nextValue = value;
      boolean found = false;
      // A convex function near its least value falls by less than rounding shows; a step that
      // makes the slope flatter without raising the value beyond rounding is as good.
      double rounding = noise * Math.abs(value);
      for (int trial = 0; trial < 40; trial++) {
        for (int i = 0; i < n; i++) {
          next[i] = x[i] + step * direction[i];
        }
        nextValue = f.at(next, nextGradient);
        if (nextValue <= value + SUFFICIENT * step * slope
            || (nextValue <= value + rounding
                && Math.abs(dot(nextGradient, direction)) < Math.abs(slope))) {
          found = true;
          break;
        }
        double curvature = nextValue - value - step * slope;
        double best = -slope * step * step / (2 * curvature);
        step = curvature > 0 ? Math.clamp(best, 0.1 * step, 0.5 * step) : 0.5 * step;
      }
      if (!found) {
        break;
      }
      int slot = stored % MEMORY;
      double[] s = steps[slot] == null ? new double[n] : steps[slot];
      double[] y = changes[slot] == null ? new double[n] : changes[slot];
      for (int i = 0; i < n; i++) {
        s[i] = next[i] - x[i];
        y[i] = nextGradient[i] - g[i];
      }
      double sy = dot(s, y);
      if (sy > 1e-14 * Math.sqrt(dot(s, s) * dot(y, y))) {
        steps[slot] = s;
        changes[slot] = y;
        rho[slot] = 1 / sy;
        stored++;
      }
      System.arraycopy(next, 0, x, 0, n);
      System.arraycopy(nextGradient, 0, g, 0, n);
      value = nextValue;
      iteration++;
    }
    return new Result(value, iteration, largest(g));
  }

  /** The two-loop recursion. */
  private static void direction(
      double[] g,
      double[][] steps,
      double[][] changes,
      double[] rho,
      int stored,
      double[] inverseDiagonal,
      double[] into) {
    int n = g.length;
    for (int i = 0; i < n; i++) {
      into[i] = -g[i];
    }
    int first = Math.max(0, stored - MEMORY);
    double[] alpha = new double[MEMORY];
    for (int k = stored - 1; k >= first; k--) {
      int slot = k % MEMORY;
      alpha[slot] = rho[slot] * dot(steps[slot], into);
      add(-alpha[slot], changes[slot], into);
    }
    double scale = 1;
    if (stored > 0) {
      // The newest pair says how far off the diagonal guess is.
      int slot = (stored - 1) % MEMORY;
      double weighted = 0;
      for (int i = 0; i < n; i++) {
        weighted += changes[slot][i] * changes[slot][i] * inverseDiagonal[i];
      }
      scale = 1 / (rho[slot] * weighted);
    }
    for (int i = 0; i < n; i++) {
      into[i] *= scale * inverseDiagonal[i];
    }
    for (int k = first; k < stored; k++) {
      int slot = k % MEMORY;
      double beta = rho[slot] * dot(changes[slot], into);
      add(alpha[slot] - beta, steps[slot], into);
    }
  }

  private static void add(double factor, double[] x, double[] into) {
    for (int i = 0; i < x.length; i++) {
      into[i] += factor * x[i];
    }
  }

  private static double dot(double[] a, double[] b) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < a.length; i += 4) {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
    }
    for (; i < a.length; i++) {
      s0 += a[i] * b[i];
    }
    return s0 + s1 + (s2 + s3);
  }

  private static double largest(double[] g) {
    double top = 0;
    for (double v : g) {
      top = Math.max(top, Math.abs(v));
    }
    return top;
  }
}
