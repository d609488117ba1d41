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
 * @param preset the name of what these settings began as
 * @param seed of everything random
 */
public record Settings(String preset, Reading reading, Features features, Brain brain, long seed) {
  /**
   * What is read by what.
   *
   * @param model a model directory, {@code hub:ORG/REPO}, or the name of an embedded model
   * @param corpus a corpus (file, folder, manifest, {@code hub:datasets/ORG/REPO:PATH}), or the
   *     name of an embedded one
   * @param layers zero-based blocks whose residual stream (after the block) is looked at,
   *     ascending; empty for a quarter, a half and three quarters of the model's depth
   * @param tokens how many tokens to read at most, special tokens not counted
   * @param heldOut one document of a type in so many takes no part in training or in making lobes
   */
  public record Reading(
      String model, String corpus, List<Integer> layers, long tokens, int heldOut) {
    public Reading {
      layers = layers.stream().sorted().distinct().toList();
      if (tokens < 1 || heldOut < 2) {
        throw new InputException("--tokens: expected at least 1, found " + tokens);
      }
    }

    /** The layer that gets the larger SAE and the controls. */
    int middle() {
      return layers.get(layers.size() / 2);
    }
  }

  /**
   * The SAEs.
   *
   * @param published a published SAE for the middle layer, by path or name, or null to train our
   *     own everywhere
   * @param width of the middle layer's SAE
   * @param sideWidth of the other layers'
   * @param active features a token keeps (L0)
   * @param steps of training
   * @param batch tokens a step
   */
  public record Features(
      @Nullable String published, int width, int sideWidth, int active, int steps, int batch) {
    public Features {
      if (active < 1 || active > Math.min(width, sideWidth)) {
        throw new InputException(
            "--features: expected at least "
                + active
                + " (the L0), found "
                + Math.min(width, sideWidth));
      }
    }
  }

  /**
   * The lobes.
   *
   * @param chunk tokens a chunk
   * @param threshold a feature fires above it; 0 for SAEs trained here, 1 is the published rule
   * @param ks numbers of lobes, ascending
   * @param affinities by name; the first is the one that headlines quote
   * @param trials draws a null
   * @param mapIterations of t-SNE
   */
  public record Brain(
      int chunk,
      double threshold,
      List<Integer> ks,
      List<String> affinities,
      int trials,
      int mapIterations) {
    public Brain {
      ks = ks.stream().sorted().distinct().toList();
      affinities = List.copyOf(affinities);
      if (ks.isEmpty() || ks.getFirst() < 2) {
        throw new InputException("--k: expected numbers of at least 2, found " + ks);
      }
    }
  }

  /** Minutes on a laptop: MiniLM, three depths, the small embedded corpus. */
  private static final Settings QUICK =
      new Settings(
          "quick",
          new Reading("all-minilm-l6-v2", "quick", List.of(1, 3, 5), 400_000, 5),
          new Features(null, 1024, 1024, 24, 800, 2048),
          new Brain(256, 0, List.of(2, 3, 4, 8, 16), List.of("phi"), 100, 500),
          0);

  /**
   * Under half an hour: BGE-small, three depths, millions of tokens of the whole embedded corpus.
   */
  private static final Settings DEFAULT =
      new Settings(
          "default",
          new Reading("bge-small-en-v1.5", "default", List.of(2, 6, 10), 2_200_000, 5),
          new Features(null, 4096, 2048, 32, 2000, 4096),
          new Brain(
              256,
              0,
              List.of(2, 3, 4, 8, 16, 32, 64),
              List.of("phi", "jaccard", "dice", "overlap", "simple-matching"),
              100,
              750),
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

  /**
   * What a user said instead of a preset's own; null leaves a setting as it is.
   *
   * @param layers with another model and no layers, they follow from its depth
   */
  public record Overrides(
      @Nullable String model,
      @Nullable String sae,
      @Nullable String corpus,
      @Nullable List<Integer> layers,
      @Nullable Long tokens,
      @Nullable Integer width,
      @Nullable Double threshold,
      @Nullable List<Integer> ks) {}

  /** These settings with a user's own. */
  public Settings with(Overrides user, long newSeed) {
    boolean otherModel = user.model != null && !user.model.equals(reading.model);
    List<Integer> layers =
        user.layers != null ? user.layers : otherModel ? List.of() : reading.layers;
    int width = or(user.width, features.width);
    return new Settings(
        preset,
        new Reading(
            or(user.model, reading.model),
            or(user.corpus, reading.corpus),
            layers,
            or(user.tokens, reading.tokens),
            reading.heldOut),
        new Features(
            user.sae == null ? features.published : user.sae,
            width,
            Math.min(width, features.sideWidth),
            features.active,
            features.steps,
            features.batch),
        new Brain(
            brain.chunk,
            or(user.threshold, user.sae == null ? brain.threshold : 1.0),
            or(user.ks, brain.ks),
            brain.affinities,
            brain.trials,
            brain.mapIterations),
        newSeed);
  }

  private static <T> T or(@Nullable T said, T otherwise) {
    return said == null ? otherwise : said;
  }

  /**
   * Fits the layers to a model.
   *
   * @param depth its number of blocks
   * @throws InputException when a layer is not there
   */
  Settings forModel(int depth) {
    for (int layer : reading.layers) {
      if (layer < 0 || layer >= depth) {
        throw new InputException(
            "--layers: the model has layers 0 to " + (depth - 1) + ", not " + layer);
      }
    }
    List<Integer> layers =
        reading.layers.isEmpty() ? List.of(depth / 4, depth / 2, 3 * depth / 4) : reading.layers;
    return new Settings(
        preset,
        new Reading(reading.model, reading.corpus, layers, reading.tokens, reading.heldOut),
        features,
        brain,
        seed);
  }

  /** How wide the SAE of a layer is. */
  int widthAt(int layer) {
    return layer == reading.middle() ? features.width : features.sideWidth;
  }

  /** For the manifest and for provenance; names, no absolute paths. */
  Map<String, Object> describe() {
    Map<String, Object> all = new TreeMap<>();
    all.put("preset", preset);
    all.put("model", lastName(reading.model));
    all.put("sae", features.published == null ? "trained here" : lastName(features.published));
    all.put("corpus", lastName(reading.corpus));
    all.put("layers", reading.layers);
    all.put("tokens", reading.tokens);
    all.put("features", features.width);
    all.put("threshold", brain.threshold);
    all.put("chunk", brain.chunk);
    all.put("k", brain.ks);
    all.put("affinities", brain.affinities);
    all.put("seed", seed);
    return all;
  }

  private static String lastName(String path) {
    return String.valueOf(Path.of(path).getFileName());
  }
}
