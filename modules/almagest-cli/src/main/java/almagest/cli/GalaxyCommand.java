package almagest.cli;

import almagest.feature.Sae;
import almagest.feature.SaeInfo;
import almagest.format.Clouds;
import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.galaxy.Galaxy;
import almagest.galaxy.NamedCloud;
import almagest.galaxy.Options;
import almagest.run.InputException;
import almagest.run.Provenance;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code galaxy}: the shape of whole clouds. */
@Command(
    name = "galaxy",
    description = {
      "The shape of whole clouds: spectrum and slope, volume, clustering entropy, beside their"
          + " nulls and the published estimates.",
      "Writes galaxy.json and the first three principal components of every cloud."
    })
final class GalaxyCommand implements Callable<Integer> {
  private static final Pattern LAYER =
      Pattern.compile("(?:layer|blocks?|(?<![A-Za-z_])L)[-_.]?(\\d+)", Pattern.CASE_INSENSITIVE);

  /** As Gemma Scope's folders say it. */
  private static final Pattern L0 = Pattern.compile("average_l0_(\\d+(?:\\.\\d+)?)");

  /** Names that every SAE's file or folder has. */
  private static final List<String> DULL = List.of("sae", "params", "sae_weights");

  /** Folders that say little without the one they are in. */
  private static final Pattern PLACED = Pattern.compile("(average_l0|width)_.*");

  @Mixin private Common common = new Common();

  @Option(
      names = "--cloud",
      required = true,
      arity = "1..*",
      paramLabel = "F",
      description =
          "Clouds, one a layer: FILE.npy, FILE.npz:KEY, FILE.safetensors:KEY, an SAE directory or a"
              + " Gemma Scope params.npz (its decoder); hub:ORG/REPO:PATH or release/sae_id. Arrays"
              + " [n, d], or [rows, length, d] as model activations writes them: a point a token.")
  private List<String> clouds = new ArrayList<>();

  @Option(
      names = "--encoder",
      description = "Of SAEs, take the encoder's directions instead of the decoder's.")
  private boolean encoder;

  @Option(
      names = "--layer",
      split = ",",
      paramLabel = "N",
      description = "The layer of each cloud (default: read off its name or hook point).")
  private List<Integer> layers = new ArrayList<>();

  @Option(
      names = "--l0",
      split = ",",
      paramLabel = "X",
      description = "The mean L0 of the SAE of each cloud; tells depth from sparsity.")
  private List<Double> l0 = new ArrayList<>();

  @Option(names = "--out", paramLabel = "DIR", description = "Where to write (default: galaxy).")
  private Path out = Path.of("galaxy");

  @Option(
      names = "--sample",
      paramLabel = "N",
      description = "Rows for neighbour statistics, without replacement (default: 5000).")
  private int sample = Options.defaults().sample();

  @Option(
      names = "--dimension",
      paramLabel = "D",
      description = "Principal components for entropies (default: 100).")
  private int dimension = Options.defaults().dimension();

  @Option(names = "--k", paramLabel = "K", description = "Which neighbour (default: 1).")
  private int k = Options.defaults().k();

  @Option(
      names = "--entropy-draws",
      paramLabel = "N",
      description = "Gaussian clouds of each entropy null (default: 20).")
  private int entropyDraws = Options.defaults().entropyDraws();

  @Option(
      names = "--spectrum-draws",
      paramLabel = "N",
      description =
          "Clouds of each spectrum null (default: 20 of small clouds, fewer of large ones).")
  private int spectrumDraws = Options.defaults().spectrumDraws();

  @Option(
      names = "--splits",
      paramLabel = "N",
      description = "Random halvings for the intervals (default: 10).")
  private int splits = Options.defaults().splits();

  @Option(
      names = "--resamples",
      paramLabel = "N",
      description = "Bootstraps of the published estimate (default: 30).")
  private int resamples = Options.defaults().resamples();

  @Override
  public Integer call() {
    check("--layer", layers.size());
    check("--l0", l0.size());
    Options options =
        Options.defaults()
            .withSample(sample)
            .withDimension(dimension)
            .withK(k)
            .withDraws(entropyDraws, spectrumDraws)
            .withSplits(splits)
            .withResamples(resamples);
    Map<String, String> hashes = new TreeMap<>();
    List<NamedCloud> named = open(hashes);
    ObjectNode result = Json.object();
    result.set("almagest", Json.tree(provenance(hashes)));
    try (Workers workers = common.workers()) {
      result.setAll(
          Galaxy.analyse(named, options, common.seed(), this::keep, workers, common.progress()));
    }
    Json.write(out.resolve("galaxy.json"), result);
    if (common.json) {
      System.out.println(Json.line(result));
    } else {
      print(result);
    }
    return 0;
  }

  private void check(String option, int count) {
    if (count > 0 && count != clouds.size()) {
      throw new InputException(
          option + ": expected one value a cloud, that is " + clouds.size() + ", found " + count);
    }
  }

  private Provenance provenance(Map<String, String> hashes) {
    Map<String, Object> asked = new TreeMap<>();
    asked.put("cloud", clouds);
    asked.put("encoder", encoder);
    asked.put("layer", layers);
    asked.put("l0", l0);
    asked.put("sample", sample);
    asked.put("dimension", dimension);
    asked.put("k", k);
    asked.put("entropy-draws", entropyDraws);
    asked.put("spectrum-draws", spectrumDraws);
    asked.put("splits", splits);
    asked.put("resamples", resamples);
    return new Provenance(Provenance.VERSION, 1, common.seed().value(), asked, hashes);
  }

  private String keep(NamedCloud cloud, DoubleMatrix scores) {
    String name = cloud.name() + "-pca3.npy";
    Npy.write(out.resolve(name), NpyArray.narrowed(scores));
    return name;
  }

  private List<NamedCloud> open(Map<String, String> hashes) {
    Map<String, NamedCloud> named = new LinkedHashMap<>();
    for (int i = 0; i < clouds.size(); i++) {
      String cloud = common.localArray(clouds.get(i));
      Points points;
      @Nullable SaeInfo info = null;
      Path path = Path.of(cloud);
      if (encoder || Files.isDirectory(path)) {
        Sae sae = Sae.open(path);
        points = Points.of(encoder ? sae.wEnc() : sae.wDec());
        info = sae.info();
      } else {
        points = Clouds.points(cloud);
      }
      hashes.putAll(new CloudArgument(cloud).hashes());
      String name = name(cloud);
      for (int copy = 2; named.containsKey(name); copy++) {
        name = name(cloud) + "-" + copy;
      }
      @Nullable Integer layer =
          layers.isEmpty()
              ? number(LAYER, Integer::valueOf, info == null ? "" : info.hook(), name)
              : layers.get(i);
      @Nullable Double sparsity = l0.isEmpty() ? number(L0, Double::valueOf, cloud) : l0.get(i);
      named.put(name, new NamedCloud(name, points, layer, sparsity));
    }
    return List.copyOf(named.values());
  }

  /** What the first text that matches says. */
  private static <T> @Nullable T number(
      Pattern pattern, Function<String, T> parse, String... texts) {
    for (String text : texts) {
      Matcher m = pattern.matcher(text);
      if (m.find()) {
        return parse.apply(m.group(1));
      }
    }
    return null;
  }

  /**
   * The parts of the path that say something: {@code run/layer-03/sae} is layer-03, {@code
   * layer_3/width_16k/average_l0_59/params.npz} is layer_3-width_16k-average_l0_59.
   */
  private static String name(String cloud) {
    Path path =
        Path.of(cloud.replaceFirst("(\\.np[yz]|\\.safetensors)(:.*)?$", ""))
            .toAbsolutePath()
            .normalize();
    int parts = path.getNameCount();
    int last = parts - 1;
    if (last > 0 && DULL.contains(path.getName(last).toString())) {
      last--;
    }
    int first = last;
    while (first > 0 && PLACED.matcher(path.getName(first).toString()).matches()) {
      first--;
    }
    String name = parts == 0 ? "cloud" : path.subpath(first, last + 1).toString();
    int colon = cloud.lastIndexOf(':');
    String key = colon < 0 ? "" : cloud.substring(colon + 1);
    return (key.isEmpty() || key.equals("W_dec") ? name : name + "-" + key)
        .replaceAll("[^A-Za-z0-9._-]", "-");
  }

  private void print(ObjectNode result) {
    System.out.printf(
        Locale.ROOT,
        "%-16s %7s %5s  %-28s %-9s %10s  %-18s %s%n",
        "cloud",
        "n",
        "d",
        "slope [95 %]",
        "null",
        "volume",
        "excess, nats",
        "published clustering");
    for (JsonNode c : result.get("clouds")) {
      System.out.printf(
          Locale.ROOT,
          "%-16s %7d %5d  %-28s %-9s %10s  %-18s %s%n",
          c.get("name").asText(),
          c.get("n").asInt(),
          c.get("d").asInt(),
          number(c.at("/slope/value"), 3)
              + " ["
              + number(c.at("/slope/ci/0"), 3)
              + ", "
              + number(c.at("/slope/ci/1"), 3)
              + "]",
          number(c.at("/slope/null/mean"), 3),
          number(c.at("/log_volume/value"), 1),
          number(c.at("/entropy/excess"), 2) + " ± " + number(c.at("/entropy/excess_sd"), 2),
          number(c.at("/published/clustering_entropy"), 1)
              + " ± "
              + number(c.at("/published/error"), 1));
    }
    System.out.println("in " + out.resolve("galaxy.json"));
  }

  private static String number(JsonNode node, int digits) {
    return node.isNumber() ? String.format(Locale.ROOT, "%." + digits + "f", node.asDouble()) : "-";
  }
}
