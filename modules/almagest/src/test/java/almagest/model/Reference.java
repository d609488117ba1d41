package almagest.model;

import almagest.format.NpyArray;
import almagest.format.Npz;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The stored hook points of a small model, two contexts of which one was padded. */
final class Reference {
  final Path directory;
  final Map<String, NpyArray> arrays;
  final int rows;
  final int length;
  final List<Context> contexts = new ArrayList<>();

  Reference(String name) {
    try {
      directory = Path.of(Reference.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
    Path file = directory.resolve("reference.npz");
    arrays = Npz.read(file);
    NpyArray tokens = Npz.get(arrays, "tokens", file);
    rows = tokens.shape()[0];
    length = tokens.shape()[1];
    int[] mask = Npz.get(arrays, "mask", file).ints();
    int @Nullable [] types =
        arrays.containsKey("token_types") ? arrays.get("token_types").ints() : null;
    for (int r = 0; r < rows; r++) {
      int from = r * length;
      int to = from + Arrays.stream(mask, from, from + length).sum();
      contexts.add(
          new Context(
              Arrays.copyOfRange(tokens.ints(), from, to),
              types == null ? null : Arrays.copyOfRange(types, from, to)));
    }
  }

  /** The stored values of a context, padding left out. */
  float[] values(String key, int context) {
    float[] all = arrays.get(key).floats();
    int width = all.length / (rows * length);
    int from = context * length * width;
    return Arrays.copyOfRange(all, from, from + contexts.get(context).length() * width);
  }

  /** The names of all stored hook points. */
  List<String> hooks() {
    return arrays.keySet().stream()
        .filter(k -> !List.of("tokens", "mask", "token_types", "logits").contains(k))
        .toList();
  }

  static double largestDifference(float[] a, float[] b) {
    if (a.length != b.length) {
      return Double.POSITIVE_INFINITY;
    }
    double worst = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = Math.abs((double) a[i] - b[i]);
      worst = Math.max(worst, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
    }
    return worst;
  }
}
