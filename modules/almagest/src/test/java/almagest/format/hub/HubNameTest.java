package almagest.format.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubNameTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "hub:google/gemma-scope-2b-pt-res:layer_12/width_16k/average_l0_41/params.npz",
        "hub:gpt2",
        "hub:datasets/org/texts:train/0.jsonl.zst",
        "hub:org/repo@refs/pr/1:a.json",
        "hub:org/repo@0127b340ca9800000000000000000000000000000000"
      })
  void whatIsParsedIsWrittenTheSame(String text) {
    assertThat(HubName.parse(text).toString()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hub:",
        "hub:a/b/c",
        "hub:../x",
        "hub:org/..",
        "hub:org/repo:../../x",
        "hub:org/repo:a//b",
        "hub:org/repo:a\\b",
        "hub:org/repo@../x:a",
        "hub:org/repo:/etc/passwd",
        "google/gemma"
      })
  void namesThatLeadElsewhereAreRefused(String text) {
    assertThatThrownBy(() -> HubName.parse(text)).isInstanceOf(InputException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "gemma-scope-2b-pt-res/layer_12/width_16k/average_l0_41,"
        + " hub:google/gemma-scope-2b-pt-res:layer_12/width_16k/average_l0_41",
    "gemma-scope-2-1b-pt-res-all/layer_0_width_16k_l0_big,"
        + " hub:google/gemma-scope-2-1b-pt:resid_post_all/layer_0_width_16k_l0_big",
    "gemma-scope-2-270m-it-att/layer_9_width_65k_l0_small,"
        + " hub:google/gemma-scope-2-270m-it:attn_out/layer_9_width_65k_l0_small",
    "llama_scope_lxr_8x/l0r_8x," + " hub:fnlp/Llama3_1-8B-Base-LXR-8x:Llama3_1-8B-Base-L0R-8x",
    "gpt2-small-res-jb/blocks.8.hook_resid_pre,"
        + " hub:jbloom/GPT2-Small-SAEs-Reformatted:blocks.8.hook_resid_pre",
    "pythia-70m-deduped-res-sm/blocks.0.hook_resid_pre,"
        + " hub:ctigges/pythia-70m-deduped__res-sm_processed:e-res-sm",
    "pythia-70m-deduped-mlp-sm/blocks.3.hook_mlp_out,"
        + " hub:ctigges/pythia-70m-deduped__mlp-sm_processed:3-mlp-sm"
  })
  void releasesThatFollowARuleAreFound(String release, String expected) {
    assertThat(SaeReleases.folder(release).orElseThrow().toString()).isEqualTo(expected);
  }

  @Test
  void otherTextIsNoRelease() {
    assertThat(SaeReleases.isRelease("some/folder")).isFalse();
    assertThat(SaeReleases.isRelease("gpt2-small-res-jb/blocks.8.hook_resid_pre/../../x"))
        .isFalse();
  }

  @Test
  void theEnvironmentIsReadAsTheHubsToolsReadIt() {
    Path home = Path.of("/home/someone");
    HubSettings plain = HubSettings.from(Map.of(), home);
    assertThat(plain.endpoint()).hasToString("https://huggingface.co");
    assertThat(plain.cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
    assertThat(plain.offline()).isFalse();
    assertThat(plain.token()).isNull();
    HubSettings set =
        HubSettings.from(
            Map.of(
                "HF_ENDPOINT", "https://mirror.example/hf/",
                "HF_HOME", "/data/hf",
                "HF_TOKEN", " hf_x\n",
                "HF_HUB_OFFLINE", "YES"),
            home);
    assertThat(set.endpoint()).hasToString("https://mirror.example/hf");
    assertThat(set.cache()).isEqualTo(Path.of("/data/hf/hub"));
    assertThat(set.token()).isEqualTo("hf_x");
    assertThat(set.offline()).isTrue();
    assertThat(set.toString()).doesNotContain("hf_x");
    assertThat(HubSettings.from(Map.of("HF_HUB_CACHE", "~/c", "HF_HOME", "/x"), home).cache())
        .isEqualTo(home.resolve("c"));
    assertThatThrownBy(() -> HubSettings.from(Map.of("HF_ENDPOINT", "ftp://x"), home))
        .isInstanceOf(InputException.class);
  }
}
