package almagest.feature;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where an SAE comes from and what was understood about it.
 *
 * @param format the family of files it was read from, e.g. {@code SAELens}, {@code Gemma Scope}
 * @param model the language model whose activations it was made for; empty when the files do not
 *     say
 * @param hook the hook point, e.g. {@code blocks.6.hook_resid_post}; empty when unknown
 * @param details anything else that the files say and a user may want to see
 * @param notes how doubtful points were settled: orientation, normalisation, what was not applied
 */
public record SaeInfo(
    String format, String model, String hook, Map<String, Object> details, List<String> notes) {
  public SaeInfo {
    details = new TreeMap<>(details);
    notes = List.copyOf(notes);
  }

  public static SaeInfo of(String format, String model, String hook) {
    return new SaeInfo(format, model, hook, Map.of(), List.of());
  }
}
