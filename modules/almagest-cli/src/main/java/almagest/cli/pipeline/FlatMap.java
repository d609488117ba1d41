package almagest.cli.pipeline;

import almagest.brain.Tsne;
import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.linalg.Pca;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/** The two maps of a layer: t-SNE in the plane, principal components in space. */
final class FlatMap {
  private FlatMap() {}

  static void write(
      FloatMatrix decoder,
      int iterations,
      Path folder,
      Provenance provenance,
      Workers workers,
      Progress progress) {
    int n = decoder.rowsAsInt();
    Points points = Points.of(decoder);
    Pca pca = Pca.of(points, 3, workers);
    DoubleMatrix scores = pca.scores(points, workers);
    double[] start = new double[2 * n];
    float[] three = new float[3 * n];
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < 3; c++) {
        three[3 * i + c] = (float) scores.get(i, c);
      }
      start[2 * i] = scores.get(i, 0);
      start[2 * i + 1] = scores.get(i, 1);
    }
    Tsne.Options options = new Tsne.Options(30, 12, Math.min(250, iterations / 3), iterations);
    Tsne.Result map = Tsne.of(decoder, start, options, workers, progress);
    float[] flat = new float[2 * n];
    for (int i = 0; i < n; i++) {
      flat[2 * i] = (float) map.x()[i];
      flat[2 * i + 1] = (float) map.y()[i];
    }
    Npy.write(folder.resolve("pca.npy"), NpyArray.of(three, n, 3));
    Npy.write(folder.resolve("map.npy"), NpyArray.of(flat, n, 2));
    ObjectNode about = Json.object();
    about.set("almagest", Json.tree(provenance));
    about.put("method", "tsne");
    about.put("divergence", map.divergence());
    about.put("perplexity", map.perplexity());
    about.put("iterations", map.iterations());
    about.set("pca_variances", Json.tree(java.util.Arrays.copyOf(pca.eigenvalues(), 3)));
    Json.write(folder.resolve("map.json"), about);
  }
}
