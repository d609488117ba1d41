package almagest.format.hub;

import almagest.run.InputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the hub is and where its files are kept, as the hub's own tools take it from the
 * environment.
 *
 * @param endpoint {@code HF_ENDPOINT}, else https://huggingface.co
 * @param token {@code HF_TOKEN}, else the content of {@code HF_TOKEN_PATH}, else of {@code
 *     $HF_HOME/token}; null when there is none
 * @param cache {@code HF_HUB_CACHE}, else {@code $HF_HOME/hub}; {@code HF_HOME} is {@code
 *     ~/.cache/huggingface} when unset ({@code XDG_CACHE_HOME} takes the place of {@code ~/.cache})
 * @param offline {@code HF_HUB_OFFLINE} or {@code TRANSFORMERS_OFFLINE} is 1, true, yes or on: the
 *     network is never touched
 * @param pause the wait before the second attempt after a failure, doubled before each further one
 */
public record HubSettings(
    URI endpoint, @Nullable String token, Path cache, boolean offline, Duration pause) {

  public HubSettings {
    String scheme = endpoint.getScheme();
    if (endpoint.getHost() == null || !("https".equals(scheme) || "http".equals(scheme))) {
      throw new InputException("HF_ENDPOINT: expected an http(s) address, found " + endpoint);
    }
    if (token != null && !token.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new InputException("HF_TOKEN: expected printable characters without spaces");
    }
  }

  /** Reads the variables of the process. */
  public static HubSettings fromEnvironment() {
    return from(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  static HubSettings from(Map<String, String> environment, Path userHome) {
    String caches = value(environment, "XDG_CACHE_HOME", userHome + "/.cache");
    Path home = expand(value(environment, "HF_HOME", caches + "/huggingface"), userHome);
    Path cache = expand(value(environment, "HF_HUB_CACHE", home + "/hub"), userHome);
    String endpoint =
        value(environment, "HF_ENDPOINT", "https://huggingface.co").replaceAll("/+$", "");
    URI address;
    try {
      address = URI.create(endpoint);
    } catch (IllegalArgumentException e) {
      throw new InputException("HF_ENDPOINT: expected an http(s) address, found " + endpoint, e);
    }
    String token = value(environment, "HF_TOKEN", "").strip();
    Path tokenFile = expand(value(environment, "HF_TOKEN_PATH", home + "/token"), userHome);
    boolean offline =
        on(environment.get("HF_HUB_OFFLINE")) || on(environment.get("TRANSFORMERS_OFFLINE"));
    return new HubSettings(
        address, token.isEmpty() ? read(tokenFile) : token, cache, offline, Duration.ofSeconds(1));
  }

  private static String value(Map<String, String> environment, String name, String otherwise) {
    String value = environment.getOrDefault(name, "");
    return value.isBlank() ? otherwise : value;
  }

  private static Path expand(String path, Path userHome) {
    return path.equals("~") || path.startsWith("~/")
        ? userHome.resolve(path.substring(Math.min(2, path.length())))
        : Path.of(path);
  }

  private static boolean on(@Nullable String value) {
    return value != null
        && switch (value.toLowerCase(Locale.ROOT)) {
          case "1", "true", "yes", "on" -> true;
          default -> false;
        };
  }

  private static @Nullable String read(Path tokenFile) {
    try {
      if (Files.isRegularFile(tokenFile) && Files.size(tokenFile) < 10_000) {
        String token = Files.readString(tokenFile).strip();
        return token.isEmpty() ? null : token;
      }
      return null;
    } catch (IOException e) {
      return null; // As without a token: what is open can still be fetched.
    }
  }

  /** Never shows the token. */
  @Override
  public String toString() {
    return endpoint
        + (token == null ? " without a token" : " with a token")
        + ", cache "
        + cache
        + (offline ? ", offline" : "");
  }
}
