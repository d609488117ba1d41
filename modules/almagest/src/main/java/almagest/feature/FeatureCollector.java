package almagest.feature;

import almagest.activation.ActivationStream;
import almagest.activation.TokenTable;
import almagest.activation.Window;
import almagest.format.Json;
import almagest.format.Npz;
import almagest.format.Tensor;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Runs a model over windows and keeps what SAEs of one hook point make of it, one {@link
 * FeatureStore} each; activations are encoded as they come and never stored. Interrupted, it goes
 * on where it was: shards that are there are not computed again, as long as the provenance is the
 * same.
 */
public final class FeatureCollector {
  private final LanguageModel model;
  private final Hook hook;
  private final Map<Path, Sae> saes;
  private final Workers workers;
  private final Progress progress;

  /**
   * @param saes by the folder that takes their features
   * @throws InputException when one reads vectors of another width
   */
  public FeatureCollector(
      LanguageModel model, Hook hook, Map<Path, Sae> saes, Workers workers, Progress progress) {
    for (Sae sae : saes.values()) {
      if (sae.dModel() != model.width(hook)) {
        throw new InputException(
            "the SAE reads vectors of %d, %s of %s gives %d; is it the SAE of this hook point?"
                .formatted(sae.dModel(), hook.name(), model.name(), model.width(hook)));
      }
    }
    this.model = model;
    this.hook = hook;
    this.saes = new LinkedHashMap<>(saes);
    this.workers = workers;
    this.progress = progress;
  }

  /**
   * @param windows in document order; consumed once and closed
   * @param provenance what decides about the result: model, SAE, corpus, options. Folders that were
   *     begun with another are begun anew
   */
  public void collect(Stream<Window> windows, Provenance provenance) {
    saes.forEach((folder, sae) -> FeatureStore.shards(folder).begin(describe(sae, provenance)));
    TokenTable.Builder table = new TokenTable.Builder();
    List<Integer> rows = new ArrayList<>();
    try (Stream<Window> source = windows;
        Progress.Task task = progress.start("model and features", -1, "tokens")) {
      new ActivationStream(model, Set.of(hook))
          .run(
              source.iterator(),
              workers,
              block ->
                  !saes.keySet().stream()
                      .allMatch(f -> Files.exists(FeatureStore.shards(f).shard(block))),
              block -> {
                block.windows().forEach(table::add);
                rows.add(block.tokens().tokens());
                FloatMatrix x = block.values().get(hook);
                if (x != null) {
                  saes.forEach((folder, sae) ->
                      write(
                          FeatureStore.shards(folder).shard(block.index()),
                          sae.encode(x, workers)));
                }
                task.advance(block.tokens().tokens());
              });
    }
    TokenTable tokens = table.build();
    saes.forEach((folder, sae) ->
        FeatureStore.shards(folder).finish(describe(sae, provenance), tokens, rows));
  }

  private static void write(Path file, SparseRows features) {
    Map<String, Tensor> arrays = new LinkedHashMap<>();
    arrays.put("indptr", Tensor.of(features.indptr()));
    arrays.put("indices", Tensor.of(features.indices()));
    arrays.put("values", Tensor.of(Objects.requireNonNull(features.values())));
    arrays.put("shape", Tensor.of(new long[] {features.rows(), features.columns()}));
    Npz.writeTensors(file, arrays);
  }

  private ObjectNode describe(Sae sae, Provenance provenance) {
    ObjectNode root = Json.object();
    root.set("almagest", Json.tree(provenance));
    root.put("model", model.name());
    root.put("products", model.options().products().name());
    root.put("hook", hook.name());
    root.put("architecture", sae.weights().rule().architecture());
    root.put("d_sae", sae.dSae());
    return root;
  }
}
