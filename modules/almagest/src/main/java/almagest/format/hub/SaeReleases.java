package almagest.format.hub;

import almagest.run.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sparse autoencoders under the names of SAELens' registry, written {@code release/sae_id}, for the
 * releases whose names follow a rule: Gemma Scope 1 and 2, Llama Scope, the residual-stream SAEs of
 * GPT-2 small (res-jb and OpenAI's v5 in SAELens' format) and of Pythia-70m.
 *
 * <p>Gemma Scope's {@code canonical} is the SAE whose mean L0 is nearest to 100 among those of its
 * layer and width; the hub's listing is asked for which there are.
 */
public final class SaeReleases {
  private static final List<String> SAELENS = List.of("cfg.json", "sae_weights.safetensors");

  private static final List<Rule> RULES =
      List.of(
          new Rule(
              "(gemma-scope-(?:2b|9b|27b)-(?:pt|it)-(?:res|mlp|att|transcoders))",
              "((?:embedding|layer_\\d+)/width_\\w+/average_l0_\\d+)",
              "google/$1",
              "$2",
              List.of("params.npz")),
          new Rule(
              "(gemma-scope-(?:2b|9b|27b)-(?:pt|it)-(?:res|mlp|att))-canonical",
              "((?:embedding|layer_\\d+)/width_\\w+)/canonical",
              "google/$1",
              "$2",
              List.of()),
          gemmaScope2("res", "resid_post"),
          gemmaScope2("res-all", "resid_post_all"),
          gemmaScope2("mlp", "mlp_out"),
          gemmaScope2("mlp-all", "mlp_out_all"),
          gemmaScope2("att", "attn_out"),
          gemmaScope2("att-all", "attn_out_all"),
          gemmaScope2("transcoders-all", "transcoder_all"),
          new Rule(
              "(gemma-scope-2-\\w+-(?:pt|it))-transcoders",
              "(transcoder/layer_\\d+_width_\\w+_l0_(?:small|medium|big)(?:_affine)?)",
              "google/$1",
              "$2",
              List.of("config.json", "params.safetensors")),
          new Rule(
              "llama_scope_lx([ram])_(8|32)x",
              "l(\\d+)([ram])_(8|32)x",
              "fnlp/Llama3_1-8B-Base-LX^1-$2x",
              "Llama3_1-8B-Base-L$3^4-$5x",
              List.of("hyperparams.json", "checkpoints/final.safetensors")),
          new Rule(
              "gpt2-small-res-jb",
              "(blocks\\.\\d+\\.hook_resid_(?:pre|post))",
              "jbloom/GPT2-Small-SAEs-Reformatted",
              "$1",
              SAELENS),
          new Rule(
              "gpt2-small-res-jb-feature-splitting",
              "(blocks\\.8\\.hook_resid_pre_\\d+)",
              "jbloom/GPT2-Small-Feature-Splitting-Experiment-Layer-8",
              "$1",
              SAELENS),
          openAi("resid-mid", "resid_mid", "(128k|32k)", ""),
          openAi("resid-post", "resid_post", "(128k)", ""),
          openAi("resid-post", "resid_post", "(32k)", ".pt"),
          openAi("attn-out", "attn_out", "(128k|32k)", ""),
          openAi("mlp-out", "mlp_out", "(128k|32k)", ""),
          new Rule(
              "pythia-70m-deduped-res-sm",
              "blocks\\.0\\.hook_resid_pre",
              "ctigges/pythia-70m-deduped__res-sm_processed",
              "e-res-sm",
              SAELENS),
          pythia("res", "resid_post"),
          pythia("att", "attn_out"),
          pythia("mlp", "mlp_out"));

  /**
   * Where a release's SAEs are: {@code $1}, {@code $2} … stand for the groups of the release and
   * then of the id, {@code ^1} for the group in capitals.
   */
  private record Rule(
      String release, String id, String repository, String path, List<String> files) {
    @Nullable Place match(String name) {
      Matcher m = Pattern.compile(release + "/" + id).matcher(name);
      return m.matches()
          ? new Place(HubName.model(fill(repository, m), fill(path, m)), files)
          : null;
    }

    private static String fill(String template, Matcher m) {
      String text = template;
      for (int i = 1; i <= m.groupCount(); i++) {
        text =
            text.replace("$" + i, m.group(i)).replace("^" + i, m.group(i).toUpperCase(Locale.ROOT));
      }
      return text;
    }
  }

  private record Place(HubName name, List<String> files) {}

  private SaeReleases() {}

  private static Rule gemmaScope2(String kind, String folder) {
    return new Rule(
        "(gemma-scope-2-\\w+-(?:pt|it))-" + kind,
        "(layer_\\d+_width_\\w+_l0_(?:small|medium|big)(?:_affine|_seed_\\d+)?)",
        "google/$1",
        folder + "/$2",
        List.of("config.json", "params.safetensors"));
  }

  private static Rule openAi(String kind, String hook, String width, String ending) {
    return new Rule(
        "gpt2-small-" + kind + "-v5-" + width,
        "blocks\\.(\\d+)\\.hook_" + hook,
        "jbloom/GPT2-Small-OAI-v5-$1-" + kind + "-SAEs",
        "v5_$1_layer_$2" + ending,
        SAELENS);
  }

  private static Rule pythia(String kind, String hook) {
    return new Rule(
        "pythia-70m-deduped-" + kind + "-sm",
        "blocks\\.(\\d+)\\.hook_" + hook,
        "ctigges/pythia-70m-deduped__" + kind + "-sm_processed",
        "$1-" + kind + "-sm",
        SAELENS);
  }

  /** Whether the text is the name of an SAE that follows one of the rules. */
  public static boolean isRelease(String name) {
    return place(name).isPresent();
  }

  /**
   * The folder of an SAE on the hub; for Gemma Scope's {@code canonical} the folder of its width.
   */
  static Optional<HubName> folder(String name) {
    return place(name).map(Place::name);
  }

  private static Optional<Place> place(String name) {
    for (Rule rule : RULES) {
      Place place = rule.match(name);
      if (place != null) {
        return Optional.of(place);
      }
    }
    return Optional.empty();
  }

  /** Fetches the files that make up an SAE. */
  static Hub.Fetched fetch(String name, Hub hub) {
    Place place =
        place(name)
            .orElseThrow(() ->
                new InputException(
                    name
                        + ": expected hub:ORG/REPO[@REVISION][:PATH], or release/sae_id of Gemma"
                        + " Scope 1 or 2, Llama Scope, gpt2-small or pythia-70m-deduped, e.g."
                        + " gemma-scope-2b-pt-res/layer_12/width_16k/average_l0_41"));
    HubName folder = place.name;
    List<String> files = place.files;
    if (files.isEmpty()) {
      HubListing listing = hub.listing(folder);
      folder = folder.withPath(canonical(listing, folder)).withRevision(listing.commit());
      files = List.of("params.npz");
    }
    List<String> paths = new ArrayList<>();
    for (String file : files) {
      paths.add(folder.path() + "/" + file);
    }
    Hub.Fetched fetched = hub.fetch(folder, paths);
    Path path = fetched.path().resolve(folder.path());
    return new Hub.Fetched(path, fetched.commit(), fetched.files(), fetched.downloaded());
  }

  /** The paths of the files that make up an SAE. */
  static List<String> files(String name, HubListing listing) {
    Place place = place(name).orElseThrow();
    if (place.files.isEmpty()) {
      return List.of(canonical(listing, place.name) + "/params.npz");
    }
    return place.files.stream().map(f -> place.name.path() + "/" + f).toList();
  }

  static String canonical(HubListing listing, HubName width) {
    Pattern candidate =
        Pattern.compile(Pattern.quote(width.path()) + "/average_l0_(\\d{1,9})/params\\.npz");
    return listing.files().keySet().stream()
        .map(candidate::matcher)
        .filter(Matcher::matches)
        .min(
            Comparator.<Matcher>comparingInt(m -> Math.abs(Integer.parseInt(m.group(1)) - 100))
                .thenComparing(m -> m.group(0)))
        .map(m -> m.group().replace("/params.npz", ""))
        .orElseThrow(() -> new InputException(width + ": there is no SAE of that layer and width"));
  }
}
