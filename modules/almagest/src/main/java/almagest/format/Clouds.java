package almagest.format;

import almagest.run.InputException;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * One place that opens a point cloud [n, d] from the ways in which users name one:
 *
 * <ul>
 *   <li>{@code FILE.npy}, two-dimensional;
 *   <li>{@code FILE.npz:KEY}, {@code FILE.safetensors:KEY}, {@code FILE.pt:KEY}: one array of many;
 *   <li>such a file alone: its only array, else its decoder ({@code W_dec} or {@code w_dec}, as in
 *       Gemma Scope's {@code params.npz}).
 * </ul>
 *
 * <p>float32 is used where it lies in the memory-mapped file. A directory that holds a sparse
 * autoencoder is the business of {@code almagest.feature}.
 */
public final class Clouds {
  private static final Pattern SPECIFICATION =
      Pattern.compile("(.+\\.(npy|npz|safetensors|pt))(?::(.+))?");

  private Clouds() {}

  /** Whether the text names a file that {@link #open} reads, by its ending. */
  public static boolean isCloud(String specification) {
    return SPECIFICATION.matcher(specification).matches();
  }

  /**
   * Opens a cloud.
   *
   * @throws InputException when there is no such array, when it is not two-dimensional, has no
   *     points, or holds NaN or an infinity
   */
  public static FloatMatrix open(String specification) {
    return checked(tensor(specification), 2);
  }

  /**
   * As {@link #open}, with float64 left as it is. An array [rows, length, d] is a cloud too, of
   * activations, one point a token in the order of the file; tokens whose values are all zero are
   * padding and left out.
   */
  public static Points points(String specification) {
    Tensor tensor = tensor(specification);
    FloatMatrix single = checked(tensor, 3);
    Points points =
        tensor.type() == ElementType.F64
            ? Points.of(DoubleMatrix.copyOf(tensor.doubles(), single.columns()))
            : Points.of(single);
    return tensor.rank() < 3 ? points : unpadded(points, tensor);
  }

  private static Points unpadded(Points points, Tensor tensor) {
    double[] row = new double[points.columns()];
    int[] tokens =
        IntStream.range(0, points.rows())
            .filter(i -> {
              points.copyRow(i, row);
              return Arrays.stream(row).anyMatch(v -> v != 0);
            })
            .toArray();
    if (tokens.length == 0) {
      throw new InputException(tensor.place() + ": nothing but zeros, expected activations");
    }
    return tokens.length == points.rows() ? points : Points.of(points, tokens);
  }

  /**
   * The rows of an array [m, d], or the one row of an array [d].
   *
   * @throws InputException when it has another number of dimensions
   */
  public static List<double[]> rows(String specification) {
    Tensor tensor = tensor(specification);
    if (tensor.rank() < 1 || tensor.rank() > 2 || tensor.count() == 0) {
      throw new InputException(
          tensor.place()
              + ": expected an array [d] or [m, d], found the shape "
              + Arrays.toString(tensor.shape()));
    }
    double[] values = tensor.doubles();
    int d = Math.toIntExact(tensor.shape()[tensor.rank() - 1]);
    List<double[]> rows = new ArrayList<>();
    for (int from = 0; from < values.length; from += d) {
      rows.add(Arrays.copyOfRange(values, from, from + d));
    }
    return rows;
  }

  private static Tensor tensor(String specification) {
    Matcher m = SPECIFICATION.matcher(specification);
    if (!m.matches()) {
      throw new InputException(
          specification
              + ": expected a cloud FILE.npy, FILE.npz:KEY, FILE.safetensors:KEY or FILE.pt:KEY, found another"
              + " ending");
    }
    Path file = Path.of(m.group(1));
    String key = m.group(3) == null ? "" : m.group(3);
    return switch (m.group(2)) {
      case "npy" -> {
        if (!key.isEmpty()) {
          throw InputException.in(
              file, "", "an .npy file holds one array and takes no key, found :" + key, "");
        }
        yield Npy.tensor(file);
      }
      case "npz" -> {
        Npz npz = Npz.open(file);
        yield npz.tensor(key.isEmpty() ? onlyOrDecoder(npz.names(), file) : key);
      }
      case "pt" -> {
        TorchCheckpoint pt = TorchCheckpoint.open(file);
        yield pt.tensor(key.isEmpty() ? onlyOrDecoder(pt.tensors().keySet(), file) : key);
      }
      default -> {
        Safetensors st = Safetensors.open(file);
        yield st.tensor(key.isEmpty() ? onlyOrDecoder(st.tensors().keySet(), file) : key);
      }
    };
  }

  private static String onlyOrDecoder(Iterable<String> names, Path file) {
    String only = "";
    int count = 0;
    for (String name : names) {
      if (name.equals("W_dec") || name.equals("w_dec")) {
        return name;
      }
      only = name;
      count++;
    }
    if (count != 1) {
      throw InputException.in(
          file,
          "",
          "which of its " + count + " arrays? found " + names,
          "name one, as in " + file + ":KEY");
    }
    return only;
  }

  private static FloatMatrix checked(Tensor tensor, int mostDimensions) {
    if (tensor.rank() < 2 || tensor.rank() > mostDimensions || tensor.count() == 0) {
      throw new InputException(
          tensor.place()
              + (mostDimensions == 2
                  ? ": expected a cloud [n, d] of at least one point, found the shape "
                  : ": expected a cloud [n, d], or activations [rows, length, d], of at least one"
                      + " point, found the shape ")
              + Arrays.toString(tensor.shape()));
    }
    FloatMatrix cloud = tensor.matrix();
    float[] row = new float[cloud.columns()];
    for (long r = 0; r < cloud.rows(); r++) {
      cloud.copyRow(r, row);
      // Any NaN or infinity makes this sum NaN; finite values give zeros.
      float zero = 0;
      for (float v : row) {
        zero += v * 0;
      }
      if (Float.isNaN(zero)) {
        throw new InputException(
            tensor.place() + ", row " + r + ": NaN or infinity, expected finite coordinates");
      }
    }
    return cloud;
  }
}
