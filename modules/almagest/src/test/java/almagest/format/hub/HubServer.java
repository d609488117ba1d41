package almagest.format.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Plays the hub on this machine: repositories with a {@code main} branch, small files served by
 * itself, large ones through a redirect to a store at another address, as the hub does; and
 * misbehaves where a test asks for it.
 */
public final class HubServer implements AutoCloseable {
  public static final String COMMIT = "0127b340ca98" + "0".repeat(28);

  private static final Pattern LISTED = Pattern.compile("/api/models/([^/]+/[^/]+)/revision/[^/]+");

  private static final Pattern RESOLVED = Pattern.compile("/([^/]+/[^/]+)/resolve/([^/]+)/(.+)");

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer hub;
  private final HttpServer store;
  private final Map<String, Map<String, byte[]>> repositories = new ConcurrentHashMap<>();

  /** Every request as {@code METHOD path range authorization}. */
  public final List<String> requests = Collections.synchronizedList(new ArrayList<>());

  /** Files from this size on live in the store. */
  int large = 1000;

  /** How often the connection breaks off in the middle of the body. */
  public int drops;

  /** Whether the store pays attention to Range. */
  boolean ranges = true;

  /** Flips a bit of every body. */
  public boolean damages;

  /** When not 0, every answer of the hub has this status and {@link #errorCode}. */
  public int status;

  public String errorCode = "";

  /** Repositories that were renamed to {@code org/repo}. */
  String formerName = "old/name";

  public HubServer() throws IOException {
    hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    store = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hub.createContext("/", this::hub);
    store.createContext("/", this::store);
    hub.setExecutor(threads);
    store.setExecutor(threads);
    hub.start();
    store.start();
  }

  /** A file of {@code org/repo}. */
  void put(String path, byte[] content) {
    put("org/repo", path, content);
  }

  public void put(String repository, String path, byte[] content) {
    repositories
        .computeIfAbsent(repository, r -> Collections.synchronizedMap(new TreeMap<>()))
        .put(path, content);
  }

  public URI address() {
    return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
  }

  private void note(HttpExchange exchange) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    requests.add(
        String.join(
            " ",
            exchange.getRequestMethod(),
            exchange.getRequestURI().toString(),
            Objects.requireNonNullElse(range, "-"),
            Objects.requireNonNullElse(authorization, "-")));
  }

  private void hub(HttpExchange exchange) throws IOException {
    note(exchange);
    String path = exchange.getRequestURI().getPath();
    Matcher listed = LISTED.matcher(path);
    Matcher resolved = RESOLVED.matcher(path);
    if (status != 0) {
      exchange.getResponseHeaders().set("X-Error-Code", errorCode);
      answer(exchange, status, new byte[0]);
    } else if (path.contains("/" + formerName)) {
      exchange.getResponseHeaders().set("Location", path.replaceFirst(formerName, "org/repo"));
      answer(exchange, 307, new byte[0]);
    } else if (listed.matches() && repositories.containsKey(listed.group(1))) {
      answer(exchange, 200, listing(listed.group(1)));
    } else if (resolved.matches() && repositories.containsKey(resolved.group(1))) {
      resolve(exchange, resolved.group(1), resolved.group(2), resolved.group(3));
    } else {
      exchange.getResponseHeaders().set("X-Error-Code", "RepoNotFound");
      answer(exchange, 404, new byte[0]);
    }
  }

  private void resolve(HttpExchange exchange, String repository, String revision, String path)
      throws IOException {
    byte[] content = repositories.getOrDefault(repository, Map.of()).get(path);
    boolean known = revision.equals("main") || revision.equals(COMMIT);
    if (!known || content == null) {
      exchange
          .getResponseHeaders()
          .set("X-Error-Code", known ? "EntryNotFound" : "RevisionNotFound");
      answer(exchange, 404, new byte[0]);
      return;
    }
    exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
    if (content.length >= large) {
      exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + sha256(content) + "\"");
      exchange.getResponseHeaders().set("X-Linked-Size", "" + content.length);
      exchange
          .getResponseHeaders()
          .set(
              "Location",
              "http://127.0.0.1:"
                  + store.getAddress().getPort()
                  + "/"
                  + path
                  + "?of="
                  + repository);
      answer(exchange, 302, new byte[0]);
    } else {
      exchange.getResponseHeaders().set("ETag", "W/\"" + gitSha1(content) + "\"");
      body(exchange, content);
    }
  }

  private void store(HttpExchange exchange) throws IOException {
    note(exchange);
    String repository = exchange.getRequestURI().getQuery().substring("of=".length());
    body(
        exchange,
        Objects.requireNonNull(
            repositories
                .getOrDefault(repository, Map.of())
                .get(exchange.getRequestURI().getPath().substring(1))));
  }

  private void body(HttpExchange exchange, byte[] whole) throws IOException {
    byte[] content = whole.clone();
    if (damages && content.length > 0) {
      content[content.length / 2] ^= 1;
    }
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = 0;
    if (range != null && ranges) {
      from = Integer.parseInt(range.replaceAll("\\D", ""));
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
    }
    byte[] part = Arrays.copyOfRange(content, from, content.length);
    int code = range != null && ranges ? 206 : 200;
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", "" + part.length);
      exchange.sendResponseHeaders(code, -1);
      exchange.close();
      return;
    }
    exchange.sendResponseHeaders(code, part.length == 0 ? -1 : part.length);
    OutputStream out = exchange.getResponseBody();
    if (drops > 0) {
      drops--;
      out.write(part, 0, part.length / 2);
      out.flush();
      throw new IOException("the test breaks the connection");
    }
    out.write(part);
    exchange.close();
  }

  private static void answer(HttpExchange exchange, int code, byte[] content) throws IOException {
    boolean body = content.length > 0 && !exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(code, body ? content.length : -1);
    if (body) {
      exchange.getResponseBody().write(content);
    }
    exchange.close();
  }

  private byte[] listing(String repository) {
    StringBuilder json = new StringBuilder("{\"sha\": \"" + COMMIT + "\", \"siblings\": [");
    String comma = "";
    for (Map.Entry<String, byte[]> e : repositories.getOrDefault(repository, Map.of()).entrySet()) {
      json.append(comma)
          .append("{\"rfilename\": \"" + e.getKey() + "\", \"size\": " + e.getValue().length + "}");
      comma = ", ";
    }
    return json.append("]}").toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  static String sha256(byte[] content) {
    return digest("SHA-256", content);
  }

  static String gitSha1(byte[] content) {
    byte[] head =
        ("blob " + content.length + "\0").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    byte[] all = Arrays.copyOf(head, head.length + content.length);
    System.arraycopy(content, 0, all, head.length, content.length);
    return digest("SHA-1", all);
  }

  private static String digest(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
    threads.shutdownNow();
  }
}
