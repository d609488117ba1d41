package almagest.brain;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.Workers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The features most like each feature, the most alike first, itself left out; ties go to the lower
 * index.
 *
 * @param count neighbours of each feature
 * @param index [n × count], row-major; −1 where there is none
 * @param value [n × count]; 0 where there is none
 */
public record Neighbours(int count, int[] index, float[] value) {
  /** Rows that are worked on at once. */
  private static final int ROWS = 128;

  /**
   * By phi; only pairs with a positive phi count as neighbours.
   *
   * @param count neighbours wanted
   */
  public static Neighbours byPhi(Cooccurrence counts, int count, Workers workers) {
    int n = counts.features();
    Neighbours found = empty(n, count);
    long[] c = counts.featureCounts();
    workers.run(
        (n + ROWS - 1) / ROWS,
        p -> {
          float[] phi = new float[n];
          counts.wholeRows(
              p * ROWS,
              Math.min(n, (p + 1) * ROWS),
              (i, row) -> {
                for (int j = 0; j < n; j++) {
                  phi[j] = (float) Affinity.PHI.value(c[i], c[j], row[j], counts.chunks());
                }
                found.fill(i, phi, 0);
              });
        });
    return found;
  }

  private static Neighbours empty(int n, int count) {
    int[] index = new int[Math.multiplyExact(n, count)];
    Arrays.fill(index, -1);
    return new Neighbours(count, index, new float[n * count]);
  }

  /** Keeps the best of a row that are above {@code floor}. */
  private void fill(int i, float[] row, float floor) {
    int at = i * count;
    int held = 0;
    float least = floor;
    for (int j = 0; j < row.length; j++) {
      float v = row[j];
      if (!(v > least) || j == i) {
        continue;
      }
      int slot = Math.min(held, count - 1);
      while (slot > 0 && value[at + slot - 1] < v) {
        value[at + slot] = value[at + slot - 1];
        index[at + slot] = index[at + slot - 1];
        slot--;
      }
      value[at + slot] = v;
      index[at + slot] = j;
      held = Math.min(count, held + 1);
      if (held == count) {
        least = value[at + count - 1];
      }
    }
  }

  /**
   * Writes {@code neighbours.npz}; a side that is null is left out.
   *
   * @param cosine by the directions of features
   */
  public static void write(
      Path file, almagest.feature.@Nullable Neighbours cosine, @Nullable Neighbours phi) {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    if (cosine != null) {
      put(arrays, "cosine", cosine.k(), cosine.index(), cosine.value());
    }
    if (phi != null) {
      put(arrays, "phi", phi.count, phi.index, phi.value);
    }
    Npz.write(file, arrays);
  }

  private static void put(
      Map<String, NpyArray> arrays, String name, int count, int[] index, float[] value) {
    int n = count == 0 ? 0 : index.length / count;
    arrays.put(name + "_index", NpyArray.of(index, n, count));
    arrays.put(name + "_value", NpyArray.of(value, n, count));
  }
}
