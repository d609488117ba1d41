package almagest.cli.pipeline;

import almagest.run.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a whole run does.
 *
 * @param preset the preset these settings began as
 * @param model a model directory, or the name of an embedded model
 * @param sae a published SAE to use at the middle layer, or null to train our own
 * @param corpus a corpus (file, folder, manifest) or the name of an embedded one
 * @param layers zero-based blocks whose residual stream (after the block) is looked at, ascending
 * @param middle the layer among them that gets the larger SAE and the controls
 * @param tokens how many tokens to read at most, special tokens not counted
 * @param heldOut one document in so many is held out from training and from making lobes
 * @param features SAE width at the middle layer
 * @param sideFeatures SAE width at the other layers
 * @param active features per token that a trained SAE keeps (its L0)
 * @param steps training steps of an SAE
 * @param batch tokens per step
 * @param chunk tokens per chunk
 * @param threshold a feature fires above this; 0 for SAEs trained here, 1 is the published rule
 * @param ks numbers of lobes
 * @param affinities functional affinities by name
 * @param nullTrials draws per null
 * @param mapIterations iterations of t-SNE
 * @param seed of everything random
 */
public record Settings(
    String preset,
    String model,
    @Nullable Path sae,
    String corpus,
    List<Integer> layers,
    int middle,
    long tokens,
    int heldOut,
    int features,
    int sideFeatures,
    int active,
    int steps,
    int batch,
    int chunk,
    double threshold,
    List<Integer> ks,
    List<String> affinities,
    int nullTrials,
    int mapIterations,
    long seed) {
  public Settings {
    layers = List.copyOf(layers);
    ks = List.copyOf(ks);
    affinities = List.copyOf(affinities);
    if (layers.isEmpty() || !layers.contains(middle)) {
      throw new InputException("--layers: expected at least one layer, found " + layers);
    }
    if (tokens < 4L * chunk) {
      throw new InputException("--tokens: expected at least " + 4L * chunk + ", found " + tokens);
    }
  }

  /**
   * Minutes on a laptop: MiniLM, three depths, the eight smallest labels of the embedded corpus.
   */
  static final Settings QUICK =
      new Settings(
          "quick",
          "all-minilm-l6-v2",
          null,
          "quick",
          List.of(1, 3, 5),
          3,
          400_000,
          5,
          1024,
          1024,
          24,
          900,
          2048,
          256,
          0,
          List.of(2, 3, 4, 8, 16),
          List.of("phi"),
          100,
          500,
          0);

  /**
   * Under half an hour: BGE-small, three depths, millions of tokens of the whole embedded corpus.
   */
  static final Settings DEFAULT =
      new Settings(
          "default",
          "bge-small-en-v1.5",
          null,
          "default",
          List.of(2, 6, 10),
          6,
          2_600_000,
          5,
          4096,
          2048,
          32,
          2000,
          4096,
          256,
          0,
          List.of(2, 3, 4, 8, 16, 32, 64),
          List.of("phi", "jaccard", "dice", "overlap", "simple-matching"),
          100,
          750,
          0);

  /**
   * The settings of that name.
   *
   * @throws InputException for an unknown name
   */
  public static Settings preset(String name) {
    return switch (name) {
      case "quick" -> QUICK;
      case "default" -> DEFAULT;
      default -> throw new InputException("--preset: expected quick or default, found " + name);
    };
  }

  /** How wide the SAE of a layer is. */
  int featuresAt(int layer) {
    return layer == middle ? features : sideFeatures;
  }

  /** For the manifest and for provenance. */
  Map<String, Object> describe() {
    Map<String, Object> all = new TreeMap<>();
    all.put("preset", preset);
    all.put("model", model);
    all.put("sae", sae == null ? "trained here" : sae.toString());
    all.put("corpus", corpus);
    all.put("layers", layers);
    all.put("tokens", tokens);
    all.put("features", features);
    all.put("threshold", threshold);
    all.put("chunk", chunk);
    all.put("k", ks);
    all.put("affinities", affinities);
    all.put("seed", seed);
    return all;
  }
}
