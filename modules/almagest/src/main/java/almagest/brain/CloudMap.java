package almagest.brain;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.linalg.BlockLanczos;
import almagest.linalg.Pca;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;

/**
 * A cloud drawn in two or three dimensions.
 *
 * @param method {@code tsne}, {@code umap} or {@code pca}
 * @param dimensions of the drawing
 * @param coordinates row-major [n, dimensions]
 * @param facts how it was made and how far it can be believed, as written to {@code map.json}
 */
public record CloudMap(String method, int dimensions, float[] coordinates, ObjectNode facts) {

  /** Below this many columns a full decomposition costs nothing. */
  private static final int DENSE = 400;

  /**
   * t-SNE to two dimensions, started from the first two principal components, so that the large
   * shape of the map is that of the cloud and nothing is random.
   */
  public static CloudMap tsne(
      FloatMatrix cloud, Tsne.Options options, Workers workers, Progress progress) {
    int n = cloud.rowsAsInt();
    if (n < 4) {
      throw new InputException("t-SNE: expected at least 4 points, found " + n);
    }
    CentredCloud centred = CentredCloud.of(cloud, workers);
    Tsne.Result map = Tsne.of(centred, start(centred, workers), options, workers, progress);
    float[] coordinates = interleaved(map.x(), map.y());
    double extent = 0;
    for (float v : coordinates) {
      extent = Math.max(extent, Math.abs(v));
    }
    ObjectNode facts = facts("tsne", cloud);
    facts.put("perplexity", map.perplexity());
    facts.put("exaggeration", options.exaggeration());
    facts.put("early_iterations", options.early());
    facts.put("iterations", map.iterations());
    facts.put("kl_divergence", map.divergence());
    facts.put("extent", extent);
    facts.put("start", "principal components");
    return new CloudMap("tsne", 2, coordinates, facts);
  }

  /**
   * UMAP to two dimensions, started from the first two principal components. {@code
   * neighbours_kept} tells how many of a point's neighbours in the cloud are among as many nearest
   * on the map, on average.
   */
  public static CloudMap umap(
      FloatMatrix cloud, Umap.Options options, Seed seed, Workers workers, Progress progress) {
    if (cloud.rows() < 4) {
      throw new InputException("UMAP: expected at least 4 points, found " + cloud.rows());
    }
    double[] start = start(CentredCloud.of(cloud, workers), workers);
    Umap.Result map = Umap.of(Points.of(cloud), start, options, seed, workers, progress);
    ObjectNode facts = facts("umap", cloud);
    facts.put("neighbours", map.neighbours());
    facts.put("min_dist", options.distance());
    facts.put("epochs", map.epochs());
    facts.put("a", map.closeness().a());
    facts.put("b", map.closeness().b());
    facts.put("neighbours_kept", map.kept());
    facts.put("start", "principal components");
    return new CloudMap("umap", 2, interleaved(map.x(), map.y()), facts);
  }

  /** Where the points of a flat map begin: their first two principal components, [n, 2]. */
  private static double[] start(CentredCloud centred, Workers workers) {
    FloatMatrix cloud = centred.cloud();
    return cloud.columns() < DENSE
        ? scores(cloud, pca(cloud, 2, workers), 2, workers)
        : leading(centred, workers);
  }

  private static float[] interleaved(double[] x, double[] y) {
    float[] coordinates = new float[2 * x.length];
    for (int i = 0; i < x.length; i++) {
      coordinates[2 * i] = (float) x[i];
      coordinates[2 * i + 1] = (float) y[i];
    }
    return coordinates;
  }

  /**
   * The first principal components. Linear: what lies apart on it is apart in the cloud, but most
   * of the variance may lie outside; {@code explained} says how much of it is drawn.
   *
   * @param dimensions 1 … min(n − 1, d); with fewer the rest is 0
   * @throws InputException when all points are at one place
   */
  public static CloudMap pca(
      FloatMatrix cloud, int dimensions, Workers workers, Progress progress) {
    int n = cloud.rowsAsInt();
    if (n < 2) {
      throw new InputException("PCA: expected at least 2 points, found " + n);
    }
    Pca pca;
    double[] scores;
    try (Progress.Task task = progress.start("principal components", 1, "clouds")) {
      pca = pca(cloud, dimensions, workers);
      scores = scores(cloud, pca, dimensions, workers);
      task.advance(1);
    }
    float[] coordinates = new float[scores.length];
    for (int i = 0; i < scores.length; i++) {
      coordinates[i] = (float) scores[i];
    }
    ObjectNode facts = facts("pca", cloud);
    double total = 0;
    for (double v : pca.eigenvalues()) {
      total += v;
    }
    if (!(total > 0)) {
      throw new InputException(
          "PCA: all points are at one place; expected a cloud with at least two distinct points");
    }
    double[] variance = new double[dimensions];
    double[] explained = new double[dimensions];
    for (int c = 0; c < Math.min(dimensions, pca.eigenvalues().length); c++) {
      variance[c] = pca.eigenvalues()[c];
      explained[c] = variance[c] / total;
    }
    facts.set("variance", Json.tree(variance));
    facts.set("explained", Json.tree(explained));
    return new CloudMap("pca", dimensions, coordinates, facts);
  }

  /** Scores on the two leading components, by Lanczos: a start needs no more than float32. */
  private static double[] leading(CentredCloud centred, Workers workers) {
    DoubleMatrix found =
        BlockLanczos.largest(
                centred, 2, List.of(), BlockLanczos.Options.of(2, 1e-5), new Seed(0), workers)
            .vectors();
    DoubleMatrix directions = DoubleMatrix.zeros(found.rows(), 2);
    for (int c = 0; c < 2; c++) {
      double largest = 0;
      for (int j = 0; j < found.rows(); j++) {
        if (Math.abs(found.get(j, c)) > Math.abs(largest)) {
          largest = found.get(j, c);
        }
      }
      for (int j = 0; j < found.rows(); j++) {
        directions.set(j, c, largest < 0 ? -found.get(j, c) : found.get(j, c));
      }
    }
    float[] scores = centred.scores(directions, workers);
    double[] start = new double[scores.length];
    for (int i = 0; i < scores.length; i++) {
      start[i] = scores[i];
    }
    return start;
  }

  private static Pca pca(FloatMatrix cloud, int dimensions, Workers workers) {
    return Pca.of(Points.of(cloud), Math.min(dimensions, cloud.columns()), workers);
  }

  /** Row-major [n, dimensions]; components that the cloud does not have are 0. */
  private static double[] scores(FloatMatrix cloud, Pca pca, int dimensions, Workers workers) {
    DoubleMatrix found = pca.scores(Points.of(cloud), workers);
    double[] scores = new double[cloud.rowsAsInt() * dimensions];
    for (int i = 0; i < cloud.rowsAsInt(); i++) {
      for (int c = 0; c < found.columns(); c++) {
        scores[i * dimensions + c] = found.get(i, c);
      }
    }
    return scores;
  }

  private static ObjectNode facts(String method, FloatMatrix cloud) {
    ObjectNode facts = Json.object();
    facts.put("method", method);
    facts.put("n", cloud.rows());
    facts.put("d", cloud.columns());
    return facts;
  }

  /** Writes {@code NAME.npy} (float32 [n, dimensions]) and {@code NAME.json}. */
  public void write(Path directory, String name, Provenance provenance) {
    int n = coordinates.length / dimensions;
    Npy.write(directory.resolve(name + ".npy"), NpyArray.of(coordinates, n, dimensions));
    Json.write(directory.resolve(name + ".json"), toJson(provenance));
  }

  /** The content of {@code map.json}. */
  public ObjectNode toJson(Provenance provenance) {
    ObjectNode node = Json.object();
    node.set("almagest", Json.tree(provenance));
    node.setAll(facts);
    return node;
  }
}
