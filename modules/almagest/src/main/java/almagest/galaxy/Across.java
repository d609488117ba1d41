package almagest.galaxy;

import almagest.format.Json;
import almagest.stat.LeastSquares;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The figures of several clouds side by side, and how they go with the layer and with the sparsity
 * of the autoencoders. Layers are neighbours and not independent, so the intervals are too narrow.
 */
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
    ObjectNode depth = across.putObject("on_layer");
    ObjectNode both = across.putObject("on_layer_and_log_l0");
    for (String figure : List.of("slope", "log_volume", "excess")) {
      regress(depth, figure, clouds, across.withArray(figure), false);
      regress(both, figure, clouds, across.withArray(figure), true);
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

  /**
   * A figure on the layer, and on ln L0 when asked for; clouds that lack a regressor are left out.
   * Null when there is no more than one cloud a coefficient, or when the regressors go together.
   */
  private static void regress(
      ObjectNode into,
      String figure,
      List<NamedCloud> clouds,
      ArrayNode values,
      boolean withSparsity) {
    List<double[]> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    for (int i = 0; i < clouds.size(); i++) {
      Integer layer = clouds.get(i).layer();
      Double l0 = clouds.get(i).l0();
      if (layer != null && values.get(i).isNumber() && (!withSparsity || l0 != null)) {
        x.add(
            withSparsity && l0 != null ? new double[] {layer, Math.log(l0)} : new double[] {layer});
        y.add(values.get(i).asDouble());
      }
    }
    int regressors = withSparsity ? 2 : 1;
    if (x.size() <= regressors + 1) {
      into.putNull(figure);
      return;
    }
    LeastSquares fit;
    try {
      fit = LeastSquares.of(x.toArray(double[][]::new), y.stream().mapToDouble(v -> v).toArray());
    } catch (ArithmeticException collinear) {
      into.putNull(figure);
      return;
    }
    ObjectNode node = into.putObject(figure);
    node.put("clouds", fit.n());
    String[] names = {"per_layer", "per_log_l0"};
    for (int j = 0; j < regressors; j++) {
      node.put(names[j], fit.coefficients()[j]);
      Numbers.put(node, names[j] + "_half_width_95", fit.halfWidths95()[j]);
    }
    Numbers.put(node, "r2", fit.rSquared());
  }
}
