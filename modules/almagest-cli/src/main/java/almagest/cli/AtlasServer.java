package almagest.cli;

import almagest.atlas.Atlas;
import almagest.atlas.FeatureCard;
import almagest.format.Json;
import almagest.run.InputException;
import almagest.run.ResourceException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.Javalin;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.util.JavalinBindException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Serves a run's page on the loopback interface. Requests under another host's name are refused, so
 * that no web page can reach the server through a name that it lets point here (DNS rebinding); so
 * are requests from other origins and large ones. Only the page, its numbered columns, cards and
 * {@code play} exist: no path leads to a file.
 */
final class AtlasServer implements AutoCloseable {
  private static final int TEXT_LIMIT = 4_000;
  private static final int QUERY_LIMIT = 1_000;

  private final Path run;
  private final Atlas.Served page;
  private final @Nullable BiFunction<String, String, JsonNode> player;
  private final List<String> layers;
  private final Javalin server;

  /**
   * Starts.
   *
   * @param port 0 for any free one
   * @param player answers which features fire on a text, given a layer's folder and the text; null
   *     when there is no model
   */
  AtlasServer(Path run, int port, @Nullable BiFunction<String, String, JsonNode> player) {
    this.run = run;
    this.player = player;
    this.page = Atlas.open(run, player != null);
    this.layers = FeatureCard.layers(run);
    this.server =
        Javalin.create(config -> {
          config.startup.showJavalinBanner = false;
          config.startup.showOldJavalinVersionWarning = false;
          config.http.maxRequestSize = 4L * TEXT_LIMIT;
          config.http.strictContentTypes = false;
          config.routes.before(this::guard);
          config.routes.get("/", this::html);
          config.routes.get("/blob/{number}", this::blob);
          config.routes.get("/card/{layer}/{feature}", this::card);
          config.routes.post("/play", this::play);
          config.routes.exception(
              InputException.class, (e, c) -> refuse(c, HttpStatus.BAD_REQUEST, e));
        });
    try {
      server.start("127.0.0.1", port);
    } catch (JavalinBindException e) {
      throw new ResourceException("port " + port + " is taken; give --port another one", e);
    }
  }

  /** The port it listens on. */
  int port() {
    return server.port();
  }

  String address() {
    return "http://127.0.0.1:" + port() + "/";
  }

  private void guard(Context c) {
    c.header("Content-Security-Policy", page.policy() + "; frame-ancestors 'none'");
    c.header("X-Content-Type-Options", "nosniff");
    c.header("X-Frame-Options", "DENY");
    c.header("Referrer-Policy", "no-referrer");
    c.header("Cross-Origin-Resource-Policy", "same-origin");
    c.header("Cross-Origin-Opener-Policy", "same-origin");
    c.header("Cache-Control", "no-store");
    Set<String> names = Set.of("127.0.0.1:" + port(), "localhost:" + port());
    String host = c.header("Host");
    if (host == null || !names.contains(host.toLowerCase(Locale.ROOT))) {
      stop(c, HttpStatus.MISDIRECTED_REQUEST, "this server answers to " + names + " alone");
      return;
    }
    String origin = c.header("Origin");
    if (origin != null && names.stream().noneMatch(n -> origin.equals("http://" + n))) {
      stop(c, HttpStatus.FORBIDDEN, "requests from other pages are refused");
      return;
    }
    String query = c.queryString();
    if ((query != null && query.length() > QUERY_LIMIT) || c.path().length() > QUERY_LIMIT) {
      stop(c, HttpStatus.URI_TOO_LONG, "the address is longer than " + QUERY_LIMIT);
    }
  }

  private static void stop(Context c, HttpStatus status, String problem) {
    c.status(status).contentType("application/json");
    c.result(Json.line(Json.object().put("problem", problem)));
    c.skipRemainingHandlers();
  }

  private static void refuse(Context c, HttpStatus status, InputException e) {
    stop(c, status, String.valueOf(e.getMessage()));
  }

  private void html(Context c) {
    c.contentType("text/html; charset=utf-8").result(page.html());
  }

  private void blob(Context c) {
    int number = number(c.pathParam("number"));
    if (number < 0 || number >= page.blobs().size()) {
      stop(c, HttpStatus.NOT_FOUND, "no such column");
      return;
    }
    c.contentType("application/octet-stream").result(page.blobs().get(number));
  }

  private void card(Context c) {
    String layer = c.pathParam("layer");
    int feature = number(c.pathParam("feature"));
    if (!layers.contains(layer) || feature < 0) {
      stop(c, HttpStatus.NOT_FOUND, "no such feature");
      return;
    }
    c.contentType("application/json")
        .result(Json.line(FeatureCard.read(run, layer, feature).toJson()));
  }

  private void play(Context c) {
    String type = c.contentType();
    if (player == null) {
      stop(c, HttpStatus.NOT_FOUND, "no model was given; start with --model");
      return;
    }
    // A form of another page cannot send this type without being asked first.
    if (type == null || !type.startsWith("application/json")) {
      stop(c, HttpStatus.UNSUPPORTED_MEDIA_TYPE, "expected application/json");
      return;
    }
    int wanted = number(String.valueOf(c.queryParam("layer")));
    String layer =
        layers.stream()
            .filter(l -> number(l.substring(l.indexOf('-') + 1)) == wanted)
            .findFirst()
            .orElse("");
    String text;
    try {
      text = Json.parse(c.body()).path("text").asText();
    } catch (JsonProcessingException e) {
      stop(c, HttpStatus.BAD_REQUEST, "the body is not JSON");
      return;
    }
    if (layer.isEmpty() || text.isBlank() || text.length() > TEXT_LIMIT) {
      stop(
          c,
          HttpStatus.BAD_REQUEST,
          "expected a layer of the run and up to " + TEXT_LIMIT + " characters of text");
      return;
    }
    c.contentType("application/json").result(Json.line(player.apply(layer, text)));
  }

  /** Digits as a number, or −1. */
  private static int number(String text) {
    return text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
  }

  @Override
  public void close() {
    server.stop();
  }
}
