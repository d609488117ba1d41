package almagest.galaxy;

import almagest.format.Json;
import almagest.linalg.Pca;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The analysis of whole clouds: spectrum, slope, volume and clustering entropy of each, each beside
 * its nulls and beside the article's own estimate, and how they go from layer to layer.
 */
public final class Galaxy {
  /** Takes the first three principal component scores of a cloud and says where they are kept. */
  public interface ScoreSink {
    /**
     * @param scores [n, at most 3], centred, unscaled
     * @return the name to put into the result
     */
    String keep(NamedCloud cloud, DoubleMatrix scores);
  }

  private Galaxy() {}

  /** As the longer form; keeps no scores. */
  public static ObjectNode analyse(
      List<NamedCloud> clouds, Options options, Seed seed, Workers workers, Progress progress) {
    return analyse(clouds, options, seed, null, workers, progress);
  }

  /**
   * Analyses clouds one after another.
   *
   * @param sink where to keep three-dimensional views, or null
   * @return {@code clouds}: one object a cloud; {@code across}: their figures side by side with
   *     regressions on layer and log L0 where those are known. NaN and infinity are null.
   */
  public static ObjectNode analyse(
      List<NamedCloud> clouds,
      Options options,
      Seed seed,
      @Nullable ScoreSink sink,
      Workers workers,
      Progress progress) {
    ObjectNode result = Json.object();
    ArrayNode list = result.putArray("clouds");
    SpectrumReport spectra = new SpectrumReport(options, seed.split("spectrum"), workers);
    EntropyReport entropies = new EntropyReport(options, seed.split("entropy"), workers);
    try (Progress.Task task = progress.start("galaxy", clouds.size(), "clouds")) {
      for (NamedCloud cloud : clouds) {
        ObjectNode node = list.addObject();
        node.put("name", cloud.name());
        if (cloud.layer() != null) {
          node.put("layer", cloud.layer());
        }
        if (cloud.l0() != null) {
          node.put("l0", cloud.l0());
        }
        int n = cloud.points().rows();
        int d = cloud.points().columns();
        node.put("n", n);
        node.put("d", d);
        int kept = Math.min(d, Math.max(SlopeInterval.LEADING, options.dimension()));
        Pca pca = Pca.of(cloud.points(), kept, workers);
        ObjectNode published = Json.object();
        spectra.report(cloud, pca, node, published);
        entropies.report(cloud, pca, node, published);
        node.set("published", published);
        if (sink == null) {
          node.putNull("pca3");
        } else {
          node.put(
              "pca3",
              sink.keep(cloud, pca.leading(Math.min(3, d)).scores(cloud.points(), workers)));
        }
        task.advance(1);
      }
    }
    result.set("across", Across.of(clouds, list));
    return result;
  }
}
