package almagest.stat;

import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Density clustering of rows by HDBSCAN*, exactly: the distance of two points is at least either's
 * distance to its k-th nearest (itself counted), the minimum spanning tree of these distances is
 * cut from its longest edge down, splits that leave fewer than a least size do not count, and of
 * the tree of what is left those clusters are taken that persist the longest in all (excess of
 * mass). Points in none are noise.
 *
 * <p>Euclidean; rows of unit length give cosines. The tree is Prim's on all pairs, O(n² d) time and
 * O(n) memory besides the rows. Duplicate rows are at distance 0; a density above 10¹² times that
 * of the longest edge counts as that.
 *
 * <p>Reference: Campello, Moulavi, Zimek and Sander, "Hierarchical density estimates for data
 * clustering, visualization, and outlier detection" (2015).
 *
 * @param labels of the rows, from 0, by the first row of each cluster; −1 for noise
 * @param clusters how many
 */
public record Hdbscan(int[] labels, int clusters) {
  /**
   * Clusters rows.
   *
   * @param leastSize of a cluster, at least 2
   * @param samples the k of the core distance, at least 1; at most the number of rows
   */
  public static Hdbscan of(Points points, int leastSize, int samples, Workers workers) {
    int n = points.rows();
    if (leastSize < 2 || samples < 1) {
      throw new InputException(
          "density clusters need at least 2 members and 1 sample, found "
              + leastSize
              + " and "
              + samples);
    }
    if (n < leastSize || n < samples) {
      return new Hdbscan(IntStream.range(0, n).map(i -> -1).toArray(), 0);
    }
    double[] core =
        samples == 1
            ? new double[n]
            : NearestNeighbours.of(points, samples - 1, workers).distances(samples - 2);
    return new Tree(edges(points, core, workers), n, leastSize).cut();
  }

  private record Edge(int a, int b, double length) {}

  /** The minimum spanning tree of the mutual reachability distances, shortest edge first. */
  private static List<Edge> edges(Points points, double[] core, Workers workers) {
    int n = points.rows();
    int d = points.columns();
    DoubleMatrix rows = points.gather(IntStream.range(0, n).toArray());
    double[] x = rows.toArray();
    double[] reach = new double[n];
    int[] from = new int[n];
    boolean[] in = new boolean[n];
    Arrays.fill(reach, Double.POSITIVE_INFINITY);
    List<Edge> edges = new ArrayList<>(n - 1);
    int piece = Math.max(64, 100_000 / Math.max(1, d));
    int pieces = (n + piece - 1) / piece;
    int[] nearest = new int[pieces];
    int current = 0;
    for (int step = 1; step < n; step++) {
      in[current] = true;
      int at = current;
      workers.run(
          pieces,
          p -> {
            int best = -1;
            for (int i = p * piece; i < Math.min(n, (p + 1) * piece); i++) {
              if (in[i]) {
                continue;
              }
              double square = 0;
              for (int c = 0; c < d; c++) {
                double v = x[i * d + c] - x[at * d + c];
                square += v * v;
              }
              double length = Math.max(Math.sqrt(square), Math.max(core[i], core[at]));
              if (length < reach[i]) {
                reach[i] = length;
                from[i] = at;
              }
              best = best < 0 || reach[i] < reach[best] ? i : best;
            }
            nearest[p] = best;
          });
      int best = -1;
      for (int i : nearest) {
        best = i >= 0 && (best < 0 || reach[i] < reach[best]) ? i : best;
      }
      edges.add(new Edge(from[best], best, reach[best]));
      current = best;
    }
    edges.sort(Comparator.comparingDouble(Edge::length));
    return edges;
  }

  /** The single-linkage tree, condensed and cut. */
  private static final class Tree {
    final int n;
    final int leastSize;

    // Node n + e joins left[e] and right[e].
    final int[] left;
    final int[] right;
    final int[] size;
    final double[] density;

    // Condensed clusters; 0 is the root.
    final List<Integer> parent = new ArrayList<>();
    final List<Double> birth = new ArrayList<>();
    final List<Double> stability = new ArrayList<>();
    final int[] home;

    Tree(List<Edge> edges, int n, int leastSize) {
      this.n = n;
      this.leastSize = leastSize;
      int m = edges.size();
      left = new int[m];
      right = new int[m];
      size = new int[n + m];
      density = new double[m];
      home = new int[n];
      Arrays.fill(size, 0, n, 1);
      int[] top = IntStream.range(0, n + m).toArray();
      double least = m == 0 ? 0 : 1e-12 * edges.getLast().length();
      for (int e = 0; e < m; e++) {
        left[e] = find(top, edges.get(e).a());
        right[e] = find(top, edges.get(e).b());
        top[left[e]] = n + e;
        top[right[e]] = n + e;
        size[n + e] = size[left[e]] + size[right[e]];
        double length = Math.max(edges.get(e).length(), least);
        density[e] = length > 0 ? 1 / length : 0;
      }
    }

    private static int find(int[] top, int i) {
      int root = i;
      while (top[root] != root) {
        root = top[root];
      }
      while (top[i] != root) {
        int next = top[i];
        top[i] = root;
        i = next;
      }
      return root;
    }

    private int open(int from, double at) {
      parent.add(from);
      birth.add(at);
      stability.add(0.0);
      return parent.size() - 1;
    }

    private void leave(int cluster, double at, int count) {
      stability.set(cluster, stability.get(cluster) + (at - birth.get(cluster)) * count);
    }

    Hdbscan cut() {
      Deque<int[]> open = new ArrayDeque<>();
      open.add(new int[] {n + left.length - 1, open(-1, 0)});
      while (!open.isEmpty()) {
        int[] next = open.remove();
        int e = next[0] - n;
        int cluster = next[1];
        if (e < 0) {
          home[next[0]] = cluster;
          continue;
        }
        boolean both = size[left[e]] >= leastSize && size[right[e]] >= leastSize;
        for (int child : new int[] {left[e], right[e]}) {
          if (both) {
            leave(cluster, density[e], size[child]);
            open.add(new int[] {child, open(cluster, density[e])});
          } else if (size[child] >= leastSize) {
            open.add(new int[] {child, cluster});
          } else {
            leave(cluster, density[e], size[child]);
            settle(child, cluster);
          }
        }
      }
      return label(choose());
    }

    private void settle(int node, int cluster) {
      Deque<Integer> open = new ArrayDeque<>();
      open.add(node);
      while (!open.isEmpty()) {
        int next = open.remove();
        if (next < n) {
          home[next] = cluster;
        } else {
          open.add(left[next - n]);
          open.add(right[next - n]);
        }
      }
    }

    /** The clusters of the largest summed stability of which none holds another; never the root. */
    private boolean[] choose() {
      int count = parent.size();
      double[] best = new double[count];
      boolean[] chosen = new boolean[count];
      for (int c = count - 1; c > 0; c--) {
        // Children come after their parents, so best[c] is already the sum of its children's.
        chosen[c] = stability.get(c) >= best[c];
        best[c] = Math.max(best[c], stability.get(c));
        best[parent.get(c)] += best[c];
      }
      boolean[] under = new boolean[count];
      for (int c = 1; c < count; c++) {
        int p = parent.get(c);
        under[c] = under[p] || chosen[p];
        chosen[c] &= !under[c];
      }
      return chosen;
    }

    private Hdbscan label(boolean[] chosen) {
      int[] names = new int[chosen.length];
      Arrays.fill(names, -1);
      int clusters = 0;
      int[] labels = new int[n];
      for (int i = 0; i < n; i++) {
        int c = home[i];
        while (c > 0 && !chosen[c]) {
          c = parent.get(c);
        }
        if (c <= 0) {
          labels[i] = -1;
        } else {
          if (names[c] < 0) {
            names[c] = clusters++;
          }
          labels[i] = names[c];
        }
      }
      return new Hdbscan(labels, clusters);
    }
  }
}
