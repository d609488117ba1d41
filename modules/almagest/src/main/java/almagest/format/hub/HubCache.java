package almagest.format.hub;

import almagest.run.ResourceException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The cache of the hub's own tools: {@code models--ORG--NAME/} holds {@code refs/REVISION} (the
 * commit in it), {@code blobs/ETAG} (the content) and {@code snapshots/COMMIT/PATH} (a relative
 * link to the blob, or a plain file where links cannot be). Reading asks for nothing but the
 * snapshot, so that copied and read-only caches work.
 */
final class HubCache {
  private static final String TAG =
      """
      Signature: 8a477f597d28d172789f06886806bc55
      # This file is a cache directory tag; see https://bford.info/cachedir/
      """;

  private final Path root;

  HubCache(Path root) {
    this.root = root;
  }

  Path root() {
    return root;
  }

  Path snapshot(HubName name, String commit) {
    return root.resolve(name.folder()).resolve("snapshots").resolve(commit);
  }

  Path blob(HubName name, String etag) {
    return root.resolve(name.folder()).resolve("blobs").resolve(etag);
  }

  /** Where the listing of a commit's files is kept, beside what the hub's tools keep. */
  Path listing(HubName name, String commit) {
    return root.resolve(name.folder()).resolve("almagest").resolve(commit + ".json");
  }

  /** The commit that the revision had when it was last looked up; the revision itself if pinned. */
  @Nullable String commit(HubName name) {
    if (name.isPinned()) {
      return name.revision();
    }
    Path ref = root.resolve(name.folder()).resolve("refs").resolve(name.revision());
    try {
      String commit = Files.isRegularFile(ref) ? Files.readString(ref).strip() : "";
      return HubName.isCommit(commit) ? commit : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** The file in the snapshot, or null when it is not there. */
  @Nullable Path file(HubName name, String commit, String path) {
    Path file = snapshot(name, commit).resolve(path);
    return Files.isRegularFile(file) ? file : null;
  }

  void rememberCommit(HubName name, String commit) {
    if (name.isPinned() || commit.equals(commit(name))) {
      return;
    }
    write(root.resolve(name.folder()).resolve("refs").resolve(name.revision()), commit);
  }

  /** Writes a small file so that it appears whole. */
  void write(Path file, String text) {
    try {
      prepare(file);
      Path temporary = Files.createTempFile(file.getParent(), ".new", "");
      Files.writeString(temporary, text);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  /** Makes the folder of a file, and tags a new cache as one. */
  void prepare(Path file) {
    try {
      if (!Files.isDirectory(root)) {
        Files.createDirectories(root);
        Files.writeString(root.resolve("CACHEDIR.TAG"), TAG);
      }
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  /** Works while no other process does the same for that blob; the others wait. */
  long locked(HubName name, String etag, LongSupplier work) {
    Path file = root.resolve(".locks").resolve(name.folder()).resolve(etag + ".lock");
    prepare(file);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock(); // Given back when the channel is closed.
      return work.getAsLong();
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  /** Puts a blob into a snapshot: as a relative link, or as a plain file where that fails. */
  Path link(HubName name, String commit, String path, String etag) {
    Path snapshot = snapshot(name, commit);
    Path pointer = snapshot.resolve(path);
    Path parent = Objects.requireNonNull(pointer.getParent());
    Path blob = blob(name, etag);
    prepare(pointer);
    try {
      Files.deleteIfExists(pointer);
      try {
        Files.createSymbolicLink(pointer, parent.relativize(blob));
      } catch (FileAlreadyExistsException e) {
        return pointer; // Another process was faster, with the same content.
      } catch (IOException | UnsupportedOperationException e) {
        Path temporary = pointer.resolveSibling(pointer.getFileName() + ".new");
        Files.copy(blob, temporary, StandardCopyOption.REPLACE_EXISTING);
        Files.move(temporary, pointer, StandardCopyOption.ATOMIC_MOVE);
      }
      return pointer;
    } catch (IOException e) {
      throw failed(pointer, e);
    }
  }

  static ResourceException failed(Path file, IOException e) {
    return new ResourceException(
        "the cache cannot be written ("
            + e
            + ") at "
            + file
            + "; free space there, or name another place with HF_HUB_CACHE",
        e);
  }
}
