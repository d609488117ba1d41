package almagest.atlas;

import almagest.format.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What of {@code run.json} is the same whenever and wherever the run is made: options, keys and
 * hashes, without times, peaks of memory, machine and absolute paths.
 */
final class Manifest {
  private static final Set<String> OF_THE_MACHINE =
      Set.of(
          "seconds",
          "peak_memory_bytes",
          "last_run",
          "state",
          "started",
          "finished",
          "time",
          "machine",
          "host",
          "command",
          "threads",
          "memory",
          "path",
          "out",
          "jdk",
          "os",
          "cpu",
          "pid");

  private Manifest() {}

  static JsonNode of(JsonNode run) {
    ObjectNode kept = (ObjectNode) clean(run);
    ObjectNode stages = Json.object();
    sorted(run.path("stages"))
        .forEach((name, stage) -> {
          // The stage that writes this page is not done while it does so.
          if (stage.path("state").asText("done").equals("done")
              && stage.path("files").propertyStream().noneMatch(Manifest::isPage)) {
            stages.set(name, clean(stage));
          }
        });
    if (!stages.isEmpty()) {
      kept.set("stages", stages);
    } else {
      kept.remove("stages");
    }
    return kept;
  }

  private static boolean isPage(Map.Entry<String, JsonNode> file) {
    return file.getKey().endsWith(".html");
  }

  private static JsonNode clean(JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode copy = Json.object();
      sorted(object)
          .forEach((key, value) -> {
            if (!OF_THE_MACHINE.contains(key)) {
              copy.set(key, clean(value));
            }
          });
      return copy;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode copy = Json.object().putArray("a");
      array.forEach(item -> copy.add(clean(item)));
      return copy;
    }
    if (node.isTextual() && node.asText().matches("(/|[A-Za-z]:[\\\\/]|file:).*")) {
      String[] parts = node.asText().split("[\\\\/]");
      return Json.tree(parts.length == 0 ? "/" : parts[parts.length - 1]);
    }
    return node;
  }

  private static Map<String, JsonNode> sorted(JsonNode object) {
    Map<String, JsonNode> sorted = new TreeMap<>();
    object.properties().forEach(e -> sorted.put(e.getKey(), e.getValue()));
    return sorted;
  }
}
