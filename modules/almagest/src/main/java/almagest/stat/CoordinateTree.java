package almagest.stat;

import almagest.run.Workers;
import almagest.tensor.Points;

/**
 * The exact nearest neighbours of every point of a cloud of few coordinates, through a tree that is
 * cut at the median of the widest coordinate (Bentley 1975). About O(n log n) where products of all
 * pairs are O(n²), but the share of the tree that a search visits grows fast with the coordinates.
 *
 * <p>A part of the tree is passed over when the nearest place of its box is farther than the
 * neighbours found so far. That distance is computed as distances of points are, and rounding keeps
 * the order of sums, differences and products, so no neighbour is lost to it.
 */
final class CoordinateTree {
  private static final int LEAF = 8;

  /** Points of one piece of work. */
  private static final int PIECE = 512;

  private final int n;
  private final int d;
  private final double scale;

  /** The number of the point at each place; every node of the tree is a stretch of places. */
  private final int[] ids;

  /** [n][d] in the order of the points. */
  private final double[][] x;

  /** By node: children of i are 2i + 1 and 2i + 2. */
  private final double[][] low;

  private final double[][] high;
  private final int[] leastId;

  CoordinateTree(Points points) {
    n = points.rows();
    d = points.columns();
    x = new double[n][];
    ids = new int[n];
    for (int i = 0; i < n; i++) {
      x[i] = points.row(i);
      ids[i] = i;
    }
    int nodes = 1;
    for (int most = n; most > LEAF; most = (most + 1) / 2) {
      nodes = 2 * nodes + 1;
    }
    low = new double[nodes][];
    high = new double[nodes][];
    leastId = new int[nodes];
    build(0, 0, n);
    double widest = 0;
    for (int c = 0; c < d; c++) {
      widest = Math.max(widest, high[0][c] / 2 - low[0][c] / 2);
    }
    scale = widest > 0 ? Math.scalb(1.0, -Math.clamp(Math.getExponent(widest), -1000, 1000)) : 1;
  }

  private void build(int node, int from, int to) {
    double[] least = x[ids[from]].clone();
    double[] most = least.clone();
    leastId[node] = ids[from];
    for (int i = from; i < to; i++) {
      double[] point = x[ids[i]];
      for (int c = 0; c < d; c++) {
        least[c] = Math.min(least[c], point[c]);
        most[c] = Math.max(most[c], point[c]);
      }
      leastId[node] = Math.min(leastId[node], ids[i]);
    }
    low[node] = least;
    high[node] = most;
    if (leaf(node)) {
      return;
    }
    int widest = 0;
    for (int c = 1; c < d; c++) {
      // Halves, as a difference could overflow.
      if (most[c] / 2 - least[c] / 2 > most[widest] / 2 - least[widest] / 2) {
        widest = c;
      }
    }
    int middle = (from + to) >>> 1;
    select(from, to - 1, middle, widest);
    build(2 * node + 1, from, middle);
    build(2 * node + 2, middle, to);
  }

  private boolean leaf(int node) {
    return 2 * node + 1 >= low.length;
  }

  /** Puts into its place the point that would stand there were the stretch sorted (Hoare 1961). */
  private void select(int from, int to, int place, int coordinate) {
    int left = from;
    int right = to;
    while (left < right) {
      int pivot = ids[(left + right) >>> 1];
      int i = left;
      int j = right;
      while (i <= j) {
        while (before(ids[i], pivot, coordinate)) {
          i++;
        }
        while (before(pivot, ids[j], coordinate)) {
          j--;
        }
        if (i <= j) {
          int id = ids[i];
          ids[i++] = ids[j];
          ids[j--] = id;
        }
      }
      if (place <= j) {
        right = j;
      } else if (place >= i) {
        left = i;
      } else {
        return;
      }
    }
  }

  /** Of equal coordinates the lower index comes first, so that equal points are cut by index. */
  private boolean before(int a, int b, int coordinate) {
    double difference = x[a][coordinate] - x[b][coordinate];
    return difference < 0 || (difference == 0 && a < b);
  }

  /** Finds the k nearest of every point; k below n. */
  void search(int k, int[] indices, double[] distances, Workers workers) {
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          NearestNeighbours.Nearest nearest = new NearestNeighbours.Nearest(k);
          double[] place = new double[d];
          for (int p = from; p < to; p++) {
            nearest.clear();
            visit(0, 0, n, ids[p], place, nearest);
            nearest.copyTo(indices, distances, ids[p] * k, scale);
          }
        });
  }

  private void visit(
      int node, int from, int to, int id, double[] place, NearestNeighbours.Nearest nearest) {
    if (leaf(node)) {
      for (int p = from; p < to; p++) {
        if (ids[p] != id) {
          nearest.offer(NearestNeighbours.square(x[id], x[ids[p]], scale), ids[p]);
        }
      }
      return;
    }
    int middle = (from + to) >>> 1;
    double left = bound(2 * node + 1, x[id], place);
    double right = bound(2 * node + 2, x[id], place);
    boolean leftFirst = left <= right;
    for (int turn = 0; turn < 2; turn++) {
      boolean isLeft = leftFirst == (turn == 0);
      int child = 2 * node + (isLeft ? 1 : 2);
      if (nearest.takes(isLeft ? left : right, leastId[child])) {
        visit(child, isLeft ? from : middle, isLeft ? middle : to, id, place, nearest);
      }
    }
  }

  /** The squared distance to the nearest place of a node's box. */
  private double bound(int node, double[] point, double[] place) {
    double[] least = low[node];
    double[] most = high[node];
    for (int c = 0; c < d; c++) {
      place[c] = Math.max(least[c], Math.min(most[c], point[c]));
    }
    return NearestNeighbours.square(point, place, scale);
  }
}
