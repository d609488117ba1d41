package almagest.atlas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
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
    assertThat(less.leftOut()).isPositive();
    assertThat(all.leftOut()).isZero();
  }

  @Test
  void aPageThatIsTooLargeForOneFileComesAsAFolderAsWell() throws IOException {
    SyntheticRun.write(folder, 600, 0, 1);
    Path html = folder.resolve("index.html");
    Path all = folder.resolve(Atlas.FOLDER);
    Atlas.Result whole = Atlas.writeWithAll(folder, html, Atlas.Options.DEFAULT);
    assertThat(Files.readString(html)).doesNotContain("site/index.html");
    assertThat(all).doesNotExist();
    Atlas.Result less = Atlas.writeWithAll(folder, html, new Atlas.Options(whole.bytes() - 20_000));
    assertThat(Files.size(html)).isLessThan(whole.bytes() - 20_000);
    assertThat(Files.readString(html)).contains("\"elsewhere\":\"site/index.html\"");
    assertThat(less.notes()).anyMatch(n -> n.contains("site/index.html, beside this file,"));
    assertThat(Files.size(all.resolve("index.html"))).isLessThan(whole.bytes());
    assertThat(Files.readString(all.resolve("index.html"))).contains("\"trimmed\":0");
  }

  @Test
  void contextsThatLieApartAreThoseOfTheWholeColumns() throws IOException {
    SyntheticRun.write(folder, 100, 0, 1);
    Path examples = folder.resolve("layer-01/examples.jsonl");
    ContextColumns contexts = new ContextColumns(100, Integer.MAX_VALUE);
    assertThat(contexts.read(examples)).isEmpty();
    Columns columns = new Columns();
    ObjectNode entry = Json.object();
    contexts.apart(columns, entry);
    assertThat(entry.path("blocks")).hasSize(4);
    JsonNode piece = read(columns, entry.path("blocks").get(1));
    JsonNode wanted = Json.parse(Files.readAllLines(examples).get(40)).path("examples");
    JsonNode found = piece.get(40 - 32);
    assertThat(found).hasSameSizeAs(wanted);
    for (int e = 0; e < found.size(); e++) {
      for (String key : new String[] {"document", "tokens", "focus"}) {
        assertThat(found.get(e).path(key)).isEqualTo(wanted.get(e).path(key));
      }
    }
    JsonNode names = read(columns, entry.path("names"));
    assertThat(names).hasSize(100);
    JsonNode first = wanted.get(0);
    assertThat(names.get(40).toString())
        .contains(first.path("tokens").get(first.path("focus").asInt()).asText().strip());
  }

  private static JsonNode read(Columns columns, JsonNode entry) throws IOException {
    byte[] blob = columns.blobs().get(entry.path("blob").asInt());
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(blob))) {
      return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }
}
