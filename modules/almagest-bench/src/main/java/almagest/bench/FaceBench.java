package almagest.bench;

import almagest.atom.CrystalSearch;
import almagest.atom.DifferenceClusters;
import almagest.atom.Face;
import almagest.atom.FaceSearch;
import almagest.format.Clouds;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Times the search for faces and the clustering of differences: {@code FaceBench STAGE DATA
 * [REPEAT]} with STAGE {@code kmeans} (words.npy), {@code words} (a cloud of words, DATA the file)
 * or {@code search} (decoder.npy with planted faces) and DATA the directory of the synthetic data.
 */
final class FaceBench {
  private static final int PLANTED = 100;

  private FaceBench() {}

  public static void main(String[] args) {
    Path data = Path.of(args[1]);
    int repeat = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    try (Workers workers = Workers.ofAllProcessors()) {
      switch (args[0]) {
        case "kmeans" -> kmeans(data, repeat, workers);
        case "words" -> words(data, repeat, workers);
        case "search" -> search(data, workers);
        default -> throw new IllegalArgumentException("no stage " + args[0]);
      }
    }
  }

  private static void kmeans(Path data, int repeat, Workers workers) {
    FloatMatrix x = Clouds.open(data.resolve("words.npy").toString());
    for (int k : new int[] {16, 64, 256}) {
      Timing.measure(
          "k-means of the differences of " + x.rows() + "x" + x.columns() + " k=" + k,
          repeat,
          () ->
              DifferenceClusters.fit(
                  Points.of(x),
                  new DifferenceClusters.Options(k, false, false, 2, 200, 1e-5),
                  new Seed(0),
                  workers,
                  Progress.NONE),
          fit -> Map.of("inertia", fit.inertia(), "iterations", fit.iterations()));
    }
  }

  private static void words(Path file, int repeat, Workers workers) {
    Points all = Clouds.points(file.toString());
    for (int n = 250; n <= all.rows(); n *= 2) {
      Points some = Points.of(all, IntStream.range(0, n).toArray());
      Timing.measure(
          "faces of " + n + "x" + all.columns() + ", residual 0.5, cosine 0.9",
          repeat,
          () -> FaceSearch.of(some, FaceSearch.Limits.of(0.5, 0.9), workers, Progress.NONE),
          found ->
              Map.of(
                  "parallelograms",
                  found.parallelograms().size(),
                  "trapezoids",
                  found.trapezoids().size()));
    }
  }

  /** Every fourth of the planted faces lies among the first 1000 points. */
  private static void search(Path data, Workers workers) {
    FloatMatrix decoder = Clouds.open(data.resolve("decoder.npy").toString());
    int n = decoder.rowsAsInt();
    int d = decoder.columns();
    FloatMatrix x = FloatMatrix.zeros(n, d);
    x.data().copyFrom(decoder.data());
    RandomGenerator random = new Seed(1).generator();
    Set<Set<Integer>> planted = new HashSet<>();
    int[] order = shuffled(n, random);
    int[] first = IntStream.of(order).filter(i -> i < 1000).toArray();
    int[] rest = IntStream.of(order).filter(i -> i >= 1000).toArray();
    for (int f = 0; f < PLANTED; f++) {
      int[] from = f % 4 == 0 ? first : rest;
      int a = from[4 * f];
      int b = from[4 * f + 1];
      int c = from[4 * f + 2];
      int e = from[4 * f + 3];
      double ratio = f % 2 == 0 ? 1 : 0.5 + random.nextDouble();
      float[] row = new float[d];
      for (int j = 0; j < d; j++) {
        row[j] =
            (float)
                (x.get(c, j)
                    + ratio * (x.get(b, j) - x.get(a, j))
                    + 0.1 / Math.sqrt(d) * random.nextGaussian());
      }
      x.setRow(e, row);
      planted.add(Set.of(a, b, c, e));
    }
    double none = Double.POSITIVE_INFINITY;
    CrystalSearch.Options options =
        new CrystalSearch.Options(0.5, none, 0.9, 0.1, 3, 100_000, new Seed(0));
    long start = System.nanoTime();
    CrystalSearch.Result found = CrystalSearch.of(Points.of(x), options, workers, Stages.PROGRESS);
    double seconds = (System.nanoTime() - start) / 1e9;
    Set<Set<Integer>> listed = new HashSet<>();
    Set<Face> all = new HashSet<>();
    found.upTo(0.05).forEach(r -> listed.add(points(r.face())));
    found.faces().forEach(r -> all.add(r.face()));
    long recalled = planted.stream().filter(listed::contains).count();
    FaceSearch.Found part =
        FaceSearch.of(
            Points.of(Points.of(x), IntStream.range(0, 1000).toArray()),
            found.limits(),
            workers,
            Progress.NONE);
    long in =
        IntStream.concat(
                part.parallelograms().stream().mapToInt(f -> all.contains(f) ? 1 : 0),
                part.trapezoids().stream().mapToInt(f -> all.contains(f) ? 1 : 0))
            .sum();
    System.out.printf(
        "search %dx%d: %.1f s with %d structureless clouds, p of the cloud %.2g, %d faces, planted"
            + " %d of %d at q 0.05, of %d faces of the first 1000 points alone %d are among them%n",
        n,
        d,
        seconds,
        found.nulls(),
        found.cloudP(),
        found.faces().size(),
        recalled,
        planted.size(),
        part.parallelograms().size() + part.trapezoids().size(),
        in);
  }

  private static Set<Integer> points(Face f) {
    return Set.of(f.a(), f.b(), f.c(), f.d());
  }

  private static int[] shuffled(int n, RandomGenerator random) {
    int[] order = IntStream.range(0, n).toArray();
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int v = order[i];
      order[i] = order[j];
      order[j] = v;
    }
    return order;
  }
}
