package almagest.brain;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.NearestNeighbours;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * UMAP to two dimensions (McInnes, Healy and Melville 2018): points that are neighbours in the
 * cloud draw each other closer on the map, as often as their weight says, and each time push a few
 * points met at random away.
 *
 * <p>What it is not: as with {@link Tsne}, distances between groups and their sizes mean little.
 *
 * <p>The authors' program moves both ends of an edge at once, so its map depends on who comes
 * first. Here points are moved in {@value #BATCHES} fixed batches an epoch, each point of a batch
 * through all of its edges while the others of its batch stay where they were; whom it meets is
 * drawn from its own stream. So the map does not depend on the number of threads. Neighbours are
 * exact.
 */
public final class Umap {
  private static final int BATCHES = 8;
  private static final int PIECE = 128;
  private static final int SMALL = 10_000;

  /** Points met at random for each pull along an edge. */
  private static final int MET = 5;

  private static final double LONGEST_STEP = 4;

  /** Width of the map at the start, and distance added to squares so that none divides by 0. */
  private static final double WIDTH = 10;

  private static final double NEAREST = 1e-3;

  private Umap() {}

  /**
   * @param neighbours of a point, itself counted as in the authors' program; fewer where there are
   *     not so many points
   * @param distance how close together points may settle, from 0 to 1
   * @param epochs passes over the edges; 0 for 500, or 200 above 10,000 points
   */
  public record Options(int neighbours, double distance, int epochs) {
    public static final Options DEFAULT = new Options(15, 0.1, 0);

    public Options {
      if (neighbours < 3 || epochs < 0 || !(distance >= 0) || distance > 1) {
        throw new InputException(
            "UMAP: expected at least 3 neighbours (the point itself counts), a least distance from"
                + " 0 to 1 and no negative number of epochs, found "
                + neighbours
                + ", "
                + distance
                + " and "
                + epochs);
      }
    }
  }

  /**
   * @param x first coordinates [n]
   * @param y second coordinates [n]
   * @param neighbours used, the point itself counted
   * @param epochs done
   * @param closeness the curve fitted to the least distance
   * @param kept share of the points' neighbours in the cloud that are among as many nearest on the
   *     map
   */
  record Result(
      double[] x, double[] y, int neighbours, int epochs, Closeness closeness, double kept) {}

  /**
   * Draws the map.
   *
   * @param cloud [n, d], n ≥ 4
   * @param start first coordinates of the points, row-major [n, 2]; scaled to the width of a map
   */
  static Result of(
      Points cloud,
      double[] start,
      Options options,
      Seed seed,
      Workers workers,
      Progress progress) {
    int n = cloud.rows();
    int neighbours = Math.min(options.neighbours(), n);
    int epochs = options.epochs() > 0 ? options.epochs() : n > SMALL ? 200 : 500;
    Closeness closeness = Closeness.of(options.distance());
    NearestNeighbours near;
    SymmetricPairs pairs;
    try (Progress.Task task = progress.start("UMAP neighbours", 1, "clouds")) {
      near = NearestNeighbours.of(cloud, neighbours - 1, workers);
      pairs = FuzzyNeighbours.of(near, workers).pairs();
      task.advance(1);
    }
    double[] x = new double[n];
    double[] y = new double[n];
    spread(start, x, y);
    try (Progress.Task task = progress.start("UMAP", epochs, "epochs")) {
      Descent descent = new Descent(pairs, closeness, epochs, x, y);
      for (int epoch = 0; epoch < epochs; epoch++) {
        descent.epoch(epoch, seed.split(epoch), workers);
        task.advance(1);
      }
    }
    return new Result(x, y, neighbours, epochs, closeness, kept(near, x, y, workers));
  }

  private static double kept(NearestNeighbours near, double[] x, double[] y, Workers workers) {
    DoubleMatrix map = DoubleMatrix.zeros(x.length, 2);
    for (int i = 0; i < x.length; i++) {
      map.set(i, 0, x[i]);
      map.set(i, 1, y[i]);
    }
    NearestNeighbours drawn = NearestNeighbours.of(Points.of(map), near.k(), workers);
    long kept = 0;
    for (int i = 0; i < x.length; i++) {
      for (int m = 0; m < near.k(); m++) {
        for (int l = 0; l < near.k(); l++) {
          kept += near.index(i, m) == drawn.index(i, l) ? 1 : 0;
        }
      }
    }
    return (double) kept / ((long) x.length * near.k());
  }

  /** Centred, and as wide as a map along its first axis. */
  private static void spread(double[] start, double[] x, double[] y) {
    int n = x.length;
    double meanX = 0;
    double meanY = 0;
    for (int i = 0; i < n; i++) {
      meanX += start[2 * i] / n;
      meanY += start[2 * i + 1] / n;
    }
    double extent = 0;
    for (int i = 0; i < n; i++) {
      x[i] = start[2 * i] - meanX;
      y[i] = start[2 * i + 1] - meanY;
      extent = Math.max(extent, Math.max(Math.abs(x[i]), Math.abs(y[i])));
    }
    if (!(extent > 0)) {
      throw new InputException(
          "UMAP: all points start at one place; expected a cloud with at least two distinct"
              + " points");
    }
    for (int i = 0; i < n; i++) {
      x[i] *= WIDTH / extent;
      y[i] *= WIDTH / extent;
    }
  }

  /** Moves the points of a map; changes {@code x} and {@code y}. */
  private static final class Descent {
    private final SymmetricPairs pairs;
    private final double a;
    private final double b;
    private final int epochs;
    private final double most;
    private final double[] x;
    private final double[] y;
    private final double[] nextX;
    private final double[] nextY;

    Descent(SymmetricPairs pairs, Closeness closeness, int epochs, double[] x, double[] y) {
      this.pairs = pairs;
      this.a = closeness.a();
      this.b = closeness.b();
      this.epochs = epochs;
      this.most = Arrays.stream(pairs.value()).max().orElse(1);
      this.x = x;
      this.y = y;
      this.nextX = x.clone();
      this.nextY = y.clone();
    }

    void epoch(int epoch, Seed seed, Workers workers) {
      double rate = 1 - (double) epoch / epochs;
      int n = x.length;
      for (int batch = 0; batch < BATCHES; batch++) {
        int first = batch;
        int count = (n - first + BATCHES - 1) / BATCHES;
        workers.runRanges(
            count,
            PIECE,
            (from, to) -> {
              for (int m = from; m < to; m++) {
                int i = first + m * BATCHES;
                move(i, epoch, rate, new SplittableRandom(seed.split(i).value()));
              }
            });
        for (int i = first; i < n; i += BATCHES) {
          x[i] = nextX[i];
          y[i] = nextY[i];
        }
      }
    }

    private void move(int i, int epoch, double rate, SplittableRandom random) {
      double xi = x[i];
      double yi = y[i];
      for (int e = pairs.start()[i]; e < pairs.start()[i + 1]; e++) {
        double share = pairs.value()[e] / most;
        if ((int) ((epoch + 1) * share) == (int) (epoch * share)) {
          continue;
        }
        int j = pairs.other()[e];
        // Twice: once as the edge's first end and once as its other.
        for (int end = 0; end < 2; end++) {
          double dx = xi - x[j];
          double dy = yi - y[j];
          double square = dx * dx + dy * dy;
          if (square > 0) {
            double power = Math.pow(square, b);
            double pull = -2 * a * b * power / (square * (1 + a * power));
            xi += rate * clip(pull * dx);
            yi += rate * clip(pull * dy);
          }
        }
        for (int met = 0; met < MET; met++) {
          int other = random.nextInt(x.length);
          double dx = xi - x[other];
          double dy = yi - y[other];
          double square = dx * dx + dy * dy;
          if (other != i && square > 0) {
            double push = 2 * b / ((NEAREST + square) * (1 + a * Math.pow(square, b)));
            xi += rate * clip(push * dx);
            yi += rate * clip(push * dy);
          }
        }
      }
      nextX[i] = xi;
      nextY[i] = yi;
    }

    private static double clip(double step) {
      return Math.max(-LONGEST_STEP, Math.min(LONGEST_STEP, step));
    }
  }
}
