package almagest.cli;

import almagest.feature.Sae;
import almagest.format.Json;
import almagest.format.Npz;
import almagest.format.Tensor;
import almagest.run.ResourceException;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Features of activations that were made elsewhere. */
@Command(
    name = "encode",
    description = {
      "Encodes activations with an SAE.",
      "Writes features [tokens, d_sae] and reconstruction [tokens, d_model], float32; with --sparse,"
          + " features as indptr int64, indices int32 and values float32 with shape int64."
    },
    footer = {"", "Example: almagest sae encode --sae params.npz --activations x.npy --out f.npz"})
final class SaeEncodeCommand implements Callable<Integer> {
  /** Beyond this many bytes dense features are refused. */
  private static final long DENSE_LIMIT = 16L << 30;

  @Mixin private Common common = new Common();

  @Option(
      names = "--sae",
      required = true,
      paramLabel = "SAE",
      description = "The SAE: a file, a directory, hub:ORG/REPO:PATH or release/sae_id.")
  private String sae = "";

  @Option(
      names = "--activations",
      required = true,
      paramLabel = "X.npy",
      description =
          "Activations [tokens, d_model] (more dimensions are flattened), or FILE.npz:KEY.")
  private String activations = "";

  @Option(names = "--out", required = true, paramLabel = "F.npz", description = "Where to write.")
  private Path out = Path.of("");

  @Option(names = "--sparse", description = "Write the features as a sparse matrix.")
  private boolean sparse;

  @Override
  public Integer call() {
    Sae opened = Sae.open(common.local(sae));
    FloatMatrix x = ActivationArgument.matrix(common.localArray(activations));
    SparseRows features;
    FloatMatrix reconstruction = FloatMatrix.zeros(x.rows(), opened.dModel());
    try (Workers workers = common.workers()) {
      features = opened.encode(x, workers);
      opened.reconstruct(features, x, reconstruction, workers);
    }
    Map<String, Tensor> arrays = new LinkedHashMap<>();
    if (sparse) {
      arrays.put("indptr", Tensor.of(features.indptr()));
      arrays.put("indices", Tensor.of(features.indices()));
      arrays.put("values", Tensor.of(features.values()));
      arrays.put("shape", Tensor.of(new long[] {features.rows(), features.columns()}));
    } else {
      arrays.put("features", Tensor.of(dense(features)));
    }
    arrays.put("reconstruction", Tensor.of(reconstruction));
    Npz.writeTensors(out, arrays);
    report(opened, features);
    return 0;
  }

  private FloatMatrix dense(SparseRows features) {
    long bytes = 4L * features.rows() * features.columns();
    if (bytes > DENSE_LIMIT) {
      throw new ResourceException(
          "dense features [%d, %d] take %.1f GB; use --sparse"
              .formatted(features.rows(), features.columns(), bytes / 1e9));
    }
    FloatMatrix dense = FloatMatrix.zeros(features.rows(), features.columns());
    for (int r = 0; r < features.rows(); r++) {
      for (int e = features.start(r); e < features.end(r); e++) {
        dense.set(r, features.indices()[e], features.values()[e]);
      }
    }
    return dense;
  }

  private void report(Sae opened, SparseRows features) {
    double l0 = (double) features.indices().length / Math.max(1, features.rows());
    ObjectNode root = Json.object();
    root.put("tokens", features.rows());
    root.put("d_sae", opened.dSae());
    root.put("l0", l0);
    root.set("notes", Json.tree(opened.info().notes()));
    if (common.json) {
      System.out.println(Json.line(root));
    } else {
      System.out.printf(
          java.util.Locale.ROOT,
          "%d tokens, %.2f of %d features fire on one, in %s%n",
          features.rows(),
          l0,
          opened.dSae(),
          out);
    }
  }
}
