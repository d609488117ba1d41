package almagest.format.hub;

import almagest.run.Progress;
import almagest.run.ResourceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brings one blob into the cache: into {@code ETAG.incomplete}, from the byte on that an earlier
 * attempt reached, verified against its checksum, then renamed.
 */
final class BlobDownload {
  private static final int ATTEMPTS = 5;
  private static final Pattern RANGE =
      Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");

  private final HubClient client;
  private final Duration pause;
  private final Progress progress;

  BlobDownload(HubClient client, Duration pause, Progress progress) {
    this.client = client;
    this.pause = pause;
    this.progress = progress;
  }

  /**
   * Downloads the content of a file to {@code blob}.
   *
   * @return how many bytes came over the network
   */
  long run(HubName name, HubClient.FileInfo info, Path blob) {
    Path partial = blob.resolveSibling(blob.getFileName() + ".incomplete");
    checkSpace(name, info, partial);
    long received = 0;
    try (Progress.Task task = progress.start("fetch " + fileName(name), info.size(), "bytes")) {
      long before = sizeOf(partial);
      task.advance(before);
      int failures = 0;
      while (sizeOf(partial) < info.size() || !Files.exists(partial)) {
        long had = sizeOf(partial);
        IOException failure = attempt(name, info, partial, task);
        long got = Math.max(0, sizeOf(partial) - had);
        received += got;
        if (failure == null) {
          continue;
        }
        failures = got > 0 ? 1 : failures + 1;
        if (failures == ATTEMPTS) {
          throw unreachable(name, failure, sizeOf(partial), info.size());
        }
        sleep(failures);
      }
    }
    try {
      verify(name, info, partial);
      Files.move(
          partial, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw HubCache.failed(blob, e);
    }
    return received;
  }

  static ResourceException unreachable(HubName name, IOException e, long have, long size) {
    return new ResourceException(
        name
            + ": the network fails ("
            + e
            + ")"
            + (have > 0
                ? "; "
                    + have
                    + " of "
                    + size
                    + " bytes are kept, the same command goes on from there"
                : "; try again, or set HF_HUB_OFFLINE=1 to use only what is in the cache"),
        e);
  }

  private @Nullable IOException attempt(
      HubName name, HubClient.FileInfo info, Path partial, Progress.Task task) {
    HttpURLConnection answer = null;
    try {
      long from = sizeOf(partial);
      answer = client.get(info.location(), from, name);
      if (answer.getResponseCode() == 416 || !startsAt(answer, from, info.size())) {
        // The server does not go on from there: begin again.
        Files.deleteIfExists(partial);
        if (answer.getResponseCode() != 200) {
          return new IOException("the server did not go on at byte " + from);
        }
      }
      try (InputStream in = answer.getInputStream();
          OutputStream out =
              new LocalOutput(
                  Files.newOutputStream(
                      partial, StandardOpenOption.CREATE, StandardOpenOption.APPEND))) {
        copy(in, out, info.size() - sizeOf(partial), task);
      }
      return sizeOf(partial) < info.size() ? new IOException("the connection ended early") : null;
    } catch (LocalOutput.Failed e) {
      throw HubCache.failed(partial, e);
    } catch (IOException e) {
      return e;
    } finally {
      if (answer != null) {
        answer.disconnect();
      }
    }
  }

  /** Whether the answer's first byte is byte {@code from} of a file of the expected size. */
  private static boolean startsAt(HttpURLConnection answer, long from, long size)
      throws IOException {
    if (answer.getResponseCode() != 206) {
      return from == 0;
    }
    String header = answer.getHeaderField("Content-Range");
    Matcher m = RANGE.matcher(header == null ? "" : header);
    return m.matches()
        && Long.parseLong(m.group(1)) == from
        && (m.group(2).equals("*") || Long.parseLong(m.group(2)) == size);
  }

  private static void copy(InputStream in, OutputStream out, long most, Progress.Task task)
      throws IOException {
    byte[] buffer = new byte[1 << 16];
    long left = most;
    while (left > 0) {
      int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (n < 0) {
        return;
      }
      out.write(buffer, 0, n);
      left -= n;
      task.advance(n);
    }
  }

  private static void checkSpace(HubName name, HubClient.FileInfo info, Path partial) {
    try {
      long needed = info.size() - sizeOf(partial);
      long free = Files.getFileStore(partial.getParent()).getUsableSpace();
      if (needed > free) {
        throw new ResourceException(
            name
                + ": needs "
                + needed
                + " bytes of disk at "
                + partial.getParent()
                + ", which has "
                + free
                + " free; name another place with HF_HUB_CACHE");
      }
    } catch (IOException e) {
      throw HubCache.failed(partial, e);
    }
  }

  /**
   * Large files have their SHA-256 as etag, small ones git's SHA-1 of {@code "blob SIZE\0"} and the
   * content.
   */
  private static void verify(HubName name, HubClient.FileInfo info, Path partial)
      throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance(info.etag().length() == 64 ? "SHA-256" : "SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1 and SHA-256", e);
    }
    if (info.etag().length() == 40) {
      digest.update(("blob " + info.size() + "\0").getBytes(StandardCharsets.US_ASCII));
    }
    try (InputStream in = Files.newInputStream(partial)) {
      byte[] buffer = new byte[1 << 20];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(info.etag())) {
      Files.delete(partial);
      throw new ResourceException(
          name
              + ": the download is damaged: expected the checksum "
              + info.etag()
              + ", found "
              + found
              + "; nothing of it is kept, try again");
    }
  }

  private static long sizeOf(Path file) {
    try {
      return Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw HubCache.failed(file, e);
    }
  }

  private void sleep(int failures) {
    try {
      Thread.sleep(pause.multipliedBy(1L << (failures - 1)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ResourceException("interrupted; the same command goes on from here", e);
    }
  }

  private static String fileName(HubName name) {
    return name.path().substring(name.path().lastIndexOf('/') + 1);
  }
}
