package almagest.brain;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.Arrays;

/**
 * t-SNE to two dimensions (van der Maaten and Hinton 2008): a map in which near points of the cloud
 * lie near each other, found by descending the Kullback–Leibler divergence of the map's closeness
 * from the cloud's.
 *
 * <p>What it is not: distances between groups, sizes of groups and empty space on the map mean
 * little, and another start gives another map. It makes a place to draw things on; statements about
 * places are tested in the cloud itself ({@link Position}).
 *
 * <p>Near points are exact; repulsion is exact up to {@value #EXACT} points and beyond that goes
 * through a mesh ({@code MeshRepulsion}). Momentum, gains, exaggeration and learning rate follow
 * Belkina et al. 2019 (learning rate n / exaggeration). The map does not depend on the number of
 * threads.
 */
public final class Tsne {
  /** Up to here all pairs are cheaper than a mesh. */
  static final int EXACT = 1000;

  /** Up to here the divergence of the result is normalised by all pairs, beyond by the mesh. */
  private static final int EXACT_DIVERGENCE = 70_000;

  private static final double MOMENTUM = 0.8;
  private static final double LEAST_RATE = 200;
  private static final double LONGEST_STEP = 5;
  private static final double LEAST_GAIN = 0.01;
  private static final int PIECE = 512;

  private Tsne() {}

  /**
   * @param perplexity how many neighbours a point listens to, roughly; lowered to a third of the
   *     other points where there are too few
   * @param exaggeration factor on the attraction at first
   * @param early iterations with it
   * @param iterations in all
   */
  public record Options(double perplexity, double exaggeration, int early, int iterations) {
    public static final Options DEFAULT = new Options(30, 12, 250, 1000);

    public Options {
      if (!(perplexity > 1) || !(exaggeration >= 1) || early < 0 || iterations < early) {
        throw new InputException(
            "t-SNE: expected a perplexity above 1, an exaggeration of at least 1 and no more early"
                + " iterations than iterations, found "
                + perplexity
                + ", "
                + exaggeration
                + ", "
                + early
                + " of "
                + iterations);
      }
    }
  }

  /**
   * @param x first coordinates [n]
   * @param y second coordinates [n]
   * @param divergence Kullback–Leibler, nats; comparable only between maps of one cloud at one
   *     perplexity
   * @param perplexity the one used
   * @param iterations done
   */
  public record Result(
      double[] x, double[] y, double divergence, double perplexity, int iterations) {}

  /**
   * Draws the map.
   *
   * @param cloud [n, d], n ≥ 4
   * @param start first coordinates of the points, row-major [n, 2]; only their shape matters, they
   *     are scaled to a standard deviation of 1e-4 along the first axis
   */
  public static Result of(
      FloatMatrix cloud, double[] start, Options options, Workers workers, Progress progress) {
    if (cloud.rows() < 4) {
      throw new InputException("t-SNE: expected at least 4 points, found " + cloud.rows());
    }
    return of(CentredCloud.of(cloud, workers), start, options, workers, progress);
  }

  static Result of(
      CentredCloud cloud, double[] start, Options options, Workers workers, Progress progress) {
    int n = cloud.points();
    double perplexity = Math.min(options.perplexity(), (n - 1) / 3.0);
    int neighbours = n <= EXACT ? n - 1 : Math.min(n - 1, (int) (3 * perplexity));
    JointProbabilities joint;
    try (Progress.Task task = progress.start("t-SNE neighbours", 1, "clouds")) {
      joint =
          JointProbabilities.of(
              CloudNeighbours.of(cloud, neighbours, workers), perplexity, workers);
      task.advance(1);
    }
    Repulsion repulsion = n <= EXACT ? new ExactRepulsion(workers) : new MeshRepulsion(workers);
    return descend(joint, perplexity, start, options, repulsion, workers, progress);
  }

  static Result descend(
      JointProbabilities joint,
      double perplexity,
      double[] start,
      Options options,
      Repulsion repulsion,
      Workers workers,
      Progress progress) {
    int n = joint.n();
    if (start.length != 2 * n) {
      throw new IllegalArgumentException(start.length + " coordinates to start " + n + " points");
    }
    double[] x = new double[n];
    double[] y = new double[n];
    scale(start, x, y);
    double[] gainX = new double[n];
    double[] gainY = new double[n];
    double[] moveX = new double[n];
    double[] moveY = new double[n];
    double[] pullX = new double[n];
    double[] pullY = new double[n];
    double[] pushX = new double[n];
    double[] pushY = new double[n];
    Arrays.fill(gainX, 1);
    Arrays.fill(gainY, 1);
    try (Progress.Task task = progress.start("t-SNE", options.iterations(), "iterations")) {
      for (int iteration = 0; iteration < options.iterations(); iteration++) {
        if (iteration == options.early()) {
          Arrays.fill(gainX, 1);
          Arrays.fill(gainY, 1);
          Arrays.fill(moveX, 0);
          Arrays.fill(moveY, 0);
        }
        double factor = iteration < options.early() ? options.exaggeration() : 1;
        double rate = Math.max(LEAST_RATE, n / factor);
        attract(joint, x, y, pullX, pullY, workers);
        double z = repulsion.at(x, y, pushX, pushY);
        for (int i = 0; i < n; i++) {
          double gx = factor * pullX[i] - pushX[i] / z;
          double gy = factor * pullY[i] - pushY[i] / z;
          gainX[i] = gain(gainX[i], gx, moveX[i]);
          gainY[i] = gain(gainY[i], gy, moveY[i]);
          double mx = MOMENTUM * moveX[i] - rate * gainX[i] * gx;
          double my = MOMENTUM * moveY[i] - rate * gainY[i] * gy;
          double length = Math.sqrt(mx * mx + my * my);
          if (length > LONGEST_STEP) {
            mx *= LONGEST_STEP / length;
            my *= LONGEST_STEP / length;
          }
          moveX[i] = mx;
          moveY[i] = my;
          x[i] += mx;
          y[i] += my;
        }
        centre(x);
        centre(y);
        task.advance(1);
      }
    }
    return new Result(x, y, divergence(joint, x, y, workers), perplexity, options.iterations());
  }

  /** Delta-bar-delta: grows where the gradient still points against the last move. */
  private static double gain(double gain, double gradient, double move) {
    return Math.max(LEAST_GAIN, gradient * move < 0 ? gain + 0.2 : gain * 0.8);
  }

  private static void scale(double[] start, double[] x, double[] y) {
    int n = x.length;
    for (int i = 0; i < n; i++) {
      x[i] = start[2 * i];
      y[i] = start[2 * i + 1];
    }
    centre(x);
    centre(y);
    double square = 0;
    for (double v : x) {
      square += v * v;
    }
    double sd = Math.sqrt(square / n);
    if (!(sd > 0)) {
      throw new InputException(
          "t-SNE: all points start at one place; expected a cloud with at least two distinct"
              + " points");
    }
    for (int i = 0; i < n; i++) {
      x[i] *= 1e-4 / sd;
      y[i] *= 1e-4 / sd;
    }
  }

  private static void centre(double[] v) {
    double mean = Arrays.stream(v).sum() / v.length;
    for (int i = 0; i < v.length; i++) {
      v[i] -= mean;
    }
  }

  /** For all i: Σ_j p_ij (y_i − y_j) / (1 + |y_i − y_j|²). */
  static void attract(
      JointProbabilities joint,
      double[] x,
      double[] y,
      double[] pullX,
      double[] pullY,
      Workers workers) {
    int n = x.length;
    workers.run(
        (n + PIECE - 1) / PIECE,
        piece -> pull(joint, x, y, piece * PIECE, Math.min(n, (piece + 1) * PIECE), pullX, pullY));
  }

  private static void pull(
      JointProbabilities joint,
      double[] x,
      double[] y,
      int from,
      int to,
      double[] pullX,
      double[] pullY) {
    int[] other = joint.other();
    double[] p = joint.p();
    for (int i = from; i < to; i++) {
      double xi = x[i];
      double yi = y[i];
      double fx = 0;
      double fy = 0;
      for (int e = joint.start()[i]; e < joint.start()[i + 1]; e++) {
        int j = other[e];
        double dx = xi - x[j];
        double dy = yi - y[j];
        double w = p[e] / (1 + dx * dx + dy * dy);
        fx += w * dx;
        fy += w * dy;
      }
      pullX[i] = fx;
      pullY[i] = fy;
    }
  }

  /** Σ p ln(p / q), q = (1 + |y_i − y_j|²)⁻¹ / Z. */
  static double divergence(JointProbabilities joint, double[] x, double[] y, Workers workers) {
    int n = x.length;
    Repulsion repulsion =
        n <= EXACT_DIVERGENCE ? new ExactRepulsion(workers) : new MeshRepulsion(workers);
    double z = repulsion.at(x, y, new double[n], new double[n]);
    double sum = 0;
    for (int i = 0; i < n; i++) {
      for (int e = joint.start()[i]; e < joint.start()[i + 1]; e++) {
        double p = joint.p()[e];
        if (p > 0) {
          double dx = x[i] - x[joint.other()[e]];
          double dy = y[i] - y[joint.other()[e]];
          sum += p * Math.log(p * z * (1 + dx * dx + dy * dy));
        }
      }
    }
    return sum;
  }
}
