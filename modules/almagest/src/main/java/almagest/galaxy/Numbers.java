package almagest.galaxy;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Numbers in JSON, which knows neither NaN nor infinity. */
final class Numbers {
  private Numbers() {}

  static void put(ObjectNode node, String key, double value) {
    if (Math.abs(value) < Double.POSITIVE_INFINITY) {
      node.put(key, value);
    } else {
      node.putNull(key);
    }
  }
}
