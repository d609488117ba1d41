package almagest.cli;

import almagest.format.Json;
import almagest.format.hub.Hub;
import almagest.format.hub.HubSettings;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code fetch}: brings published models and sparse autoencoders into the hub's cache. */
@Command(
    name = "fetch",
    description =
        "Fetches published models and SAEs from the Hugging Face hub into the cache that its own"
            + " tools use, and prints where they are.",
    footer = {
      "",
      "A name is hub:ORG/REPO[@REVISION][:PATH] (a file, a folder, or else the files at the root),",
      "or SAELens' release/sae_id for Gemma Scope 1 and 2, Llama Scope, GPT-2 small, Pythia-70m:",
      "  almagest fetch hub:google/gemma-scope-2b-pt-res:layer_12/width_16k/average_l0_41/params.npz",
      "  almagest fetch gemma-scope-2b-pt-res-canonical/layer_12/width_16k/canonical",
      "  almagest fetch hub:EleutherAI/pythia-70m-deduped",
      "Environment: HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE=1 (cache only).",
      "A commit of 40 digits as REVISION pins the content; once cached, no network is touched."
    })
final class FetchCommand implements Runnable {
  @Mixin private Common common = new Common();

  @Parameters(paramLabel = "NAME", arity = "1..*", description = "What to fetch.")
  private List<String> names = new ArrayList<>();

  @Override
  public void run() {
    Hub hub = new Hub(HubSettings.fromEnvironment(), common.progress());
    ObjectNode result = Json.object();
    ArrayNode list = result.putArray("fetched");
    for (String name : names) {
      Hub.Fetched fetched = hub.fetch(name);
      if (common.json) {
        ObjectNode one = list.addObject();
        one.put("name", name);
        one.put("path", fetched.path().toString());
        one.put("commit", fetched.commit());
        one.set("files", Json.tree(fetched.files()));
        one.put("downloaded", fetched.downloaded());
      } else {
        System.out.println(fetched.path());
      }
    }
    if (common.json) {
      System.out.println(Json.line(result));
    }
  }
}
