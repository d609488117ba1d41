package almagest.cli;

import almagest.atlas.FeatureCard;
import almagest.run.InputException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which layer of a run directory a command is about. */
final class RunLayer {
  private RunLayer() {}

  /**
   * The folder of a layer.
   *
   * @param layer its number, or null for the middle one, as on the page
   * @throws InputException if the directory has no layer, or not this one
   */
  static String folder(Path run, @Nullable Integer layer) {
    List<String> layers = FeatureCard.layers(run);
    if (layers.isEmpty()) {
      throw InputException.in(
          run, "", "no layer-NN folder", "name the directory that `almagest run` made");
    }
    if (layer == null) {
      return layers.get((layers.size() - 1) / 2);
    }
    return layers.stream()
        .filter(l -> Integer.parseInt(l.substring(l.indexOf('-') + 1)) == layer)
        .findFirst()
        .orElseThrow(
            () -> new InputException(run + ": no layer " + layer + "; there are " + layers));
  }
}
