package almagest.format.hub;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The files of a repository at a commit.
 *
 * @param commit 40 hexadecimal digits
 * @param files size in bytes by path; −1 where the hub does not say
 */
record HubListing(String commit, Map<String, Long> files) {
  private static final List<String> OTHER_WEIGHTS =
      List.of(
          ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".ot", ".onnx", ".gguf", ".tflite");

  HubListing {
    files = new TreeMap<>(files);
  }

  /** Reads what the hub's API answers, or what {@link #json} wrote. */
  static HubListing parse(HubName name, String text) {
    JsonNode root;
    try {
      root = Json.parse(text);
    } catch (JsonProcessingException e) {
      throw new InputException(
          name + ": the hub's list of files is not valid JSON (" + e.getOriginalMessage() + ")", e);
    }
    String commit = root.path("sha").asText();
    JsonNode siblings = root.path("siblings");
    if (!HubName.isCommit(commit) || !siblings.isArray()) {
      throw new InputException(
          name + ": expected a list of files with sha and siblings; check HF_ENDPOINT");
    }
    Map<String, Long> files = new TreeMap<>();
    for (JsonNode sibling : siblings) {
      String path = sibling.path("rfilename").asText();
      HubName.checkPath(name.repository(), path);
      files.put(path, sibling.path("size").asLong(-1));
    }
    return new HubListing(commit, files);
  }

  String json() {
    ObjectNode root = Json.object();
    root.put("sha", commit);
    var siblings = root.putArray("siblings");
    files.forEach((path, size) -> siblings.addObject().put("rfilename", path).put("size", size));
    return Json.line(root);
  }

  /**
   * What a name asks for: the file of that path; else all below the folder of that path; for an
   * empty path the files at the root, where weights in other formats are left out beside
   * safetensors.
   */
  List<String> select(HubName name) {
    if (files.containsKey(name.path())) {
      return List.of(name.path());
    }
    List<String> chosen = new ArrayList<>();
    if (name.path().isEmpty()) {
      boolean safetensors =
          files.keySet().stream().anyMatch(f -> isAtRoot(f) && f.endsWith(".safetensors"));
      for (String file : files.keySet()) {
        String lower = file.toLowerCase(Locale.ROOT);
        boolean other = safetensors && OTHER_WEIGHTS.stream().anyMatch(lower::endsWith);
        if (isAtRoot(file) && !other && !file.startsWith(".")) {
          chosen.add(file);
        }
      }
    } else {
      files.keySet().stream().filter(f -> f.startsWith(name.path() + "/")).forEach(chosen::add);
    }
    if (chosen.isEmpty()) {
      throw new InputException(
          name
              + ": there is no such file or folder at commit "
              + commit
              + "; at its root are "
              + roots());
    }
    return chosen;
  }

  private static boolean isAtRoot(String file) {
    return !file.contains("/");
  }

  private List<String> roots() {
    List<String> roots =
        files.keySet().stream()
            .map(f -> isAtRoot(f) ? f : f.replaceFirst("/.*", "/"))
            .distinct()
            .toList();
    return roots.size() <= 20 ? roots : roots.subList(0, 20);
  }
}
