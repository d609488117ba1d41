package almagest.format.hub;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.ResourceException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Fetches files from the Hugging Face hub into the cache that its own tools use, and finds them
 * there again.
 *
 * <ul>
 *   <li>A pinned revision (a commit) that is cached is never looked up on the network.
 *   <li>A download that broke off goes on where it was; content is verified (SHA-256 for large
 *       files, git's SHA-1 for small ones) before it appears under its name.
 *   <li>When the hub cannot be reached, what is cached for the revision is used.
 *   <li>Offline, only the cache is used.
 * </ul>
 *
 * <p>Source: the documentation and behaviour of huggingface_hub ("Understand caching", "Environment
 * variables").
 */
public final class Hub {
  private static final long LISTING_LIMIT = 1L << 27;

  private final HubSettings settings;
  private final HubCache cache;
  private final HubClient client;
  private final BlobDownload download;

  public Hub(HubSettings settings, Progress progress) {
    this(settings, progress, Duration.ofSeconds(30));
  }

  Hub(HubSettings settings, Progress progress, Duration timeout) {
    this.settings = settings;
    this.cache = new HubCache(settings.cache());
    this.client = new HubClient(settings, timeout);
    this.download = new BlobDownload(client, settings.pause(), progress);
  }

  /**
   * What was asked for, now in the cache.
   *
   * @param path the file, or the folder in the snapshot
   * @param commit what the revision is
   * @param files paths in the repository
   * @param downloaded bytes that came over the network
   */
  public record Fetched(Path path, String commit, List<String> files, long downloaded) {
    public Fetched {
      files = List.copyOf(files);
    }
  }

  /**
   * The local path of what a user names: the path itself when it exists, else what {@code hub:…} or
   * a SAELens {@code release/sae_id} names, fetched if need be; any other text is a path that does
   * not exist, and is given back as it is.
   */
  public static Path pathOf(String name, Progress progress) {
    if (!HubName.isWritten(name)) {
      Path path = Path.of(name);
      if (Files.exists(path) || !SaeReleases.isRelease(name)) {
        return path;
      }
    }
    return new Hub(HubSettings.fromEnvironment(), progress).fetch(name).path();
  }

  /** Fetches what {@code hub:…} or a SAELens {@code release/sae_id} names. */
  public Fetched fetch(String name) {
    if (HubName.isWritten(name)) {
      return fetch(HubName.parse(name));
    }
    return SaeReleases.fetch(name, this);
  }

  /**
   * Fetches a file, all files below a folder, or the files at the root of a repository (of which
   * weights in other formats are left out when there are safetensors).
   *
   * @throws InputException when there is no such thing, access is refused, or it is not cached
   *     while offline
   * @throws ResourceException when the network or the disk fails
   */
  public Fetched fetch(HubName name) {
    String known = cache.commit(name);
    HubListing listing =
        name.isPinned() && known != null && cache.file(name, known, name.path()) == null
            ? keptListing(name, known)
            : null;
    if (listing == null && !name.path().isEmpty()) {
      Fetched file = fetchFile(name, name.path());
      if (file != null) {
        return file;
      }
    }
    if (listing == null) {
      listing = listing(name);
    }
    List<String> files = listing.select(name);
    Fetched all = fetch(name.withRevision(listing.commit()), files);
    Path snapshot = cache.snapshot(name, listing.commit());
    return new Fetched(
        name.path().isEmpty() ? snapshot : snapshot.resolve(name.path()),
        listing.commit(),
        files,
        all.downloaded);
  }

  /**
   * How many bytes {@link #fetch(String)} would bring over the network, by name: what a name stands
   * for, less what is in the cache. Names that are neither {@code hub:…} nor a release are left
   * out.
   */
  public static Map<String, Long> missing(List<String> names, Progress progress) {
    Hub hub = new Hub(HubSettings.fromEnvironment(), progress);
    Map<HubName, HubListing> listings = new HashMap<>();
    Function<HubName, HubListing> listing =
        name -> listings.computeIfAbsent(name.withPath(""), hub::listing);
    Map<String, Long> bytes = new LinkedHashMap<>();
    for (String name : names) {
      if (HubName.isWritten(name)) {
        HubName parsed = HubName.parse(name);
        HubListing all = listing.apply(parsed);
        bytes.put(name, hub.missing(parsed, all, all.select(parsed)));
      } else if (SaeReleases.isRelease(name) && !Files.exists(Path.of(name))) {
        HubName folder = SaeReleases.folder(name).orElseThrow();
        HubListing all = listing.apply(folder);
        bytes.put(name, hub.missing(folder, all, SaeReleases.files(name, all)));
      }
    }
    return bytes;
  }

  private long missing(HubName name, HubListing listing, List<String> files) {
    return files.stream()
        .filter(file -> cache.file(name, listing.commit(), file) == null)
        .mapToLong(file -> Math.max(0, listing.files().getOrDefault(file, 0L)))
        .sum();
  }

  /**
   * Fetches files whose paths are known, so that no listing is asked for.
   *
   * @param name its path is not used
   * @return the snapshot's folder as path
   */
  Fetched fetch(HubName name, List<String> files) {
    HubName at = name;
    long bytes = 0;
    String commit = null;
    for (String file : files) {
      Fetched one = fetchFile(at, file);
      if (one == null) {
        throw settings.offline()
            ? notCached(at.withPath(file))
            : new InputException(at.withPath(file) + ": there is no such file in that revision");
      }
      commit = one.commit;
      // The files that follow are of the same commit, even when the branch moves meanwhile.
      at = name.withRevision(commit);
      bytes += one.downloaded;
    }
    if (commit == null) {
      throw new IllegalArgumentException("no files to fetch from " + name);
    }
    return new Fetched(cache.snapshot(name, commit), commit, files, bytes);
  }

  /**
   * A file, or null when the revision has no file of that path, or offline when it is not cached.
   */
  private @Nullable Fetched fetchFile(HubName name, String path) {
    String known = cache.commit(name);
    Path cached = known == null ? null : cache.file(name, known, path);
    if (cached != null && known != null && (settings.offline() || name.isPinned())) {
      return new Fetched(cached, known, List.of(path), 0);
    }
    if (settings.offline()) {
      return null;
    }
    HubClient.FileInfo info;
    try {
      info = client.head(name, path);
    } catch (IOException e) {
      if (cached != null && known != null) {
        return new Fetched(cached, known, List.of(path), 0);
      }
      throw BlobDownload.unreachable(name.withPath(path), e, 0, 0);
    }
    if (info == null) {
      return null;
    }
    if (name.isPinned() && !info.commit().equals(name.revision())) {
      throw new InputException(
          name.withPath(path) + ": the server answers for another commit, " + info.commit());
    }
    cache.rememberCommit(name, info.commit());
    Path there = cache.file(name, info.commit(), path);
    if (there != null) {
      return new Fetched(there, info.commit(), List.of(path), 0);
    }
    Path blob = cache.blob(name, info.etag());
    cache.prepare(blob);
    long bytes =
        cache.locked(
            name,
            info.etag(),
            () -> Files.isRegularFile(blob) ? 0 : download.run(name.withPath(path), info, blob));
    Path file = cache.link(name, info.commit(), path, info.etag());
    return new Fetched(file, info.commit(), List.of(path), bytes);
  }

  /** The files of the revision: from the cache when it is pinned or offline, else from the hub. */
  HubListing listing(HubName name) {
    String known = cache.commit(name);
    if (known != null && (settings.offline() || name.isPinned())) {
      HubListing kept = keptListing(name, known);
      if (kept != null) {
        return kept;
      }
    }
    if (settings.offline()) {
      throw notCached(name);
    }
    try {
      String text = download(name);
      HubListing listing = HubListing.parse(name, text);
      if (name.isPinned() && !listing.commit().equals(name.revision())) {
        throw new InputException(
            name + ": the server answers for another commit, " + listing.commit());
      }
      cache.rememberCommit(name, listing.commit());
      cache.write(cache.listing(name, listing.commit()), listing.json());
      return listing;
    } catch (IOException e) {
      HubListing kept = known == null ? null : keptListing(name, known);
      if (kept != null) {
        return kept;
      }
      throw BlobDownload.unreachable(name, e, 0, 0);
    }
  }

  private @Nullable HubListing keptListing(HubName name, String commit) {
    Path file = cache.listing(name, commit);
    try {
      if (Files.isRegularFile(file)) {
        HubListing kept = HubListing.parse(name, Files.readString(file));
        return kept.commit().equals(commit) ? kept : null;
      }
      // Fetched by the hub's own tools, which keep no listing: what there is must do.
      Path snapshot = cache.snapshot(name, commit);
      return settings.offline() && Files.isDirectory(snapshot) ? walk(snapshot, commit) : null;
    } catch (IOException e) {
      return null;
    }
  }

  private static HubListing walk(Path snapshot, String commit) throws IOException {
    List<Path> paths = new ArrayList<>();
    try (var stream = Files.walk(snapshot, 12)) {
      stream.filter(Files::isRegularFile).forEach(paths::add);
    }
    var files = new java.util.TreeMap<String, Long>();
    for (Path p : paths) {
      files.put(snapshot.relativize(p).toString().replace('\\', '/'), Files.size(p));
    }
    return new HubListing(commit, files);
  }

  private String download(HubName name) throws IOException {
    HttpURLConnection answer = client.get(client.listing(name), 0, name);
    try (InputStream in = answer.getInputStream()) {
      byte[] bytes = in.readNBytes((int) LISTING_LIMIT);
      if (bytes.length == LISTING_LIMIT) {
        throw new InputException(name + ": the list of files has over " + LISTING_LIMIT + " bytes");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } finally {
      answer.disconnect();
    }
  }

  private InputException notCached(HubName name) {
    return new InputException(
        name
            + ": it is not in the cache "
            + cache.root()
            + ", and HF_HUB_OFFLINE forbids the network; fetch it once without that variable");
  }
}
