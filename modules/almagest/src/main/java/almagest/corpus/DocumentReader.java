package almagest.corpus;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** One file's documents, one after the other; not safe to share between threads. */
interface DocumentReader extends AutoCloseable {
  /** The next document, or null at the end. */
  @Nullable Document next();

  @Override
  void close();

  /** Opens a file of one kind; the reader counts in {@code oddities} what it passes over. */
  @FunctionalInterface
  interface Opener {
    DocumentReader open(Path file, Oddities oddities);
  }
}
