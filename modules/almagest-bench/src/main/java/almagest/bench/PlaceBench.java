package almagest.bench;

import almagest.brain.CloudMap;
import almagest.brain.LogisticFit;
import almagest.brain.LogisticRegression;
import almagest.brain.PositionClassifier;
import almagest.brain.Tsne;
import almagest.brain.Umap;
import almagest.format.Clouds;
import almagest.format.Npz;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.stat.BalancedAccuracy;
import almagest.stat.PermutedAgreement;
import almagest.tensor.FloatMatrix;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * Times agreement scores, the position classifier and the maps: {@code PlaceBench STAGE DATA
 * [REPEAT]} with STAGE {@code ami}, {@code logreg}, {@code null}, {@code tsne} or {@code umap} and
 * DATA the directory of the synthetic data.
 */
final class PlaceBench {
  private PlaceBench() {}

  public static void main(String[] args) {
    Path data = Path.of(args[1]);
    int repeat = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    try (Workers workers = Workers.ofAllProcessors()) {
      switch (args[0]) {
        case "ami" -> ami(repeat, workers);
        case "logreg" -> logreg(data, repeat, workers);
        case "null" -> directions(data, repeat, workers);
        case "tsne" ->
            map(
                "tsne",
                data,
                repeat,
                x -> CloudMap.tsne(x, Tsne.Options.DEFAULT, workers, Stages.PROGRESS));
        case "umap" ->
            map(
                "umap",
                data,
                repeat,
                x -> CloudMap.umap(x, Umap.Options.DEFAULT, new Seed(0), workers, Stages.PROGRESS));
        default -> throw new IllegalArgumentException("no stage " + args[0]);
      }
    }
  }

  private static void ami(int repeat, Workers workers) {
    int n = 16_384;
    for (int k : new int[] {2, 3, 8, 64, 1024}) {
      RandomGenerator random = new Seed(0).generator();
      int[] a = random.ints(n, 0, k).toArray();
      int[] b = Arrays.stream(a).map(v -> random.nextInt(2) == 0 ? v : random.nextInt(k)).toArray();
      Timing.measure(
          "ami n=" + n + " k=" + k,
          repeat,
          () -> Agreement.of(a, b).ami(),
          v -> Map.of("value", v));
      Timing.measure(
          "ami null, 100 permutations n=" + n + " k=" + k,
          repeat,
          () -> new PermutedAgreement(a, b).draw(100, new Seed(1), workers),
          v -> Map.of("first", v[0]));
    }
  }

  private static int[] labels(Path data, int k) {
    Path file = data.resolve("lobes.npz");
    String level = k == 64 ? "leaf" : k == 8 ? "middle" : "top";
    int[] lobes = Npz.get(Npz.read(file), level, file).ints();
    return k == 2 ? Arrays.stream(lobes).map(v -> v == 0 ? 1 : 0).toArray() : lobes;
  }

  private static void logreg(Path data, int repeat, Workers workers) {
    FloatMatrix x = Clouds.open(data.resolve("decoder.npy").toString());
    int n = x.rowsAsInt();
    int cut = (int) (0.8 * n);
    for (int k : new int[] {2, 3, 8, 64}) {
      int[] y = labels(data, k);
      FloatMatrix train = x.slice(0, cut);
      int[] trainY = Arrays.copyOf(y, cut);
      int[] test = Arrays.copyOfRange(y, cut, n);
      Timing.measure(
          "logreg " + n + "x" + x.columns() + " k=" + k,
          repeat,
          () -> {
            LogisticFit fit =
                LogisticRegression.fit(
                    train, trainY, LogisticRegression.Options.PUBLISHED, workers);
            return Map.<String, Object>of(
                "iterations",
                fit.iterations(),
                "gradient",
                fit.gradient(),
                "objective",
                fit.objective(),
                "balanced_accuracy",
                BalancedAccuracy.of(test, fit.predict(x.slice(cut, n), workers)).value());
          },
          v -> v);
    }
  }

  private static void directions(Path data, int repeat, Workers workers) {
    int trials = 10;
    for (int k : new int[] {2, 3}) {
      int[] y = labels(data, k);
      Timing.measure(
          trials + " fits to random directions k=" + k,
          repeat,
          () ->
              PositionClassifier.randomDirections(
                  y.length, 2304, y, 1, trials, new Seed(1), workers, Progress.NONE),
          v -> Map.of("mean", v.mean(), "sd", v.sd()));
    }
  }

  private static void map(
      String method, Path data, int repeat, Function<FloatMatrix, CloudMap> draw) {
    FloatMatrix x = Clouds.open(data.resolve("decoder.npy").toString());
    Timing.measure(
        method + " " + x.rows() + "x" + x.columns(),
        repeat,
        () -> draw.apply(x),
        map -> {
          map.write(
              Path.of(System.getProperty("java.io.tmpdir")),
              "almagest-map",
              new Provenance("bench", 1, 0, Map.of(), Map.of()));
          return Map.of("facts", map.facts());
        });
  }
}
