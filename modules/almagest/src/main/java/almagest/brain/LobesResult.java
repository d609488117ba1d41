package almagest.brain;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.run.Provenance;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Lobes} found.
 *
 * @param features n
 * @param chunks T
 * @param dead features that never fire
 * @param leftOut features that got no lobe because they fire too seldom
 * @param cuts by the affinity's name, one per number of lobes
 * @param angular clusters of the decoder directions by number; empty without a decoder
 * @param contexts tokens that features fire on, for the lobes' names, or null
 */
public record LobesResult(
    int features,
    long chunks,
    int dead,
    int leftOut,
    Map<String, List<Lobes.Cut>> cuts,
    Map<Integer, int[]> angular,
    @Nullable FeatureTokens contexts) {

  /** The same with contexts, from which lobes are named, too. */
  public LobesResult with(FeatureTokens found) {
    return new LobesResult(features, chunks, dead, leftOut, cuts, angular, found);
  }

  /** The content of {@code lobes.json}. */
  public ObjectNode toJson(Provenance provenance) {
    ObjectNode root = Json.object();
    root.set("almagest", Json.tree(provenance));
    root.put("features", features);
    root.put("chunks", chunks);
    root.put("dead", dead);
    root.put("left_out", leftOut);
    ObjectNode affinities = root.putObject("affinities");
    cuts.forEach((name, list) -> {
      ObjectNode affinity = affinities.putObject(name);
      affinity.set("choice", choice(list));
      ObjectNode byK = affinity.putObject("k");
      List<String> paths = List.of();
      for (Lobes.Cut cut : list) {
        ObjectNode node = byK.putObject(Integer.toString(cut.k()));
        write(cut, node);
        if (cut.types() != null || contexts != null) {
          paths = LobeNames.of(cut, contexts).writeTo(node, cut.parent(), paths);
        }
      }
    });
    root.set("comparison", Comparison.of(cuts).toJson());
    ObjectNode geometric = root.putObject("angular").putObject("k");
    angular.forEach((k, labels) ->
        geometric.putObject(Integer.toString(k)).set("sizes", Json.tree(sizes(labels, k))));
    return root;
  }

  /**
   * The number of lobes, of those asked for, that each rule by itself would choose; the smallest of
   * equals, and nothing where a rule was not measured. They seldom agree, and none of them says
   * that there are lobes at all.
   */
  private static ObjectNode choice(List<Lobes.Cut> cuts) {
    ObjectNode node = Json.object();
    best(node, "eigengap", cuts, Lobes.Cut::eigengap);
    best(node, "stability_seeds", cuts, Lobes.Cut::stabilitySeeds);
    best(node, "stability_halves", cuts, Lobes.Cut::stabilityHalves);
    best(node, "ncut_per_lobe", cuts, cut -> -cut.normalisedCut() / cut.k());
    return node;
  }

  private static void best(
      ObjectNode node, String rule, List<Lobes.Cut> cuts, ToDoubleFunction<Lobes.Cut> score) {
    double most = Double.NEGATIVE_INFINITY;
    for (Lobes.Cut cut : cuts) {
      double value = score.applyAsDouble(cut);
      if (value > most) {
        most = value;
        node.put(rule, cut.k());
      }
    }
  }

  private static void write(Lobes.Cut cut, ObjectNode node) {
    node.set("sizes", Json.tree(cut.sizes()));
    node.set("alive", Json.tree(cut.alive()));
    if (cut.parent() != null) {
      node.set("parent", Json.tree(cut.parent()));
    }
    node.set("eigenvalues", Json.tree(cut.eigenvalues()));
    node.set("eigengap", Json.tree(cut.eigengap()));
    node.put("residual", cut.residual());
    node.put("ncut", cut.normalisedCut());
    ObjectNode stability = node.putObject("stability");
    stability.set("seeds", Json.tree(cut.stabilitySeeds()));
    stability.set("halves", Json.tree(cut.stabilityHalves()));
    Position position = cut.position();
    if (position != null) {
      position.writeTo(node);
    }
    LobeTypes types = cut.types();
    if (types != null) {
      ObjectNode kinds = types.toJson();
      kinds.set("wins", Json.tree(types.names()));
      node.set("types", kinds);
    }
  }

  private static int[] sizes(int[] labels, int k) {
    int[] sizes = new int[k];
    Arrays.stream(labels).filter(l -> l >= 0).forEach(l -> sizes[l]++);
    return sizes;
  }

  /**
   * Writes {@code lobes.json}, {@code comparison.csv}, {@code labels-AFFINITY-kK.npy} and {@code
   * labels-angular-kK.npy}.
   */
  public void write(Path folder, Provenance provenance) {
    cuts.forEach((name, list) -> {
      for (Lobes.Cut cut : list) {
        writeLabels(folder, name, cut.k(), cut.labels());
      }
    });
    angular.forEach((k, labels) -> writeLabels(folder, "angular", k, labels));
    Comparison.of(cuts).write(folder.resolve("comparison.csv"));
    Json.write(folder.resolve("lobes.json"), toJson(provenance));
  }

  private static void writeLabels(Path folder, String name, int k, int[] labels) {
    Npy.write(folder.resolve("labels-" + name + "-k" + k + ".npy"), NpyArray.of(labels));
  }
}
