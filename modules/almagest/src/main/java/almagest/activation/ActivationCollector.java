package almagest.activation;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes activations of several hook points to disk, one {@link ActivationStore} each, in one pass
 * and with bounded memory. Interrupted, it goes on where it was: shards that are there are not
 * computed again, as long as the provenance is the same.
 */
public final class ActivationCollector {
  private final LanguageModel model;
  private final Set<Hook> hooks;
  private final ActivationStream stream;
  private final Workers workers;
  private final Progress progress;

  public ActivationCollector(
      LanguageModel model, Set<Hook> hooks, Workers workers, Progress progress) {
    this(model, hooks, new ActivationStream(model, hooks), workers, progress);
  }

  /** A stream with blocks of another size gives shards of another size. */
  ActivationCollector(
      LanguageModel model,
      Set<Hook> hooks,
      ActivationStream stream,
      Workers workers,
      Progress progress) {
    this.model = model;
    this.hooks = Set.copyOf(hooks);
    this.stream = stream;
    this.workers = workers;
    this.progress = progress;
  }

  /** The folder of a hook's store inside the collector's folder. */
  public static Path folder(Path out, Hook hook) {
    return out.resolve(hook.name());
  }

  /**
   * @param windows in document order; consumed once and closed
   * @param provenance what decides about the result: model, corpus, options. A folder that was
   *     begun with another is begun anew
   * @return the stores by hook, in folders {@code out/HOOK}
   */
  public Map<Hook, ActivationStore> collect(
      Stream<Window> windows, Path out, Provenance provenance) {
    List<Hook> ordered = hooks.stream().sorted().toList();
    for (Hook hook : ordered) {
      shards(out, hook).begin(describe(hook, provenance));
    }
    TokenTable.Builder table = new TokenTable.Builder();
    List<Integer> rows = new ArrayList<>();
    try (Stream<Window> source = windows;
        Progress.Task task = progress.start("forward pass", -1, "tokens")) {
      stream.run(
          source.iterator(),
          workers,
          block -> !ordered.stream().allMatch(h -> Files.exists(shards(out, h).shard(block))),
          block -> {
            block.windows().forEach(table::add);
            rows.add(block.tokens().tokens());
            block
                .values()
                .forEach(
                    (hook, values) -> Npy.write(shards(out, hook).shard(block.index()), values));
            task.advance(block.tokens().tokens());
          });
    }
    TokenTable tokens = table.build();
    Map<Hook, ActivationStore> stores = new TreeMap<>();
    for (Hook hook : ordered) {
      shards(out, hook).finish(describe(hook, provenance), tokens, rows);
      stores.put(hook, ActivationStore.open(folder(out, hook)));
    }
    return stores;
  }

  private static ShardFolder shards(Path out, Hook hook) {
    return ActivationStore.shards(folder(out, hook));
  }

  private ObjectNode describe(Hook hook, Provenance provenance) {
    ObjectNode root = Json.object();
    root.set("almagest", Json.tree(provenance));
    root.put("model", model.name());
    root.put("family", model.family());
    root.put("products", model.options().products().name());
    root.put("hook", hook.name());
    root.put("d_model", model.width(hook));
    ObjectNode special = root.putObject("special_tokens");
    special.set("before", Json.tree(model.contextPrefix()));
    special.set("after", Json.tree(model.contextSuffix()));
    special.put("stored", false);
    return root;
  }
}
