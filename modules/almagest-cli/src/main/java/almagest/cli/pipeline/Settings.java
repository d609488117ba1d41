package almagest.cli.pipeline;

import almagest.run.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a whole run does.
 *
 * @param preset the name of what these settings began as
 * @param clouds published SAEs, one a layer, whose decoders are the galaxy's clouds; empty for the
 *     SAEs of the run itself
 * @param seed of everything random
 */
public record Settings(
    String preset,
    Reading reading,
    Features features,
    Brain brain,
    List<String> clouds,
    long seed) {
  public Settings {
    clouds = List.copyOf(clouds);
    if (reading.sample > 0 && (features.published == null || reading.layers.size() != 1)) {
      throw new InputException(
          "--preset "
              + preset
              + ": its activations are not stored, so it needs a published --sae and one of --layers, found "
              + reading.layers);
    }
  }

  /** A galaxy of the run's own SAEs. */
  public Settings(String preset, Reading reading, Features features, Brain brain, long seed) {
    this(preset, reading, features, brain, List.of(), seed);
  }

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
   * @param documents the most documents to read; negative for all
   * @param sample how many documents' activations are stored, to judge the SAE on; all others are
   *     encoded as they come. 0 to store all
   */
  public record Reading(
      String model,
      String corpus,
      List<Integer> layers,
      long tokens,
      int heldOut,
      long documents,
      int sample) {
    /** All documents, all activations stored. */
    public Reading(String model, String corpus, List<Integer> layers, long tokens, int heldOut) {
      this(model, corpus, layers, tokens, heldOut, -1, 0);
    }

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

  /** Tokens of a context that count: 1024 with BOS. */
  private static final int CONTEXT = 1023;

  /** The mean L0 of the SAE of width 65k that was taken at each layer of Gemma 2 2B. */
  private static final int[] WIDE_L0 = {
    73, 121, 77, 89, 89, 105, 107, 107, 111, 118, 128, 70, 72, 75, 73, 127, 128, 125, 116, 115, 114,
    111, 116, 123, 124, 93
  };

  /**
   * The published set-up: Gemma 2 2B reads 50,000 documents of The Pile (10,000 of them held out),
   * features are those of its SAE of width 16k at L0 41 after block 12, the galaxy is the 26 SAEs
   * of width 65k.
   */
  private static final Settings PAPER =
      new Settings(
          "paper",
          new Reading("hub:google/gemma-2-2b", "", List.of(12), 50_000L * CONTEXT, 5, 50_000, 400),
          new Features(
              "gemma-scope-2b-pt-res/layer_12/width_16k/average_l0_41", 16_384, 16_384, 41, 1, 1),
          new Brain(
              256,
              1,
              List.of(2, 3, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
              List.of("phi", "jaccard", "dice", "overlap", "simple-matching"),
              100,
              750),
          IntStream.range(0, WIDE_L0.length)
              .mapToObj(l ->
                  "gemma-scope-2b-pt-res/layer_%d/width_65k/average_l0_%d".formatted(l, WIDE_L0[l]))
              .toList(),
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
      case "paper" -> PAPER;
      default ->
          throw new InputException("--preset: expected quick, default or paper, found " + name);
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
      @Nullable Long documents,
      @Nullable Long tokens,
      @Nullable Integer width,
      @Nullable Double threshold,
      @Nullable List<Integer> ks) {}

  /** These settings with a user's own. */
  public Settings with(Overrides user, long newSeed) {
    boolean otherModel =
        reading.sample == 0 && user.model != null && !user.model.equals(reading.model);
    List<Integer> layers =
        user.layers != null ? user.layers : otherModel ? List.of() : reading.layers;
    if (or(user.corpus, reading.corpus).isEmpty()) {
      throw new InputException(
          "--preset "
              + preset
              + ": give --corpus a folder of The Pile's .jsonl.zst files (monology/pile-uncopyrighted,"
              + " train), or a name such as"
              + " hub:datasets/monology/pile-uncopyrighted:train/00.jsonl.zst");
    }
    int width = or(user.width, features.width);
    return new Settings(
        preset,
        new Reading(
            or(user.model, reading.model),
            or(user.corpus, reading.corpus),
            layers,
            or(user.tokens, most(or(user.documents, reading.documents))),
            reading.heldOut,
            or(user.documents, reading.documents),
            reading.sample),
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
        clouds,
        newSeed);
  }

  /** No more tokens than so many documents can have. */
  private long most(long documents) {
    return streamed() ? Math.min(reading.tokens, documents * CONTEXT) : reading.tokens;
  }

  /** What is named that may have to be fetched: model, corpus, SAEs. */
  List<String> names() {
    List<String> names = new ArrayList<>(List.of(reading.model, reading.corpus));
    if (features.published != null) {
      names.add(features.published);
    }
    names.addAll(clouds);
    return names;
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
        new Reading(
            reading.model,
            reading.corpus,
            layers,
            reading.tokens,
            reading.heldOut,
            reading.documents,
            reading.sample),
        features,
        brain,
        clouds,
        seed);
  }

  /** Whether tokens are encoded as they come, and only a sample of activations is stored. */
  boolean streamed() {
    return reading.sample > 0;
  }

  /** How many tokens' activations are stored at most. */
  long stored() {
    return streamed() ? Math.min(reading.tokens, (long) reading.sample * CONTEXT) : reading.tokens;
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
    if (reading.documents >= 0) {
      all.put("documents", reading.documents);
    }
    if (!clouds.isEmpty()) {
      all.put("clouds", clouds);
    }
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
