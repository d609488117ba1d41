package almagest.corpus;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where fetched data is kept: {@code $ALMAGEST_CACHE}, else {@code $XDG_CACHE_HOME/almagest}, else
 * {@code ~/.cache/almagest}. It may be deleted at any time; everything in it can be fetched again.
 */
public final class Cache {
  private Cache() {}

  public static Path directory() {
    return directory(System.getenv(), System.getProperty("user.home", "."));
  }

  static Path directory(Map<String, String> environment, String home) {
    String own = environment.getOrDefault("ALMAGEST_CACHE", "");
    if (!own.isBlank()) {
      return Path.of(own).toAbsolutePath();
    }
    String shared = environment.getOrDefault("XDG_CACHE_HOME", "");
    return shared.isBlank()
        ? Path.of(home, ".cache", "almagest").toAbsolutePath()
        : Path.of(shared, "almagest").toAbsolutePath();
  }
}
