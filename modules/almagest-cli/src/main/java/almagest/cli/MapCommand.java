package almagest.cli;

import almagest.brain.CloudMap;
import almagest.brain.Tsne;
import almagest.format.Json;
import almagest.run.InputException;
import almagest.run.Provenance;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code map}: a cloud drawn in two dimensions, or three. */
@Command(
    name = "map",
    description = {
      "Draws a cloud: t-SNE in two dimensions, or its first principal components.",
      "Writes map.npy (float32 [n, dimensions]) and map.json."
    })
final class MapCommand implements Callable<Integer> {
  /** How to draw. */
  enum Method {
    TSNE,
    PCA
  }

  @Mixin private Common common = new Common();

  @Option(
      names = "--cloud",
      required = true,
      paramLabel = "F",
      description = "The cloud: " + CloudArgument.DESCRIPTION)
  private String cloud = "";

  @Option(names = "--method", paramLabel = "tsne|pca", description = "How to draw (default: tsne).")
  private Method method = Method.TSNE;

  @Option(
      names = "--dimensions",
      paramLabel = "2|3",
      description = "Dimensions of the drawing, 3 for PCA only (default: 2).")
  private int dimensions = 2;

  @Option(
      names = "--perplexity",
      paramLabel = "X",
      description = "t-SNE: how many neighbours a point listens to (default: 30).")
  private double perplexity = Tsne.Options.DEFAULT.perplexity();

  @Option(
      names = "--exaggeration",
      paramLabel = "X",
      description = "t-SNE: factor on the attraction at first (default: 12).")
  private double exaggeration = Tsne.Options.DEFAULT.exaggeration();

  @Option(
      names = "--early-iterations",
      paramLabel = "N",
      description = "t-SNE: iterations with it (default: 250).")
  private int early = Tsne.Options.DEFAULT.early();

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "t-SNE: iterations in all (default: 1000).")
  private int iterations = Tsne.Options.DEFAULT.iterations();

  @Option(names = "--out", paramLabel = "DIR", description = "Where to write (default: map).")
  private Path out = Path.of("map");

  @Override
  public Integer call() {
    if (dimensions < 2 || dimensions > (method == Method.PCA ? 3 : 2)) {
      throw new InputException(
          "--dimensions: expected 2"
              + (method == Method.PCA ? " or 3" : " for t-SNE")
              + ", found "
              + dimensions);
    }
    Tsne.Options options = new Tsne.Options(perplexity, exaggeration, early, iterations);
    CloudArgument argument = CloudArgument.of(cloud, common);
    FloatMatrix points = argument.open();
    CloudMap map;
    try (Workers workers = common.workers()) {
      map =
          switch (method) {
            case TSNE -> CloudMap.tsne(points, options, workers, common.progress());
            case PCA -> CloudMap.pca(points, dimensions, workers, common.progress());
          };
    }
    Map<String, Object> asked = new TreeMap<>();
    asked.put("cloud", cloud);
    asked.put("method", method.name().toLowerCase(Locale.ROOT));
    asked.put("dimensions", dimensions);
    if (method == Method.TSNE) {
      asked.put("perplexity", perplexity);
      asked.put("exaggeration", exaggeration);
      asked.put("early-iterations", early);
      asked.put("iterations", iterations);
    }
    Provenance provenance =
        new Provenance(Provenance.VERSION, 1, common.seed().value(), asked, argument.hashes());
    map.write(out, "map", provenance);
    if (common.json) {
      System.out.println(Json.line(map.toJson(provenance)));
    } else {
      System.out.println(
          map.facts().get("n")
              + " points in "
              + out.resolve("map.npy")
              + (method == Method.TSNE
                  ? String.format(
                      Locale.ROOT,
                      ", divergence %.4f nats",
                      map.facts().get("kl_divergence").asDouble())
                  : ", explained variance " + map.facts().get("explained")));
    }
    return 0;
  }
}
