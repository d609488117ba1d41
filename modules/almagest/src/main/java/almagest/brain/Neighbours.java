package almagest.brain;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.linalg.Blas;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
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
    int[] c = counts.featureCounts();
    workers.run(
        (n + ROWS - 1) / ROWS,
        p -> {
          int i0 = p * ROWS;
          int i1 = Math.min(n, i0 + ROWS);
          int[] rows = counts.fullRows(i0, i1);
          float[] phi = new float[n];
          for (int i = i0; i < i1; i++) {
            for (int j = 0; j < n; j++) {
              phi[j] =
                  (float) Affinity.PHI.value(c[i], c[j], rows[(i - i0) * n + j], counts.chunks());
            }
            found.fill(i, phi, 0);
          }
        });
    return found;
  }

  /** By the cosine of two decoder directions. */
  public static Neighbours byCosine(FloatMatrix decoder, int count, Workers workers) {
    int n = decoder.rowsAsInt();
    int d = decoder.columns();
    Neighbours found = empty(n, count);
    float[] length = new float[n];
    workers.run(
        n,
        i -> {
          double square = 0;
          for (float v : decoder.row(i)) {
            square += (double) v * v;
          }
          length[i] = (float) Math.sqrt(square);
        });
    workers.run(
        (n + ROWS - 1) / ROWS,
        p -> {
          int i0 = p * ROWS;
          int i1 = Math.min(n, i0 + ROWS);
          FloatMatrix products = FloatMatrix.zeros(i1 - i0, n);
          Blas.sgemm(
              false,
              true,
              i1 - i0,
              n,
              d,
              1,
              decoder.slice(i0, i1).data(),
              d,
              decoder.data(),
              d,
              0,
              products.data(),
              n);
          float[] cosine = new float[n];
          for (int i = i0; i < i1; i++) {
            products.copyRow(i - i0, cosine);
            for (int j = 0; j < n; j++) {
              cosine[j] /= length[i] * length[j];
            }
            found.fill(i, cosine, Float.NEGATIVE_INFINITY);
          }
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

  /** Writes {@code neighbours.npz}; a side that is null is left out. */
  public static void write(Path file, @Nullable Neighbours cosine, @Nullable Neighbours phi) {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    if (cosine != null) {
      cosine.addTo(arrays, "cosine");
    }
    if (phi != null) {
      phi.addTo(arrays, "phi");
    }
    Npz.write(file, arrays);
  }

  private void addTo(Map<String, NpyArray> arrays, String name) {
    int n = count == 0 ? 0 : index.length / count;
    arrays.put(name + "_index", NpyArray.of(index, n, count));
    arrays.put(name + "_value", NpyArray.of(value, n, count));
  }
}
