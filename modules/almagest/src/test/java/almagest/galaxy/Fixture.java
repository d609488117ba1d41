package almagest.galaxy;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;

/** The golden files of the spectrum and the entropies. */
final class Fixture {
  private Fixture() {}

  static Path path(String name) {
    try {
      return Path.of(Fixture.class.getResource("/almagest/galaxy/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static Points points(String name) {
    return points(Npy.read(path(name)));
  }

  static Points points(NpyArray array) {
    int columns = array.shape().length == 1 ? 1 : array.shape()[1];
    return array.values() instanceof float[] single
        ? Points.of(FloatMatrix.copyOf(single, columns))
        : Points.of(DoubleMatrix.copyOf(array.doubles(), columns));
  }

  static Map<String, NpyArray> arrays(String name) {
    return Npz.read(path(name));
  }

  static double[] values(String name) {
    return Npy.read(path(name)).doubles();
  }

  static JsonNode json(String name) {
    return Json.read(path(name));
  }
}
