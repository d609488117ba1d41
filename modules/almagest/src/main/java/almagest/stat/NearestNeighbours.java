package almagest.stat;

import almagest.linalg.Blas;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The exact k nearest neighbours of every point among the others of its cloud, by Euclidean
 * distance.
 *
 * <p>How: float32 products of tiles of the centred cloud give, with each pair of points, a bound
 * below its squared distance; every point keeps the few partners with the lowest bounds, whose
 * distances are then computed again in float64 as sums of squared differences. A point is done when
 * its k-th such distance lies below the lowest bound of all that it did not keep: then no other
 * point can be nearer, whatever the rounding. Where that fails (ties, or neighbours much closer
 * than the cloud is wide), a second search compares the point exactly with everything that its
 * bounds do not rule out. Each pair of tiles is multiplied once in the first search and serves both
 * sides.
 *
 * <p>Clouds of up to {@value #FEW} coordinates are searched through a {@link CoordinateTree}
 * instead.
 *
 * <p>Points at equal distance (to the last bit of float64) are ordered by index, so the answer is
 * unique. A point is never its own neighbour; its duplicates are, at distance 0. Time O(n² d / 2),
 * memory one float32 copy of the cloud and O(n k).
 *
 * <p>The bound: a float32 dot product of d terms errs by at most γ|y||z|, γ = du/(1 − du), u =
 * 2⁻²⁴, in any order of summation (Higham, Accuracy and Stability of Numerical Algorithms, section
 * 3.1); rounding the points themselves adds 4u(|y|² + |z|²), storing norms and subtracting a few u
 * more.
 */
public final class NearestNeighbours {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final double UNIT = 0x1p-24;

  /** Rows of a tile: a square tile of products stays in a processor's own cache. */
  private static final int TILE = 512;

  /** How many partners more than k are kept, so that near ties seldom spoil the proof. */
  private static final int SLACK = 3;

  /** Up to so many coordinates a {@link CoordinateTree} is faster than products of all pairs. */
  private static final int FEW = 3;

  /** Points of a piece of the second search. */
  private static final int OPEN = 128;

  private final int n;
  private final int k;
  private final int[] indices;
  private final double[] distances;
  private final int searchedAgain;

  private NearestNeighbours(int n, int k, int[] indices, double[] distances, int searchedAgain) {
    this.n = n;
    this.k = k;
    this.indices = indices;
    this.distances = distances;
    this.searchedAgain = searchedAgain;
  }

  /**
   * Finds them.
   *
   * @param points finite; at least k + 1 rows
   * @param k at least 1
   */
  public static NearestNeighbours of(Points points, int k, Workers workers) {
    if (k < 1 || points.rows() <= k) {
      throw new IllegalArgumentException(
          k + " nearest neighbours need at least " + (k + 1) + " points, found " + points.rows());
    }
    if (points.columns() > 0 && points.columns() <= FEW) {
      int[] indices = new int[points.rows() * k];
      double[] distances = new double[points.rows() * k];
      new CoordinateTree(points).search(k, indices, distances, workers);
      return new NearestNeighbours(points.rows(), k, indices, distances, 0);
    }
    try (Arena arena = Arena.ofShared()) {
      return new Search(arena, points, k, workers).find();
    }
  }

  /** How many points there are. */
  public int size() {
    return n;
  }

  /** How many neighbours each has here. */
  public int k() {
    return k;
  }

  /**
   * The index of a neighbour.
   *
   * @param rank 0 for the nearest, up to k − 1
   */
  public int index(int point, int rank) {
    return indices[point * k + rank];
  }

  /** The distance to a neighbour, rank from 0. */
  public double distance(int point, int rank) {
    return distances[point * k + rank];
  }

  /** The distance of every point to its neighbour of that rank (from 0), as a new array. */
  public double[] distances(int rank) {
    double[] r = new double[n];
    for (int i = 0; i < n; i++) {
      r[i] = distance(i, rank);
    }
    return r;
  }

  /** How many points have another at distance zero. */
  public int duplicates() {
    int count = 0;
    for (int i = 0; i < n; i++) {
      count += distance(i, 0) == 0 ? 1 : 0;
    }
    return count;
  }

  /** How many points needed the second search. */
  int searchedAgain() {
    return searchedAgain;
  }

  /** One search: what it holds lives as long as it runs. */
  private static final class Search {
    final Arena arena;
    final Points points;
    final Workers workers;
    final int n;
    final int d;
    final int k;
    final int kept;
    final int tiles;
    final FloatMatrix y;

    /** Scaled squared norms less their share of the error. */
    final float[] low;

    final double[] norm;
    final double epsilon;
    final double absolute;
    double scale = 1;
    final float[] keys;
    final int[] ids;
    final float[] limit;

    /** One a tile: whoever holds it may write to what the tile's points keep. */
    final Object[] owners;

    final ConcurrentLinkedQueue<MemorySegment> buffers = new ConcurrentLinkedQueue<>();

    Search(Arena arena, Points points, int k, Workers workers) {
      this.arena = arena;
      this.points = points;
      this.workers = workers;
      this.k = k;
      n = points.rows();
      d = points.columns();
      kept = Math.min(n - 1, k + SLACK);
      tiles = (n + TILE - 1) / TILE;
      y = FloatMatrix.zeros(arena, n, Math.max(1, d));
      low = new float[n];
      norm = new double[n];
      // γ of the product, 4u for the rounded points, 3u for the norm and the subtraction; and room.
      epsilon = 1.01 * (d + 16) * UNIT;
      absolute = (d + 4) * 0x1p-140;
      keys = new float[n * kept];
      ids = new int[n * kept];
      limit = new float[n];
      owners = new Object[tiles];
      Arrays.setAll(owners, t -> new Object());
      Arrays.fill(keys, Float.POSITIVE_INFINITY);
      Arrays.fill(ids, Integer.MAX_VALUE);
      Arrays.fill(limit, Float.POSITIVE_INFINITY);
    }

    NearestNeighbours find() {
      centre();
      // A tournament of tiles: in each round every tile meets one other, so that pieces that run at
      // once seldom wait for each other's rows. What is kept does not depend on the order.
      int players = tiles + tiles % 2;
      int half = players / 2;
      workers.run(
          tiles + (players - 1) * half,
          piece -> {
            int round = (piece - tiles) / half;
            int p = (piece - tiles) % half;
            int a = p == 0 ? players - 1 : (round + p) % (players - 1);
            int b = p == 0 ? round : (round + players - 1 - p) % (players - 1);
            if (piece < tiles) {
              meet(piece, piece);
            } else if (a < tiles && b < tiles) {
              meet(Math.min(a, b), Math.max(a, b));
            }
          });
      int[] indices = new int[n * k];
      double[] distances = new double[n * k];
      boolean[] proven = new boolean[n];
      workers.run(tiles, t -> refine(t, indices, distances, proven));
      int[] open = IntStream.range(0, n).filter(i -> !proven[i]).toArray();
      int pieces = (open.length + OPEN - 1) / OPEN;
      workers.run(
          pieces,
          p ->
              searchAgain(
                  Arrays.copyOfRange(open, p * OPEN, Math.min(open.length, (p + 1) * OPEN)),
                  indices,
                  distances));
      return new NearestNeighbours(n, k, indices, distances, open.length);
    }

    /** Moves the mean to 0 and the farthest point to about 1, where float32 loses least. */
    private void centre() {
      double[][] sums = new double[tiles][];
      workers.run(
          tiles,
          t -> {
            double[] sum = new double[d];
            double[] row = new double[d];
            for (int i = t * TILE; i < end(t); i++) {
              points.copyRow(i, row);
              for (int c = 0; c < d; c++) {
                sum[c] += row[c];
              }
            }
            sums[t] = sum;
          });
      double[] mean = new double[d];
      for (double[] sum : sums) {
        for (int c = 0; c < d; c++) {
          mean[c] += sum[c] / n;
        }
      }
      double[] largest = new double[tiles];
      workers.run(
          tiles,
          t -> {
            double[] row = new double[d];
            for (int i = t * TILE; i < end(t); i++) {
              points.copyRow(i, row);
              for (int c = 0; c < d; c++) {
                largest[t] = Math.max(largest[t], Math.abs(row[c] - mean[c]));
              }
            }
          });
      double most = Arrays.stream(largest).max().orElse(0);
      if (most > 0) {
        scale = Math.scalb(1.0, -Math.clamp(Math.getExponent(most), -1000, 1000));
      }
      workers.run(
          tiles,
          t -> {
            double[] row = new double[d];
            float[] rounded = new float[Math.max(1, d)];
            for (int i = t * TILE; i < end(t); i++) {
              points.copyRow(i, row);
              double square = 0;
              for (int c = 0; c < d; c++) {
                rounded[c] = (float) ((row[c] - mean[c]) * scale);
                square += (double) rounded[c] * rounded[c];
              }
              y.setRow(i, rounded);
              norm[i] = square;
              low[i] = (float) (square * (1 - epsilon));
            }
          });
    }

    private int end(int tile) {
      return Math.min(n, (tile + 1) * TILE);
    }

    private void meet(int a, int b) {
      int rows = end(a) - a * TILE;
      int columns = end(b) - b * TILE;
      MemorySegment g = buffers.poll();
      if (g == null) {
        g = arena.allocate((long) TILE * TILE * Float.BYTES, 64);
      }
      Blas.sgemm(
          false,
          true,
          rows,
          columns,
          y.columns(),
          1f,
          y.slice((long) a * TILE, end(a)).data(),
          y.columns(),
          y.slice((long) b * TILE, end(b)).data(),
          y.columns(),
          0f,
          g,
          TILE);
      // Both tiles' lists are written to: always the lower one is taken first.
      synchronized (owners[a]) {
        synchronized (owners[b]) {
          scan(g, a, b, rows, columns);
        }
      }
      buffers.add(g);
    }

    private void scan(MemorySegment g, int a, int b, int rows, int columns) {
      float[] least = new float[SPECIES.length()];
      for (int r = 0; r < rows; r++) {
        if (a == b && kept < least.length && columns >= 2 * least.length) {
          foresee(g, r, a * TILE + r, a * TILE, columns, least);
        }
        scan(g, r, a * TILE + r, b * TILE, columns, a != b);
      }
    }

    /**
     * Lowers the limit of a point before its list has filled up, so that the first tile does not go
     * through it: of the lowest keys of {@code least.length} groups of points, at least {@code
     * kept} that are not the point's own lie at or below the one after so many.
     */
    private void foresee(MemorySegment g, int row, int i, int first, int columns, float[] least) {
      long at = (long) row * TILE * Float.BYTES;
      FloatVector lowest = FloatVector.broadcast(SPECIES, Float.POSITIVE_INFINITY);
      for (int j = 0; j + SPECIES.length() <= columns; j += SPECIES.length()) {
        FloatVector key =
            FloatVector.fromMemorySegment(
                    SPECIES, g, at + (long) j * Float.BYTES, ByteOrder.nativeOrder())
                .mul(-2f)
                .add(FloatVector.fromArray(SPECIES, low, first + j));
        lowest = lowest.min(key);
      }
      lowest.intoArray(least, 0);
      Arrays.sort(least);
      limit[i] = Math.min(limit[i], Math.nextUp(least[kept]));
    }

    /** Offers point i to the points from {@code first} on, and, when {@code both}, them to i. */
    private void scan(MemorySegment g, int row, int i, int first, int columns, boolean both) {
      float lowI = low[i];
      int j = 0;
      int whole = SPECIES.loopBound(columns);
      long at = (long) row * TILE * Float.BYTES;
      for (; j < whole; j += SPECIES.length()) {
        FloatVector minus =
            FloatVector.fromMemorySegment(
                    SPECIES, g, at + (long) j * Float.BYTES, ByteOrder.nativeOrder())
                .mul(-2f);
        long forRow =
            minus.add(FloatVector.fromArray(SPECIES, low, first + j)).lt(limit[i]).toLong();
        long forColumn =
            both
                ? minus.add(lowI).lt(FloatVector.fromArray(SPECIES, limit, first + j)).toLong()
                : 0;
        for (long hits = forRow | forColumn; hits != 0; hits &= hits - 1) {
          offer(g, at, i, first, j + Long.numberOfTrailingZeros(hits), lowI, both);
        }
      }
      for (; j < columns; j++) {
        offer(g, at, i, first, j, lowI, both);
      }
    }

    private void offer(
        MemorySegment g, long at, int i, int first, int column, float lowI, boolean both) {
      int j = first + column;
      if (i == j) {
        return;
      }
      float minus = -2 * g.get(ValueLayout.JAVA_FLOAT, at + (long) column * Float.BYTES);
      insert(i, minus + low[j], j);
      if (both) {
        insert(j, minus + lowI, i);
      }
    }

    /**
     * Keeps the lowest keys. Which of several equal keys at the limit is kept depends on the order
     * of arrival; the proof in {@link #refine} holds either way and the result does not change.
     */
    private void insert(int owner, float key, int id) {
      if (!(key < limit[owner])) {
        return;
      }
      int from = owner * kept;
      int at = from + kept - 1;
      while (at > from && keys[at - 1] > key) {
        keys[at] = keys[at - 1];
        ids[at] = ids[at - 1];
        at--;
      }
      keys[at] = key;
      ids[at] = id;
      limit[owner] = Math.min(limit[owner], keys[from + kept - 1]);
    }

    /** Exact distances of what was kept; marks the points whose neighbours these surely are. */
    private void refine(int tile, int[] indices, double[] distances, boolean[] proven) {
      Nearest nearest = new Nearest(k);
      double[] mine = new double[d];
      double[] other = new double[d];
      for (int i = tile * TILE; i < end(tile); i++) {
        points.copyRow(i, mine);
        nearest.clear();
        for (int c = i * kept; c < (i + 1) * kept; c++) {
          // From here on no bound lies below the k-th distance found, so no distance does.
          if (keys[c] + norm[i] * (1 - epsilon) - absolute > nearest.worst()) {
            break;
          }
          points.copyRow(ids[c], other);
          nearest.offer(square(mine, other, scale), ids[c]);
        }
        double others = limit[i] + norm[i] * (1 - epsilon) - absolute;
        proven[i] = kept == n - 1 || nearest.worst() < others;
        nearest.copyTo(indices, distances, i * k, scale);
      }
    }

    /**
     * For points that kept too few: the k-th distance found so far bounds the true one from above,
     * so every point whose lower bound is not above it is compared exactly.
     */
    private void searchAgain(int[] rows, int[] indices, double[] distances) {
      try (Arena own = Arena.ofConfined()) {
        searchAgain(own, rows, indices, distances);
      }
    }

    private void searchAgain(Arena own, int[] rows, int[] indices, double[] distances) {
      FloatMatrix left = FloatMatrix.zeros(own, rows.length, y.columns());
      Nearest[] nearest = new Nearest[rows.length];
      float[] bound = new float[rows.length];
      double[][] mine = new double[rows.length][];
      for (int r = 0; r < rows.length; r++) {
        left.setRow(r, y.row(rows[r]));
        nearest[r] = new Nearest(k);
        nearest[r].clear();
        mine[r] = points.row(rows[r]);
        double worst = distances[rows[r] * k + k - 1] * scale;
        double square = worst * worst * (1 + 0x1p-50);
        bound[r] = Math.nextUp((float) (square - norm[rows[r]] * (1 - epsilon) + absolute));
      }
      double[] other = new double[d];
      MemorySegment g = own.allocate((long) rows.length * TILE * Float.BYTES, 64);
      for (int t = 0; t < tiles; t++) {
        int first = t * TILE;
        int columns = end(t) - first;
        Blas.sgemm(
            false,
            true,
            rows.length,
            columns,
            y.columns(),
            1f,
            left.data(),
            y.columns(),
            y.slice(first, end(t)).data(),
            y.columns(),
            0f,
            g,
            TILE);
        for (int r = 0; r < rows.length; r++) {
          long at = (long) r * TILE * Float.BYTES;
          int j = 0;
          while (j < columns) {
            if (j + SPECIES.length() <= columns) {
              FloatVector key =
                  FloatVector.fromMemorySegment(
                          SPECIES, g, at + (long) j * Float.BYTES, ByteOrder.nativeOrder())
                      .mul(-2f)
                      .add(FloatVector.fromArray(SPECIES, low, first + j));
              if (!key.compare(VectorOperators.LE, bound[r]).anyTrue()) {
                j += SPECIES.length();
                continue;
              }
            }
            int to = Math.min(columns, j + SPECIES.length());
            for (; j < to; j++) {
              int id = first + j;
              float product = g.get(ValueLayout.JAVA_FLOAT, at + (long) j * Float.BYTES);
              if (-2 * product + low[id] <= bound[r] && id != rows[r]) {
                points.copyRow(id, other);
                nearest[r].offer(square(mine[r], other, scale), id);
              }
            }
          }
        }
      }
      for (int r = 0; r < rows.length; r++) {
        nearest[r].copyTo(indices, distances, rows[r] * k, scale);
      }
    }
  }

  /** Of scaled points: a power of two, which changes no digit and keeps squares in range. */
  static double square(double[] a, double[] b, double scale) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int c = 0;
    for (; c + 3 < a.length; c += 4) {
      double d0 = (a[c] - b[c]) * scale;
      double d1 = (a[c + 1] - b[c + 1]) * scale;
      double d2 = (a[c + 2] - b[c + 2]) * scale;
      double d3 = (a[c + 3] - b[c + 3]) * scale;
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    for (; c < a.length; c++) {
      double difference = (a[c] - b[c]) * scale;
      s0 += difference * difference;
    }
    return (s0 + s1) + (s2 + s3);
  }

  /** The k lowest of what is offered, ties by index. */
  static final class Nearest {
    private final double[] squares;
    private final int[] ids;

    Nearest(int k) {
      squares = new double[k];
      ids = new int[k];
    }

    void clear() {
      Arrays.fill(squares, Double.POSITIVE_INFINITY);
      Arrays.fill(ids, Integer.MAX_VALUE);
    }

    double worst() {
      return squares[squares.length - 1];
    }

    /**
     * Whether something at no less than this distance, with no lower index, could be among them.
     */
    boolean takes(double square, int leastId) {
      return before(square, leastId, squares.length - 1);
    }

    void offer(double square, int id) {
      int at = squares.length - 1;
      if (!before(square, id, at)) {
        return;
      }
      while (at > 0 && before(square, id, at - 1)) {
        squares[at] = squares[at - 1];
        ids[at] = ids[at - 1];
        at--;
      }
      squares[at] = square;
      ids[at] = id;
    }

    private boolean before(double square, int id, int at) {
      return square < squares[at] || (square == squares[at] && id < ids[at]);
    }

    void copyTo(int[] indices, double[] distances, int at, double scale) {
      for (int r = 0; r < ids.length; r++) {
        indices[at + r] = ids[r];
        distances[at + r] = Math.sqrt(squares[r]) / scale;
      }
    }
  }
}
