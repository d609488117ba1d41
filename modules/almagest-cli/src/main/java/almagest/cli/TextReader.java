package almagest.cli;

import almagest.atlas.FiringText;
import almagest.feature.Sae;
import almagest.model.Activations;
import almagest.model.Context;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs a typed text through the model and a layer's autoencoder. One text at a time. */
final class TextReader implements AutoCloseable {
  private final Path run;
  private final LanguageModel model;
  private final Workers workers;
  private final Map<String, Sae> saes = new HashMap<>();

  /**
   * @param run a run directory whose layers hold their autoencoders
   * @param folder the model's
   */
  TextReader(Path run, Path folder, Workers workers) {
    this.run = run;
    this.model = LanguageModel.open(folder, new LanguageModel.Options());
    this.workers = workers;
  }

  /**
   * Which features of a layer fire on the text.
   *
   * @param layer a folder, e.g. {@code layer-03}
   */
  synchronized FiringText read(String layer, String text) {
    Sae sae = saes.computeIfAbsent(layer, this::open);
    int[] ids = model.tokenizer().encodePlain(text);
    int[] prefix = model.contextPrefix();
    int[] suffix = model.contextSuffix();
    int most = model.contextLength() - prefix.length - suffix.length;
    if (ids.length == 0) {
      throw new InputException("the text has no token");
    }
    int kept = Math.min(ids.length, most);
    int[] context = Arrays.copyOf(prefix, prefix.length + kept + suffix.length);
    System.arraycopy(ids, 0, context, prefix.length, kept);
    System.arraycopy(suffix, 0, context, prefix.length + kept, suffix.length);
    Hook hook = Hook.parse(sae.info().hook());
    List<String> tokens = new ArrayList<>();
    for (int t = 0; t < kept; t++) {
      tokens.add(model.tokenizer().display(ids[t]));
    }
    try (Activations activations =
        model.forward(List.of(Context.of(context)), LanguageModel.Request.of(hook), workers)) {
      FloatMatrix x = activations.at(hook).slice(prefix.length, prefix.length + kept);
      return FiringText.of("", "typed", tokens, x, sae, workers);
    }
  }

  private Sae open(String layer) {
    Path folder = run.resolve(layer).resolve("sae");
    if (!Files.isDirectory(folder)) {
      throw new InputException(folder + ": the run directory has no autoencoder for this layer");
    }
    return Sae.open(folder);
  }

  @Override
  public void close() {
    model.close();
  }
}
