package almagest.cli.pipeline;

import almagest.format.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** How much lobes tell of document types, beside two ways of having nothing to tell. */
final class Control {
  private Control() {}

  /**
   * @param trained {@code lobes.json} of the trained features
   * @param random the same of random directions
   * @return Cramér's V on documents that did not make the lobes: {@code trained}, {@code
   *     random_directions}, {@code permuted_lobes}
   */
  static ObjectNode of(JsonNode trained, JsonNode random, int k, int l0) {
    JsonNode t = types(trained, k);
    ObjectNode out = Json.object();
    out.put("k", k);
    out.put("l0", l0);
    ObjectNode v = out.putObject("cramers_v");
    v.set("trained", t.path("cramers_v"));
    v.set("random_directions", types(random, k).path("cramers_v"));
    v.set("permuted_lobes", t.path("cramers_v_null"));
    out.set("random_types", types(random, k));
    return out;
  }

  private static JsonNode types(JsonNode lobes, int k) {
    JsonNode affinities = lobes.path("affinities");
    String first = affinities.fieldNames().next();
    return affinities.path(first).path("k").path(Integer.toString(k)).path("types");
  }
}
