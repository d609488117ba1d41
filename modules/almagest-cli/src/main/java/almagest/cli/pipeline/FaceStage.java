package almagest.cli.pipeline;

import almagest.atom.CrystalSearch;
import almagest.atom.FaceReport;
import almagest.atom.RemovedDirections;
import almagest.feature.Sae;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.util.List;
import java.util.Map;

/**
 * Faces among the decoder directions of the earliest layer, where features stand for single words
 * the most; each feature is called by its typical token.
 */
final class FaceStage {
  /**
   * Tighter than chance would ask for in so many dimensions, so that the search takes seconds.
   * Three structureless clouds tell a cloud from chance only by several faces without a common
   * point that are better than all of chance's.
   */
  private static final double RESIDUAL = 0.6;

  private static final double COSINE = 0.85;
  private static final int NULLS = 3;
  private static final int MOST = 500;

  private FaceStage() {}

  /**
   * @param sae of the earliest layer
   * @param collect the stage that wrote its contexts
   */
  static Stage of(
      Settings settings, int layer, Stage sae, Stage collect, Workers workers, Progress progress) {
    return new Stage(
        "crystals/faces",
        Map.of("layer", layer, "seed", settings.seed()),
        List.of(sae, collect),
        List.of("crystals/faces.jsonl", "crystals/faces.json", "crystals/faces.npz"),
        true,
        run -> {
          String folder = LayerStages.folder(layer);
          FloatMatrix decoder = Sae.open(run.resolve(folder).resolve("sae")).wDec();
          FeatureNames names = FeatureNames.read(run.resolve(folder).resolve("examples.jsonl"));
          Seed seed = new Seed(settings.seed()).split("faces");
          CrystalSearch.Options chance = CrystalSearch.Options.defaults(seed);
          CrystalSearch.Result found =
              CrystalSearch.of(
                      Points.of(decoder),
                      new CrystalSearch.Options(
                          RESIDUAL, chance.gap(), COSINE, chance.edge(), NULLS, MOST, seed),
                      workers,
                      progress)
                  .withoutSides();
          FaceReport report =
              new FaceReport(
                  found,
                  RemovedDirections.none(),
                  decoder.rowsAsInt(),
                  decoder.columns(),
                  names.names(),
                  List.of(),
                  List.of(),
                  layer,
                  1);
          report.write(
              run.resolve("crystals"),
              report.summary(
                  new Provenance(
                      Provenance.VERSION, 1, settings.seed(), settings.describe(), Map.of())));
        });
  }
}
