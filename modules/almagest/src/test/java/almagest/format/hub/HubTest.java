package almagest.format.hub;

import static almagest.format.hub.HubServer.COMMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.ResourceException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubTest {
  private static final String WEIGHTS = "layer_12/width_16k/average_l0_82/params.npz";

  @TempDir Path folder;
  private HubServer server;
  private final byte[] weights = new byte[300_000];
  private final byte[] config = "{\"a\": 1}".getBytes(StandardCharsets.UTF_8);

  @BeforeEach
  void serve() throws IOException {
    new Random(20).nextBytes(weights);
    server = new HubServer();
    server.put(WEIGHTS, weights);
    server.put("config.json", config);
    server.put("model.safetensors", weights);
    server.put("pytorch_model.bin", weights);
    server.put("layer_12/width_16k/average_l0_445/params.npz", config);
    server.put("layer_12/width_16k/average_l0_22/params.npz", config);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Path cache() {
    return folder.resolve("hub");
  }

  private Hub hub(@Nullable String token, boolean offline) {
    return new Hub(
        new HubSettings(server.address(), token, cache(), offline, Duration.ofMillis(1)),
        Progress.NONE,
        Duration.ofSeconds(10));
  }

  private Hub hub() {
    return hub(null, false);
  }

  @Test
  void theCacheHasTheLayoutOfTheHubsOwnTools() throws IOException {
    Hub.Fetched fetched = hub().fetch(HubName.parse("hub:org/repo:" + WEIGHTS));
    Path repository = cache().resolve("models--org--repo");
    assertThat(fetched.path())
        .isEqualTo(repository.resolve("snapshots").resolve(COMMIT).resolve(WEIGHTS));
    assertThat(fetched.path()).hasBinaryContent(weights);
    assertThat(repository.resolve("refs/main")).hasContent(COMMIT);
    Path blob = repository.resolve("blobs").resolve(HubServer.sha256(weights));
    assertThat(blob).hasBinaryContent(weights);
    assertThat(Files.readSymbolicLink(fetched.path()))
        .isEqualTo(Path.of("../../../../../blobs", HubServer.sha256(weights)));
    assertThat(cache().resolve("CACHEDIR.TAG")).exists();
    assertThat(fetched.downloaded()).isEqualTo(weights.length);
    assertThat(fetched.commit()).isEqualTo(COMMIT);
    try (var files = Files.list(repository.resolve("blobs"))) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void whatIsCachedIsNotDownloadedAgain() {
    hub().fetch(HubName.parse("hub:org/repo:" + WEIGHTS));
    assertThat(hub().fetch(HubName.parse("hub:org/repo:" + WEIGHTS)).downloaded()).isZero();
    assertThat(server.requests).filteredOn(r -> r.startsWith("GET /" + WEIGHTS)).hasSize(1);
  }

  @Test
  void aPinnedRevisionThatIsCachedNeverTouchesTheNetwork() {
    HubName name = HubName.parse("hub:org/repo@" + COMMIT + ":" + WEIGHTS);
    HubName all = HubName.parse("hub:org/repo@" + COMMIT);
    HubName some = HubName.parse("hub:org/repo@" + COMMIT + ":layer_12/width_16k");
    hub().fetch(name);
    hub().fetch(all);
    hub().fetch(some);
    server.requests.clear();
    assertThat(hub().fetch(name).path()).hasBinaryContent(weights);
    assertThat(hub().fetch(all).files()).containsExactly("config.json", "model.safetensors");
    assertThat(hub().fetch(some).files()).hasSize(3);
    assertThat(server.requests).isEmpty();
  }

  @Test
  void theRootOfARepositoryIsItsFilesWithoutWeightsInOtherFormats() {
    Hub.Fetched fetched = hub().fetch(HubName.parse("hub:org/repo"));
    assertThat(fetched.files()).containsExactly("config.json", "model.safetensors");
    assertThat(fetched.path().resolve("config.json")).hasBinaryContent(config);
  }

  @Test
  void aFolderIsAllThatIsBelowIt() {
    Hub.Fetched fetched = hub().fetch(HubName.parse("hub:org/repo:layer_12/width_16k"));
    assertThat(fetched.files()).hasSize(3);
    assertThat(fetched.path().resolve("average_l0_82/params.npz")).hasBinaryContent(weights);
  }

  @Test
  void canonicalIsTheMeanL0NearestTo100() {
    HubName folder =
        SaeReleases.folder("gemma-scope-2b-pt-res-canonical/layer_12/width_16k/canonical")
            .orElseThrow();
    assertThat(folder.toString()).isEqualTo("hub:google/gemma-scope-2b-pt-res:layer_12/width_16k");
    HubListing listing = hub().listing(HubName.parse("hub:org/repo"));
    assertThat(SaeReleases.canonical(listing, folder))
        .isEqualTo("layer_12/width_16k/average_l0_82");
  }

  @Test
  void aDroppedConnectionIsTakenUpWhereItBroke() {
    server.drops = 3;
    Hub.Fetched fetched = hub().fetch(HubName.parse("hub:org/repo:" + WEIGHTS));
    assertThat(fetched.path()).hasBinaryContent(weights);
    assertThat(server.requests)
        .filteredOn(r -> r.startsWith("GET /layer_12"))
        .hasSizeGreaterThan(1)
        .last()
        .asString()
        .contains("bytes=");
  }

  @Test
  void anEarlierPartIsTakenUpAndOneThatIsNotOfThisFileIsFoundOut() throws IOException {
    Path blobs = cache().resolve("models--org--repo/blobs");
    Files.createDirectories(blobs);
    Path partial = blobs.resolve(HubServer.sha256(weights) + ".incomplete");
    Files.write(partial, java.util.Arrays.copyOf(weights, 200_000));
    Hub.Fetched fetched = hub().fetch(HubName.parse("hub:org/repo:" + WEIGHTS));
    assertThat(fetched.downloaded()).isEqualTo(100_000);
    assertThat(fetched.path()).hasBinaryContent(weights);

    Files.delete(fetched.path());
    Files.delete(blobs.resolve(HubServer.sha256(weights)));
    Files.write(partial, new byte[200_000]);
    HubName name = HubName.parse("hub:org/repo:" + WEIGHTS);
    assertThatThrownBy(() -> hub().fetch(name)).isInstanceOf(ResourceException.class);
    assertThat(hub().fetch(name).path()).hasBinaryContent(weights);
  }

  @Test
  void aServerWithoutRangesIsAskedForAllOfIt() {
    server.ranges = false;
    server.drops = 1;
    Hub.Fetched fetched = hub().fetch(HubName.parse("hub:org/repo:" + WEIGHTS));
    assertThat(fetched.path()).hasBinaryContent(weights);
  }

  @Test
  void aWrongChecksumLeavesNothingBehind() throws IOException {
    server.damages = true;
    for (String path : new String[] {WEIGHTS, "config.json"}) {
      assertThatThrownBy(() -> hub().fetch(HubName.parse("hub:org/repo:" + path)))
          .isInstanceOf(ResourceException.class)
          .hasMessageContaining("checksum")
          .hasMessageContaining(path);
    }
    try (var files = Files.walk(cache().resolve("models--org--repo"))) {
      assertThat(files.filter(Files::isRegularFile).map(f -> f.getFileName().toString()))
          .containsExactly("main");
    }
  }

  @Test
  void theTokenGoesToTheHubAndNotToTheStore() {
    hub("hf_secret", false).fetch(HubName.parse("hub:org/repo:" + WEIGHTS));
    assertThat(server.requests)
        .filteredOn(r -> r.contains("/org/repo/"))
        .allMatch(r -> r.endsWith("Bearer hf_secret"));
    assertThat(server.requests)
        .filteredOn(r -> r.startsWith("GET /layer_12"))
        .isNotEmpty()
        .allMatch(r -> r.endsWith(" -"));
  }

  @Test
  void aRenamedRepositoryIsFollowed() {
    assertThat(hub().fetch(HubName.parse("hub:old/name:" + WEIGHTS)).path())
        .hasBinaryContent(weights);
  }

  @Test
  void aRefusalSaysWhatToDo() {
    for (int status : new int[] {401, 403}) {
      server.status = status;
      server.errorCode = "GatedRepo";
      HubName name = HubName.parse("hub:org/repo:" + WEIGHTS);
      assertThatThrownBy(() -> hub().fetch(name))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("" + status)
          .hasMessageContaining("HF_TOKEN")
          .hasMessageContaining(server.address() + "/org/repo");
      assertThatThrownBy(() -> hub("hf_secret", false).fetch(name))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("token in use")
          .hasMessageNotContaining("hf_secret");
    }
  }

  @Test
  void whatIsNotThereIsNamed() {
    HubName file = HubName.parse("hub:org/repo@" + COMMIT + ":absent.json");
    assertThatThrownBy(() -> hub().fetch(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("absent.json")
        .hasMessageContaining("config.json");
    assertThatThrownBy(() -> hub().fetch(HubName.parse("hub:org/other:config.json")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no such repository");
  }

  @Test
  void offlineOnlyTheCacheIsUsed() {
    HubName name = HubName.parse("hub:org/repo:" + WEIGHTS);
    assertThatThrownBy(() -> hub(null, true).fetch(name))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("HF_HUB_OFFLINE");
    hub().fetch(name);
    server.requests.clear();
    assertThat(hub(null, true).fetch(name).path()).hasBinaryContent(weights);
    assertThat(server.requests).isEmpty();
  }

  @Test
  void aCacheOfPlainFilesServesOfflineAndAFolderOfItToo() throws IOException {
    Path snapshot = cache().resolve("models--org--repo/snapshots").resolve(COMMIT);
    Files.createDirectories(snapshot.resolve("a/b"));
    Files.writeString(snapshot.resolve("a/b/x.json"), "x");
    Files.createDirectories(cache().resolve("models--org--repo/refs"));
    Files.writeString(cache().resolve("models--org--repo/refs/main"), COMMIT);
    Hub offline = hub(null, true);
    assertThat(offline.fetch(HubName.parse("hub:org/repo:a/b/x.json")).path()).hasContent("x");
    assertThat(offline.fetch(HubName.parse("hub:org/repo:a")).files())
        .containsExactly("a/b/x.json");
  }

  @Test
  void withoutAServerTheCacheIsUsedAndElseTheErrorSaysSo() {
    HubName name = HubName.parse("hub:org/repo:" + WEIGHTS);
    hub().fetch(name);
    Hub nowhere =
        new Hub(
            new HubSettings(
                URI.create("http://127.0.0.1:9"), null, cache(), false, Duration.ofMillis(1)),
            Progress.NONE,
            Duration.ofSeconds(2));
    assertThat(nowhere.fetch(name).path()).hasBinaryContent(weights);
    assertThatThrownBy(() -> nowhere.fetch(HubName.parse("hub:org/repo:config.json")))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("HF_HUB_OFFLINE");
  }

  @Test
  void aServerThatIsNotAHubIsFoundOut() {
    server.status = 200;
    assertThatThrownBy(() -> hub().fetch(HubName.parse("hub:org/repo:config.json")))
        .isInstanceOf(InputException.class);
  }
}
