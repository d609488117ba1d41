package almagest.atlas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtlasTest {
  @TempDir Path folder;

  @Test
  void equalFilesInOtherPlacesGiveEqualPages() throws IOException {
    SyntheticRun.write(folder.resolve("a"), 96, 3, 1, 2);
    SyntheticRun.write(folder.resolve("elsewhere/b"), 96, 3, 1, 2);
    Path first = folder.resolve("first.html");
    Path second = folder.resolve("second.html");
    Atlas.write(folder.resolve("a"), first);
    Atlas.write(folder.resolve("elsewhere/b"), second);
    assertThat(first).hasSameBinaryContentAs(second);
    assertThat(Files.readString(first))
        .doesNotContain(folder.toString())
        .doesNotContain("98765432");
  }

  @Test
  void textOfFilesIsNeverMarkup() throws IOException {
    SyntheticRun.write(folder, 48, 0, 1);
    Atlas.write(folder, folder.resolve("index.html"));
    assertThat(Files.readString(folder.resolve("index.html")))
        .doesNotContain(SyntheticRun.HOSTILE)
        .contains("\\u003cscript>alert(1)");
  }

  @Test
  void theOnlyScriptsAreThoseThatThePolicyNames() throws IOException {
    SyntheticRun.write(folder, 48, 0, 1);
    Atlas.write(folder, folder.resolve("index.html"));
    String page = Files.readString(folder.resolve("index.html"));
    assertThat(page.split("<script>", -1)).hasSize(3);
    assertThat(page.split("'sha256-", -1)).hasSize(3);
    assertThat(page).doesNotContain("src=\"http").doesNotContain("%DATA%");
  }

  @Test
  void whateverIsMissingIsLeftOutAndNamed() throws IOException {
    SyntheticRun.write(folder, 48, 0, 1);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, new byte[] {'{', 1, 2});
        assertThat(Atlas.write(folder, folder.resolve("page.html")).bytes()).isPositive();
        Files.write(file, bytes);
      }
    }
    Files.delete(folder.resolve("layer-01/map.npy"));
    Files.delete(folder.resolve("galaxy/galaxy.json"));
    assertThat(Atlas.write(folder, folder.resolve("page.html")).notes())
        .anyMatch(n -> n.contains("layer-01/map.npy"))
        .anyMatch(n -> n.contains("galaxy.json"));
  }

  @Test
  void anEmptyDirectoryGivesAPageThatSaysSo() {
    assertThat(Atlas.write(folder, folder.resolve("page.html")).notes())
        .anyMatch(n -> n.contains("no layer-NN folder"));
    assertThatThrownBy(() -> Atlas.write(folder.resolve("none"), folder.resolve("p.html")))
        .isInstanceOf(InputException.class);
  }

  @Test
  void onlyAPlainIdentifierBecomesALinkToNeuronpedia() throws IOException {
    SyntheticRun.write(folder, 48, 0, 1);
    Path config = folder.resolve("layer-01/sae/cfg.json");
    for (String id :
        new String[] {"javascript:alert(1)", "a b", "x\"><script>", "?q=1", "y".repeat(200)}) {
      Json.write(config, Json.object().put("neuronpedia_id", id));
      assertThat(page()).doesNotContain("\"neuronpedia\"");
    }
    Json.write(config, Json.object().put("neuronpedia_id", "gemma-2-2b/12-gemmascope-res-16k"));
    assertThat(page()).contains("\"neuronpedia\":\"gemma-2-2b/12-gemmascope-res-16k\"");
    ObjectNode nested = Json.object();
    nested.putObject("metadata").put("neuronpedia_id", "gpt2-small/6-res-jb");
    Json.write(config, nested);
    assertThat(page()).contains("\"neuronpedia\":\"gpt2-small/6-res-jb\"");
  }

  private String page() throws IOException {
    Atlas.write(folder, folder.resolve("index.html"));
    return Files.readString(folder.resolve("index.html"));
  }

  @Test
  void contextsGiveWayToTheSizeLimitAndAreNamed() {
    SyntheticRun.write(folder, 600, 0, 1);
    Atlas.Result all = Atlas.write(folder, folder.resolve("all.html"));
    Atlas.Result less =
        Atlas.write(folder, folder.resolve("less.html"), new Atlas.Options(all.bytes() - 20_000));
    assertThat(less.bytes()).isLessThan(all.bytes() - 20_000);
    assertThat(less.notes()).anyMatch(n -> n.contains("contexts beyond the first"));
  }
}
