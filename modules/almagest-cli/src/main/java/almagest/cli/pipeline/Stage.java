package almagest.cli.pipeline;

import almagest.run.Hashes;
import almagest.run.Provenance;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One step of a run: what it depends on, which files it makes, and how. Two stages with equal
 * {@link #key} make equal files, so a finished one need not run again.
 *
 * @param name e.g. {@code layer-06/lobes}; unique in a run
 * @param options everything the outcome depends on besides the needed stages: settings, the seed,
 *     hashes of input files. Not the number of threads.
 * @param needs stages whose files it reads
 * @param outputs files or folders it makes, relative to the run directory
 * @param extras files or folders that it makes only where they are needed
 * @param keep whether the outputs stay; those of a stage that are not kept (activation shards) are
 *     removed once nothing needs them, and made again only if a stage that needs them has to run
 *     again
 * @param body does the work; resumable bodies pick up what they find in their outputs' place
 */
public record Stage(
    String name,
    Map<String, Object> options,
    List<Stage> needs,
    List<String> outputs,
    List<String> extras,
    boolean keep,
    Body body) {
  /** The work of a stage. */
  @FunctionalInterface
  public interface Body {
    void run(Path runDirectory);
  }

  public Stage {
    options = new TreeMap<>(options);
    needs = List.copyOf(needs);
    outputs = List.copyOf(outputs);
    extras = List.copyOf(extras);
  }

  /** A stage without extras. */
  public Stage(
      String name,
      Map<String, Object> options,
      List<Stage> needs,
      List<String> outputs,
      boolean keep,
      Body body) {
    this(name, options, needs, outputs, List.of(), keep, body);
  }

  /** SHA-256 over name, version, options and the keys of the needed stages. */
  public String key() {
    return key(new LinkedHashMap<>());
  }

  String key(Map<String, String> known) {
    String key = known.get(name);
    if (key == null) {
      StringBuilder text =
          new StringBuilder(name).append('\n').append(Provenance.VERSION).append('\n');
      options.forEach((k, v) -> text.append(k).append('=').append(v).append('\n'));
      for (Stage need : needs) {
        text.append(need.key(known)).append('\n');
      }
      key = Hashes.sha256(text.toString().getBytes(StandardCharsets.UTF_8));
      known.put(name, key);
    }
    return key;
  }
}
