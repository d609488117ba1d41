package almagest.galaxy;

import almagest.format.Json;
import almagest.stat.LineFit;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The figures of several clouds side by side, and how they go with the layer. */
final class Across {
  private Across() {}

  static ObjectNode of(List<NamedCloud> clouds, ArrayNode reports) {
    ObjectNode across = Json.object();
    ArrayNode names = across.putArray("names");
    ArrayNode layers = across.putArray("layer");
    for (NamedCloud cloud : clouds) {
      names.add(cloud.name());
      layers.add(cloud.layer());
    }
    column(across, "slope", reports, "/slope/value");
    column(across, "slope_sd", reports, "/slope/sd");
    column(across, "slope_null", reports, "/slope/null/mean");
    column(across, "log_volume", reports, "/log_volume/value");
    column(across, "log_volume_sd", reports, "/log_volume/sd");
    column(across, "clustering", reports, "/entropy/clustering");
    column(across, "excess", reports, "/entropy/excess");
    column(across, "excess_sd", reports, "/entropy/excess_sd");
    column(across, "published_clustering", reports, "/published/clustering_entropy");
    ObjectNode trends = across.putObject("on_layer");
    for (String figure : List.of("slope", "log_volume", "excess")) {
      trend(trends, figure, clouds, across.withArray(figure));
    }
    return across;
  }

  private static void column(ObjectNode across, String key, ArrayNode reports, String pointer) {
    ArrayNode values = across.putArray(key);
    for (JsonNode report : reports) {
      JsonNode value = report.at(pointer);
      if (value.isNumber()) {
        values.add(value.asDouble());
      } else {
        values.addNull();
      }
    }
  }

  private static void trend(
      ObjectNode into, String figure, List<NamedCloud> clouds, ArrayNode values) {
    double[] x = new double[clouds.size()];
    double[] y = new double[clouds.size()];
    int n = 0;
    for (int i = 0; i < x.length; i++) {
      Integer layer = clouds.get(i).layer();
      if (layer != null && values.get(i).isNumber()) {
        x[n] = layer;
        y[n++] = values.get(i).asDouble();
      }
    }
    double[] layers = java.util.Arrays.copyOf(x, n);
    if (java.util.Arrays.stream(layers).distinct().count() < 3) {
      into.putNull(figure);
      return;
    }
    LineFit fit = LineFit.of(layers, java.util.Arrays.copyOf(y, n));
    ObjectNode node = into.putObject(figure);
    node.put("per_layer", fit.slope());
    Numbers.put(node, "half_width_95", fit.halfWidth95());
    Numbers.put(node, "r2", fit.rSquared());
    node.put("clouds", n);
  }
}
