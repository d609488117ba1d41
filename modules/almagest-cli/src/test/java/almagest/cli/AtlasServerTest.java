package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.atlas.FiringText;
import almagest.atlas.SyntheticRun;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AtlasServerTest {
  @TempDir static Path run;
  private static AtlasServer server;

  @BeforeAll
  static void start() {
    SyntheticRun.write(run, 96, 0, 2);
    server = new AtlasServer(run, 0, AtlasServerTest::play);
  }

  private static JsonNode play(String layer, String text) {
    return new FiringText("", layer, List.of(text), new int[][] {{3}}, new float[][] {{1.5f}})
        .toJson();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Sends a request as it stands, so that no client tidies it up. */
  private static String send(String head, String body) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      OutputStream out = socket.getOutputStream();
      byte[] content = body.getBytes(StandardCharsets.UTF_8);
      out.write(
          (head + "\r\nContent-Length: " + content.length + "\r\nConnection: close\r\n\r\n")
              .getBytes(StandardCharsets.UTF_8));
      out.write(content);
      out.flush();
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String get(String path, String host) throws IOException {
    return send("GET " + path + " HTTP/1.1\r\nHost: " + host, "");
  }

  private static String host() {
    return "127.0.0.1:" + server.port();
  }

  @Test
  void thePageComesWithItsPolicyAndAsWhatItIs() throws IOException {
    assertThat(get("/", host()))
        .startsWith("HTTP/1.1 200")
        .contains("Content-Security-Policy: default-src 'none'; script-src 'sha256-")
        .contains("connect-src 'self'")
        .contains("X-Content-Type-Options: nosniff")
        .contains("\"carrier\":\"served\"");
    assertThat(get("/blob/0", "localhost:" + server.port())).startsWith("HTTP/1.1 200");
    assertThat(get("/card/layer-02/7", host())).contains("\"feature\":7");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1.evil.example:1"})
  void otherHostsAreRefused(String host) throws IOException {
    assertThat(get("/", host)).startsWith("HTTP/1.1 421").doesNotContain("<html");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../run.json",
        "/%2e%2e/run.json",
        "/blob/..%2f..%2frun.json",
        "/blob/../run.json",
        "/run.json",
        "/card/..%2flayer-02/7",
        "/card/layer-02%2f..%2f..%2fetc/7",
        "//etc/passwd",
        "/blob/99999999",
        "/blob/-1",
        "/card/layer-02/4294967299"
      })
  void noPathLeadsToAFile(String path) throws IOException {
    assertThat(get(path, host())).matches("(?s)HTTP/1.1 40[04].*").doesNotContain("preset");
  }

  @Test
  void oversizedRequestsAreRefused() throws IOException {
    assertThat(get("/?q=" + "x".repeat(2_000), host())).startsWith("HTTP/1.1 414");
    assertThat(get("/?q=" + "x".repeat(100_000), host())).matches("(?s)HTTP/1.1 4(14|31).*");
    assertThat(post("/play?layer=2", "{\"text\":\"" + "x".repeat(5_000) + "\"}", host(), ""))
        .startsWith("HTTP/1.1 400");
    assertThat(post("/play?layer=2", "x".repeat(1_000_000), host(), "")).startsWith("HTTP/1.1 413");
  }

  private static String post(String path, String body, String host, String more)
      throws IOException {
    return send(
        "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json" + more,
        body);
  }

  @Test
  void aTextIsPlayedForThisPageAlone() throws IOException {
    String body = "{\"text\":\"hello\"}";
    assertThat(post("/play?layer=2", body, host(), ""))
        .startsWith("HTTP/1.1 200")
        .contains("\"tokens\":[\"hello\"]")
        .contains("\"type\":\"layer-02\"");
    assertThat(post("/play?layer=2", body, host(), "\r\nOrigin: http://evil.example"))
        .startsWith("HTTP/1.1 403");
    assertThat(post("/play?layer=9", body, host(), "")).startsWith("HTTP/1.1 400");
    assertThat(post("/play?layer=2", "{", host(), "")).startsWith("HTTP/1.1 400");
    assertThat(
            send(
                "POST /play?layer=2 HTTP/1.1\r\nHost: " + host() + "\r\nContent-Type: text/plain",
                body))
        .startsWith("HTTP/1.1 415");
  }

  @Test
  void theServedPageOpensAndPlaysATypedText() {
    try (Browsing browsing = new Browsing()) {
      var page = browsing.open(server.address() + "#feature=7");
      page.waitForSelector(".card .context");
      assertThat(page.locator(".card").textContent()).contains(SyntheticRun.HOSTILE);
      page.fill(".player input[name=text]", SyntheticRun.HOSTILE);
      page.press(".player input[name=text]", "Enter");
      page.waitForSelector(".player .now");
      assertThat(page.locator(".player .tokens").textContent()).isEqualTo(SyntheticRun.HOSTILE);
      assertThat(page.locator("main script, .card script").count()).isZero();
      assertThat(browsing.problems()).isEmpty();
    }
  }
}
