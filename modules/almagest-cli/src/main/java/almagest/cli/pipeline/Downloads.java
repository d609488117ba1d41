package almagest.cli.pipeline;

import almagest.format.Json;
import almagest.format.hub.Hub;
import almagest.format.hub.HubName;
import almagest.format.hub.HubSettings;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.ResourceException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run has to fetch before it can begin.
 *
 * @param bytesOf bytes that are not in the hub's cache, by name
 * @param cache where they go
 */
record Downloads(Map<String, Long> bytesOf, Path cache) {
  private static final int NAMED = 4;

  Downloads {
    bytesOf = new LinkedHashMap<>(bytesOf);
  }

  static Downloads of(Settings settings, Progress progress) {
    return new Downloads(
        Hub.missing(settings.names(), progress), HubSettings.fromEnvironment().cache());
  }

  /**
   * The width of the model's residual stream; of a model on the hub only the configuration is read.
   */
  static int dModel(Settings settings, Progress progress) {
    String model = settings.reading().model();
    boolean repository = HubName.isWritten(model) && HubName.parse(model).path().isEmpty();
    Path config =
        repository
            ? Hub.pathOf(model + ":config.json", progress)
            : Path.of(model).resolve("config.json");
    JsonNode width = Json.read(config).path("hidden_size");
    if (!width.isInt() || width.intValue() < 1) {
      throw InputException.in(
          config, "hidden_size", "expected a positive number, found " + width, "");
    }
    return width.intValue();
  }

  long bytes() {
    return bytesOf.values().stream().mapToLong(Long::longValue).sum();
  }

  List<String> lines() {
    List<Map.Entry<String, Long>> large =
        bytesOf.entrySet().stream().filter(e -> e.getValue() > 0).toList();
    List<String> named = new ArrayList<>();
    large.stream().limit(NAMED).forEach(e -> named.add(e.getKey() + " " + size(e.getValue())));
    if (large.size() > NAMED) {
      named.add(large.size() - NAMED + " more");
    }
    return List.of(
        "      To download: %s into %s: %s."
            .formatted(size(bytes()), cache, String.join(", ", named)));
  }

  /** Refuses what does not fit on the disk. */
  void check() {
    Path there = cache.toAbsolutePath();
    while (there.getParent() != null && !Files.exists(there)) {
      there = there.getParent();
    }
    try {
      long free = Files.getFileStore(there).getUsableSpace();
      if (free < bytes()) {
        throw new ResourceException(
            "%s: %s have to be downloaded, %s are free; name another place with HF_HUB_CACHE"
                .formatted(cache, size(bytes()), size(free)));
      }
    } catch (IOException e) {
      throw new ResourceException(
          "cannot tell the free space of " + there + ": " + e.getMessage(), e);
    }
  }

  private static String size(long bytes) {
    return bytes < 100 << 20
        ? String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20))
        : String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
  }
}
