package almagest.bench;

import almagest.atom.Lda;
import almagest.atom.Shrinkage;
import almagest.format.Npz;
import almagest.run.Workers;
import almagest.stat.Silhouette;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * Times LDA with 8 components and the silhouette of the projected points on the peers' {@code
 * relations.npz}: {@code LdaBench DATA svd|eigen [SHRINKAGE] [REPEAT] [ROWS] [COLUMNS]}.
 */
final class LdaBench {
  private LdaBench() {}

  public static void main(String[] args) {
    Lda.Options options =
        new Lda.Options(
            args[1].equals("eigen") ? Lda.Solver.EIGEN : Lda.Solver.SVD,
            Shrinkage.parse(args.length > 2 ? args[2] : "none"));
    int repeat = args.length > 3 ? Integer.parseInt(args[3]) : 3;
    Npz npz = Npz.open(Path.of(args[0]).resolve("relations.npz"));
    FloatMatrix all = npz.tensor("differences").matrix();
    int rows = args.length > 4 ? Integer.parseInt(args[4]) : all.rowsAsInt();
    int columns = args.length > 5 ? Integer.parseInt(args[5]) : all.columns();
    FloatMatrix differences = FloatMatrix.zeros(rows, columns);
    for (int i = 0; i < rows; i++) {
      differences.setRow(i, all.row(i)); // as many values as there are columns
    }
    int[] labels = Arrays.copyOf(npz.array("relation").ints(), rows);
    try (Workers workers = Workers.ofAllProcessors()) {
      DoubleMatrix projected =
          Timing.measure(
              "lda " + args[1] + " " + rows + "x" + differences.columns(),
              repeat,
              () -> {
                Points points = Points.of(differences);
                return Lda.fit(points, labels, options, workers).transform(points, 8, workers);
              },
              found -> Map.of("components", found.columns()));
      Timing.measure(
          "silhouette " + rows + "x" + projected.columns(),
          repeat,
          () ->
              Silhouette.of(
                  projected.toArray(),
                  projected.columns(),
                  labels,
                  Silhouette.Metric.EUCLIDEAN,
                  workers),
          found -> Map.of("value", found.mean()));
    }
  }
}
