package almagest.bench;

import almagest.format.Clouds;
import almagest.format.Json;
import almagest.galaxy.Galaxy;
import almagest.galaxy.NamedCloud;
import almagest.galaxy.Options;
import almagest.galaxy.PublishedEntropy;
import almagest.linalg.Pca;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.NearestNeighbours;
import almagest.stat.SpecialFunctions;
import almagest.tensor.Points;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Times the stages of the galaxy on the files of the Python peers: {@code GalaxyBench DATA STAGE
 * [ROWS] [REPEAT] [CLOUDS]} with a stage {@code pca}, {@code knn}, {@code clustering-entropy} or
 * {@code layers}.
 */
final class GalaxyBench {
  private GalaxyBench() {}

  public static void main(String[] args) {
    Path data = Path.of(args[0]);
    int rows = args.length > 2 ? Integer.parseInt(args[2]) : 16384;
    int repeat = args.length > 3 ? Integer.parseInt(args[3]) : 3;
    try (Workers workers = Workers.ofAllProcessors()) {
      switch (args[1]) {
        case "pca" -> pca(decoder(data, rows), repeat, workers);
        case "knn" -> knn(first(points(data, "cloud100.npy"), rows), repeat, workers);
        case "clustering-entropy" -> clusteringEntropy(decoder(data, rows), repeat, workers);
        case "layers" -> {
          int clouds = args.length > 4 ? Integer.parseInt(args[4]) : 3;
          layers(decoder(data, rows), clouds, repeat, workers);
        }
        default -> throw new IllegalArgumentException("no stage " + args[1]);
      }
    }
  }

  private static Points points(Path data, String file) {
    return Clouds.points(data.resolve(file).toString());
  }

  private static Points first(Points points, int rows) {
    int[] selection = new int[Math.min(rows, points.rows())];
    Arrays.setAll(selection, i -> i);
    return selection.length == points.rows() ? points : Points.of(points, selection);
  }

  /** Beyond the file's rows, noisy copies of them, as the peers make. */
  private static Points decoder(Path data, int rows) {
    Points points = points(data, "decoder.npy");
    if (rows <= points.rows()) {
      return first(points, rows);
    }
    int d = points.columns();
    almagest.tensor.FloatMatrix stacked = almagest.tensor.FloatMatrix.zeros(rows, d);
    RandomGenerator random = new Seed(0).generator();
    double[] row = new double[d];
    float[] noisy = new float[d];
    for (int i = 0; i < rows; i++) {
      points.copyRow(i % points.rows(), row);
      for (int c = 0; c < d; c++) {
        noisy[c] = (float) (row[c] + 0.003 * random.nextGaussian());
      }
      stacked.setRow(i, noisy);
    }
    return Points.of(stacked);
  }

  private static void pca(Points points, int repeat, Workers workers) {
    Timing.measure(
        "spectrum " + points.rows() + "x" + points.columns(),
        repeat,
        () -> Pca.of(points, 0, workers).eigenvalues(),
        values -> Map.of("first", values[0]));
  }

  private static void knn(Points points, int repeat, Workers workers) {
    int n = points.rows();
    int d = points.columns();
    Timing.measure(
        "knn " + n + "x" + d,
        repeat,
        () -> NearestNeighbours.of(points, 5, workers),
        found ->
            Map.of(
                "entropy_nats",
                d * Arrays.stream(found.distances(0)).map(Math::log).average().orElse(0)
                    + SpecialFunctions.logUnitBallVolume(d)
                    + Math.log(n - 1.0)
                    - SpecialFunctions.digamma(1)));
  }

  private static void clusteringEntropy(Points points, int repeat, Workers workers) {
    Timing.measure(
        "clustering entropy, one layer",
        repeat,
        () -> PublishedEntropy.of(points, 5000, 100, 1, 30, new Seed(0), workers),
        result -> Map.of("value", result.clustering()));
  }

  /** Several clouds, as nulls that depend on the shape alone are drawn once for all of them. */
  private static void layers(Points points, int count, int repeat, Workers workers) {
    List<NamedCloud> clouds =
        IntStream.range(0, count).mapToObj(i -> new NamedCloud("cloud " + i, points)).toList();
    Timing.measure(
        "whole analysis of %d clouds %dx%d".formatted(count, points.rows(), points.columns()),
        repeat,
        () -> Galaxy.analyse(clouds, Options.defaults(), new Seed(0), workers, Progress.NONE),
        result -> Map.of("excess", Json.tree(result.at("/clouds/0/entropy/excess"))));
  }
}
