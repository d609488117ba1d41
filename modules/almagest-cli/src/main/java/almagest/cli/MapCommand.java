package almagest.cli;

import almagest.brain.CloudMap;
import almagest.brain.Tsne;
import almagest.brain.Umap;
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
      "Draws a cloud: t-SNE or UMAP in two dimensions, or its first principal components.",
      "Writes map.npy (float32 [n, dimensions]) and map.json."
    })
final class MapCommand implements Callable<Integer> {
  /** How to draw. */
  enum Method {
    TSNE,
    UMAP,
    PCA
  }

  @Mixin private Common common = new Common();

  @Option(
      names = "--cloud",
      required = true,
      paramLabel = "F",
      description = "The cloud: " + CloudArgument.DESCRIPTION)
  private String cloud = "";

  @Option(
      names = "--method",
      paramLabel = "tsne|umap|pca",
      description = "How to draw (default: tsne).")
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

  @Option(
      names = "--neighbours",
      paramLabel = "N",
      description = "UMAP: how many points a neighbourhood has, its own counted (default: 15).")
  private int neighbours = Umap.Options.DEFAULT.neighbours();

  @Option(
      names = "--min-dist",
      paramLabel = "X",
      description = "UMAP: how close together points may settle, 0 to 1 (default: 0.1).")
  private double distance = Umap.Options.DEFAULT.distance();

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "UMAP: passes over the edges (default: 500, above 10,000 points 200).")
  private int epochs = Umap.Options.DEFAULT.epochs();

  @Option(names = "--out", paramLabel = "DIR", description = "Where to write (default: map).")
  private Path out = Path.of("map");

  @Override
  public Integer call() {
    if (dimensions < 2 || dimensions > (method == Method.PCA ? 3 : 2)) {
      throw new InputException(
          "--dimensions: expected 2"
              + (method == Method.PCA ? " or 3" : " for t-SNE and UMAP")
              + ", found "
              + dimensions);
    }
    Tsne.Options options = new Tsne.Options(perplexity, exaggeration, early, iterations);
    Umap.Options umap = new Umap.Options(neighbours, distance, epochs);
    CloudArgument argument = CloudArgument.of(cloud, common);
    FloatMatrix points = argument.open();
    CloudMap map;
    try (Workers workers = common.workers()) {
      map =
          switch (method) {
            case TSNE -> CloudMap.tsne(points, options, workers, common.progress());
            case UMAP -> CloudMap.umap(points, umap, common.seed(), workers, common.progress());
            case PCA -> CloudMap.pca(points, dimensions, workers, common.progress());
          };
    }
    Map<String, Object> asked = new TreeMap<>();
    asked.put("cloud", cloud);
    asked.put("method", method.name().toLowerCase(Locale.ROOT));
    asked.put("dimensions", dimensions);
    switch (method) {
      case TSNE -> {
        asked.put("perplexity", perplexity);
        asked.put("exaggeration", exaggeration);
        asked.put("early-iterations", early);
        asked.put("iterations", iterations);
      }
      case UMAP -> {
        asked.put("neighbours", neighbours);
        asked.put("min-dist", distance);
        asked.put("epochs", epochs);
      }
      case PCA -> {}
    }
    Provenance provenance =
        new Provenance(Provenance.VERSION, 1, common.seed().value(), asked, argument.hashes());
    map.write(out, "map", provenance);
    if (common.json) {
      System.out.println(Json.line(map.toJson(provenance)));
    } else {
      System.out.println(
          map.facts().get("n") + " points in " + out.resolve("map.npy") + ", " + worth(map));
    }
    return 0;
  }

  private String worth(CloudMap map) {
    return switch (method) {
      case TSNE ->
          String.format(
              Locale.ROOT, "divergence %.4f nats", map.facts().get("kl_divergence").asDouble());
      case UMAP ->
          String.format(
              Locale.ROOT,
              "%.1f %% of neighbours kept",
              100 * map.facts().get("neighbours_kept").asDouble());
      case PCA -> "explained variance " + map.facts().get("explained");
    };
  }
}
