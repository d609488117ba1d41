package almagest.run;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What every result carries under the key {@code almagest}: enough to make it again.
 *
 * @param version of Almagest
 * @param schema the version of the file's layout
 * @param seed the seed that all randomness came from
 * @param options what was asked for, by option name
 * @param inputs SHA-256 by file name
 */
public record Provenance(
    String version,
    int schema,
    long seed,
    Map<String, Object> options,
    Map<String, String> inputs) {
  public static final String VERSION = "0.1.0";

  public Provenance {
    options = new TreeMap<>(options);
    inputs = new TreeMap<>(inputs);
  }

  public static Provenance of(long seed, Map<String, Object> options, Path... inputs) {
    Map<String, String> hashes = new TreeMap<>();
    for (Path input : inputs) {
      hashes.put(String.valueOf(input.getFileName()), Hashes.sha256(input));
    }
    return new Provenance(VERSION, 1, seed, options, hashes);
  }
}
