package almagest.run;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes files that appear whole under their name or not at all: into {@code NAME.tmp} beside it,
 * synced, then renamed.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** Writes the content of a file to a stream. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /** Writes a file to a path that is not its final one. */
  @FunctionalInterface
  public interface PathContent {
    void writeTo(Path temporary) throws IOException;
  }

  /** Writes through a buffered stream. Parent directories are made. */
  public static void write(Path file, Content content) {
    writePath(
        file,
        temporary -> {
          try (OutputStream out =
              new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 20)) {
            content.writeTo(out);
          }
        });
  }

  /**
   * Lets {@code content} write a temporary file, syncs it and renames it.
   *
   * @throws ResourceException when the disk is full or the file cannot be written
   */
  public static void writePath(Path file, PathContent content) {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      Path parent = file.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      content.writeTo(temporary);
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | UncheckedIOException e) {
      discard(temporary);
      throw new ResourceException(
          "cannot write " + file + ": " + e.getMessage() + "; nothing was left under that name", e);
    } catch (RuntimeException | Error e) {
      discard(temporary);
      throw e;
    }
  }

  private static void discard(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // The failure that brought us here is the one to report; a stray .tmp is overwritten next
      // time.
    }
  }
}
