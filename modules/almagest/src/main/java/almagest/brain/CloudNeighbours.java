package almagest.brain;

import almagest.linalg.Blas;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The nearest neighbours of every point by Euclidean distance, all pairs looked at: the float32
 * search for maps, where thousands of columns make the product all of the work; {@link
 * almagest.stat.NearestNeighbours} is the float64 one for estimates from distances.
 *
 * @param k neighbours per point
 * @param index row-major [n, k], nearest first; equal distances in the order of the points
 * @param squared squared distances at the same places; float32 products of centred rows, so right
 *     to about 1e-6 of the points' squared lengths
 */
record CloudNeighbours(int k, int[] index, float[] squared) {
  /** Points of a tile's side: large enough that packing them for the product costs little. */
  private static final int TILE = 1024;

  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

  /** As {@link #of(CentredCloud, int, Workers)} for a cloud as it is. */
  static CloudNeighbours of(FloatMatrix x, int k, Workers workers) {
    return of(CentredCloud.of(x, workers), k, workers);
  }

  /**
   * O(n² d / 2): every tile of pairs is multiplied once and offered to both of its sides. The k
   * least of a set do not depend on the order in which its members come, so tiles may come in any.
   */
  static CloudNeighbours of(CentredCloud cloud, int k, Workers workers) {
    int n = cloud.points();
    if (k < 1 || k >= n) {
      throw new IllegalArgumentException(k + " neighbours of " + n + " points");
    }
    int side = (n + TILE - 1) / TILE;
    Nearest[] nearest = new Nearest[n];
    Arrays.setAll(nearest, i -> new Nearest(k));
    Object[] locks = new Object[side];
    Arrays.setAll(locks, i -> new Object());
    try (Arena arena = Arena.ofShared()) {
      ConcurrentLinkedQueue<Room> rooms = new ConcurrentLinkedQueue<>();
      workers.runPairs(
          side,
          (a, b) -> {
            Room free = rooms.poll();
            Room room = free == null ? new Room(arena, n, cloud.size()) : free;
            tile(cloud, a, b, room, nearest, locks);
            rooms.add(room);
          });
    }
    int[] index = new int[n * k];
    float[] squared = new float[n * k];
    workers.run(
        side,
        t -> {
          for (int i = t * TILE; i < Math.min(n, (t + 1) * TILE); i++) {
            nearest[i].into(index, squared, i * k, cloud.squares()[i]);
          }
        });
    return new CloudNeighbours(k, index, squared);
  }

  /** Where one pair of tiles is worked on: both tiles' centred rows and their products. */
  private static final class Room {
    final FloatMatrix left;
    final FloatMatrix right;
    final FloatMatrix products;
    final float[] row;
    final float[] turned;

    Room(Arena arena, int n, int d) {
      int side = Math.min(n, TILE);
      left = FloatMatrix.zeros(arena, side, d);
      right = FloatMatrix.zeros(arena, side, d);
      products = FloatMatrix.zeros(arena, side, side);
      row = new float[side];
      turned = new float[n > side ? side * side : 0];
    }
  }

  private static void tile(
      CentredCloud cloud, int a, int b, Room room, Nearest[] nearest, Object[] locks) {
    int n = cloud.points();
    int d = cloud.size();
    int fromA = a * TILE;
    int rows = Math.min(n, fromA + TILE) - fromA;
    int fromB = b * TILE;
    int columns = Math.min(n, fromB + TILE) - fromB;
    cloud.rows(fromA, fromA + rows, room.left);
    if (a != b) {
      cloud.rows(fromB, fromB + columns, room.right);
    }
    MemorySegment other = (a == b ? room.left : room.right).data();
    MemorySegment products = room.products.data().asSlice(0, (long) rows * columns * Float.BYTES);
    Blas.sgemm(
        false, true, rows, columns, d, -2f, room.left.data(), d, other, d, 0f, products, columns);
    FloatMatrix found = FloatMatrix.view(products, rows, columns);
    float[] row = room.row;
    synchronized (locks[a]) {
      for (int r = 0; r < rows; r++) {
        found.copyRow(r, row);
        scan(row, 0, cloud.squares(), fromB, columns, fromA + r, nearest[fromA + r]);
      }
    }
    if (a != b) {
      transpose(found, room.turned, columns);
      synchronized (locks[b]) {
        for (int c = 0; c < columns; c++) {
          scan(room.turned, c * rows, cloud.squares(), fromA, rows, fromB + c, nearest[fromB + c]);
        }
      }
    }
  }

  private static void transpose(FloatMatrix from, float[] into, int columns) {
    int rows = from.rowsAsInt();
    int block = 16;
    float[][] some = new float[block][columns];
    for (int r = 0; r < rows; r += block) {
      int count = Math.min(block, rows - r);
      for (int i = 0; i < count; i++) {
        from.copyRow(r + i, some[i]);
      }
      for (int c = 0; c < columns; c++) {
        for (int i = 0; i < count; i++) {
          into[c * rows + r + i] = some[i][c];
        }
      }
    }
  }

  /** Offers all of {@code width} points whose distance is not above the row's bar. */
  private static void scan(
      float[] products, int from, float[] squares, int at, int width, int self, Nearest nearest) {
    int c = 0;
    for (; c + LANES.length() <= width; c += LANES.length()) {
      FloatVector value =
          FloatVector.fromArray(LANES, products, from + c)
              .add(FloatVector.fromArray(LANES, squares, at + c));
      VectorMask<Float> low = value.compare(VectorOperators.LE, nearest.bar);
      if (low.anyTrue()) {
        long bits = low.toLong();
        while (bits != 0) {
          int lane = Long.numberOfTrailingZeros(bits);
          bits &= bits - 1;
          offer(products[from + c + lane], squares, at + c + lane, self, nearest);
        }
      }
    }
    for (; c < width; c++) {
      offer(products[from + c], squares, at + c, self, nearest);
    }
  }

  private static void offer(float product, float[] squares, int place, int self, Nearest nearest) {
    float value = product + squares[place];
    if (value <= nearest.bar && place != self) {
      nearest.offer(value, place);
    }
  }

  /**
   * Keeps the k least of the values offered. Candidates gather in a buffer; when it is full, the k
   * least stay and the largest of them becomes the bar. A value and its place are one long whose
   * order is that of (value, place).
   */
  private static final class Nearest {
    private final int k;
    private final long[] keys;
    private int count;
    private float bar = Float.POSITIVE_INFINITY;

    Nearest(int k) {
      this.k = k;
      this.keys = new long[2 * k + 16];
    }

    void offer(float value, int place) {
      keys[count++] = key(value, place);
      if (count == keys.length) {
        shrink();
      }
    }

    private void shrink() {
      Arrays.sort(keys, 0, count);
      count = Math.min(count, k);
      if (count == k) {
        bar = value(keys[k - 1]);
      }
    }

    void into(int[] index, float[] squared, int at, float norm) {
      shrink();
      for (int i = 0; i < k; i++) {
        index[at + i] = (int) keys[i];
        squared[at + i] = Math.max(0, value(keys[i]) + norm);
      }
    }

    /** Floats ordered as signed ints: negative ones have their other bits turned. */
    private static long key(float value, int place) {
      int bits = Float.floatToIntBits(value);
      int ordered = bits ^ ((bits >> 31) & 0x7fffffff);
      return (long) ordered << 32 | place;
    }

    private static float value(long key) {
      int ordered = (int) (key >> 32);
      return Float.intBitsToFloat(ordered ^ ((ordered >> 31) & 0x7fffffff));
    }
  }
}
