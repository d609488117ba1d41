package almagest.galaxy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;

/**
 * A figure beside the same figure of clouds without structure.
 *
 * @param nullMean over the null clouds
 * @param nullSd their standard deviation
 */
record Against(double value, double nullMean, double nullSd, int draws) {
  static Against of(double value, double[] nulls) {
    return new Against(value, Moments.mean(nulls), Moments.sd(nulls), nulls.length);
  }

  static Against of(
      double value, Measures[] nulls, java.util.function.ToDoubleFunction<Measures> figure) {
    return of(value, Arrays.stream(nulls).mapToDouble(figure).toArray());
  }

  ObjectNode into(ObjectNode node) {
    Numbers.put(node, "value", value);
    Numbers.put(node, "null_mean", nullMean);
    Numbers.put(node, "null_sd", nullSd);
    node.put("null_draws", draws);
    return node;
  }
}
