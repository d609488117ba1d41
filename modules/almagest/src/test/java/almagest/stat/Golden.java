package almagest.stat;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;

/** Golden values that lie beside the tests. */
final class Golden {
  private Golden() {}

  static Path path(String name) {
    try {
      return Path.of(Golden.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static JsonNode json(String name) {
    return Json.read(path(name));
  }

  static Map<String, NpyArray> npz(String name) {
    return Npz.read(path(name));
  }

  static NpyArray npy(String name) {
    return Npy.read(path(name));
  }

  static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }

  static double[] doubles(JsonNode array) {
    double[] values = new double[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).isNull() ? Double.NaN : array.get(i).asDouble();
    }
    return values;
  }
}
