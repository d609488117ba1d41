package almagest.format.hub;

import almagest.run.InputException;
import almagest.run.Provenance;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The hub's HTTP: addresses, redirects, the token (sent to the endpoint alone, never to the host
 * that a redirect names), and what the status codes mean to a user.
 */
final class HubClient {
  private static final int MOST_REDIRECTS = 10;

  private final HubSettings settings;
  private final Duration timeout;

  /**
   * @param timeout the longest silence on a connection before it counts as broken
   */
  HubClient(HubSettings settings, Duration timeout) {
    this.settings = settings;
    this.timeout = timeout;
  }

  /** What the hub says about a file before it is downloaded. */
  record FileInfo(String commit, String etag, long size, URI location) {}

  URI resolve(HubName name, String revision, String path) {
    return settings
        .endpoint()
        .resolve(
            base()
                + (name.dataset() ? "/datasets/" : "/")
                + name.repository()
                + "/resolve/"
                + encode(revision)
                + "/"
                + Arrays.stream(path.split("/"))
                    .map(HubClient::encode)
                    .collect(Collectors.joining("/")));
  }

  URI listing(HubName name) {
    return settings
        .endpoint()
        .resolve(
            base()
                + "/api/"
                + (name.dataset() ? "datasets/" : "models/")
                + name.repository()
                + "/revision/"
                + encode(name.revision())
                + "?blobs=true");
  }

  private String base() {
    return Objects.requireNonNullElse(settings.endpoint().getRawPath(), "");
  }

  private static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * Asks for a file's commit, checksum and size without its content. Redirects within the hub
   * (renamed repositories) are followed, those to a file store are not.
   *
   * @return null when the revision exists and has no such file
   */
  @Nullable FileInfo head(HubName name, String path) throws IOException {
    URI address = resolve(name, name.revision(), path);
    for (int hop = 0; hop < MOST_REDIRECTS; hop++) {
      HttpURLConnection answer = open(address, "HEAD", 0);
      try {
        int status = answer.getResponseCode();
        String location = answer.getHeaderField("Location");
        boolean linked = answer.getHeaderField("X-Linked-Etag") != null;
        if (isRedirect(status) && location != null && !linked) {
          URI next = target(address, location);
          if (isEndpoint(next)) {
            address = next;
            continue;
          }
        }
        if (status == 404 && "EntryNotFound".equals(answer.getHeaderField("X-Error-Code"))) {
          return null;
        }
        if (status >= 400) {
          throw refused(answer, status, name.withPath(path));
        }
        URI download = isRedirect(status) && location != null ? target(address, location) : address;
        return info(answer, download, name.withPath(path));
      } finally {
        answer.disconnect();
      }
    }
    throw new IOException("more than " + MOST_REDIRECTS + " redirects from " + address);
  }

  private static FileInfo info(HttpURLConnection answer, URI download, HubName name) {
    String commit = Objects.requireNonNullElse(answer.getHeaderField("X-Repo-Commit"), "");
    String etag = answer.getHeaderField("X-Linked-Etag");
    if (etag == null) {
      etag = Objects.requireNonNullElse(answer.getHeaderField("ETag"), "");
    }
    etag = etag.replaceFirst("^W/", "").replace("\"", "");
    String size = answer.getHeaderField("X-Linked-Size");
    if (size == null) {
      size = Objects.requireNonNullElse(answer.getHeaderField("Content-Length"), "");
    }
    if (!HubName.isCommit(commit)
        || !(etag.matches("[0-9a-f]{64}") || etag.matches("[0-9a-f]{40}"))
        || !size.matches("\\d{1,18}")) {
      throw new InputException(
          name
              + ": the server does not answer like the hub: expected a commit, a checksum as etag and"
              + " a size, found X-Repo-Commit \""
              + shown(commit)
              + "\", etag \""
              + shown(etag)
              + "\", size \""
              + shown(size)
              + "\"; check HF_ENDPOINT");
    }
    return new FileInfo(commit, etag, Long.parseLong(size), download);
  }

  /**
   * Opens the content from a byte on, following redirects.
   *
   * @return an answer with status 200, 206 or 416; the caller disconnects it
   */
  HttpURLConnection get(URI address, long from, HubName name) throws IOException {
    URI at = address;
    for (int hop = 0; hop < MOST_REDIRECTS; hop++) {
      HttpURLConnection answer = open(at, "GET", from);
      int status = answer.getResponseCode();
      String location = answer.getHeaderField("Location");
      if (isRedirect(status) && location != null) {
        answer.disconnect();
        at = target(at, location);
        continue;
      }
      if (status >= 400 && status != 416) {
        try {
          throw refused(answer, status, name);
        } finally {
          answer.disconnect();
        }
      }
      return answer;
    }
    throw new IOException("more than " + MOST_REDIRECTS + " redirects from " + address);
  }

  private HttpURLConnection open(URI address, String method, long from) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
    connection.setRequestMethod(method);
    connection.setInstanceFollowRedirects(false);
    connection.setConnectTimeout((int) timeout.toMillis());
    connection.setReadTimeout((int) timeout.toMillis());
    connection.setUseCaches(false);
    connection.setRequestProperty("User-Agent", "almagest/" + Provenance.VERSION);
    connection.setRequestProperty("Accept-Encoding", "identity");
    if (settings.token() != null && isEndpoint(address)) {
      connection.setRequestProperty("Authorization", "Bearer " + settings.token());
    }
    if (from > 0) {
      connection.setRequestProperty("Range", "bytes=" + from + "-");
    }
    return connection;
  }

  private boolean isEndpoint(URI address) {
    URI endpoint = settings.endpoint();
    return Objects.equals(endpoint.getScheme(), address.getScheme())
        && Objects.equals(endpoint.getHost(), address.getHost())
        && endpoint.getPort() == address.getPort();
  }

  private static boolean isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }

  private static URI target(URI from, String location) throws IOException {
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new IOException("a redirect to something that is no address", e);
    }
    boolean weaker = "https".equals(from.getScheme()) && !"https".equals(to.getScheme());
    if (weaker || !("https".equals(to.getScheme()) || "http".equals(to.getScheme()))) {
      throw new IOException("a redirect from " + from.getScheme() + " to " + to.getScheme());
    }
    return to;
  }

  /** Turns a refusal into advice; what may pass on a second attempt is an IOException. */
  private RuntimeException refused(HttpURLConnection answer, int status, HubName name)
      throws IOException {
    String code = Objects.requireNonNullElse(answer.getHeaderField("X-Error-Code"), "");
    String page = settings.endpoint() + (name.dataset() ? "/datasets/" : "/") + name.repository();
    boolean gated = code.equals("GatedRepo");
    if (status == 401 || status == 403) {
      String advice =
          settings.token() == null
              ? "if the repository exists, it is gated or private: accept its conditions on "
                  + page
                  + ", then set HF_TOKEN to a token of your account"
              : "the token in use has no access: accept the conditions on "
                  + page
                  + " with the token's account, or set HF_TOKEN to another one";
      return new InputException(
          name
              + ": the hub refuses access ("
              + status
              + (gated ? ", a gated repository" : "")
              + "); "
              + advice);
    }
    if (status == 404) {
      String missing =
          switch (code) {
            case "RevisionNotFound" -> "there is no revision " + name.revision();
            case "RepoNotFound" -> "there is no such repository";
            default -> "there is no such repository, revision or file";
          };
      return new InputException(name + ": " + missing + " (404); compare with " + page);
    }
    if (status == 429 || status >= 500) {
      throw new IOException("the server answers " + status + said(answer));
    }
    return new InputException(name + ": the server answers " + status + said(answer));
  }

  private static String said(HttpURLConnection answer) {
    @Nullable String message = answer.getHeaderField("X-Error-Message");
    return message == null ? "" : " (" + shown(message) + ")";
  }

  private static String shown(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", "?");
    return clean.length() <= 200 ? clean : clean.substring(0, 200) + " …";
  }
}
