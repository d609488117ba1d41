package almagest.corpus;

import almagest.run.Progress;
import almagest.run.ResourceException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where fetched data is kept: {@code $ALMAGEST_CACHE}, else {@code $XDG_CACHE_HOME/almagest}, else
 * {@code ~/.cache/almagest}. It may be deleted at any time; everything in it can be fetched again.
 */
public final class Cache {
  /** The threads of this process; a lock on a file keeps out other processes only. */
  private static final ReentrantLock OURS = new ReentrantLock();

  private Cache() {}

  public static Path directory() {
    return directory(System.getenv(), System.getProperty("user.home", "."));
  }

  static Path directory(Map<String, String> environment, String home) {
    String own = environment.getOrDefault("ALMAGEST_CACHE", "");
    if (!own.isBlank()) {
      return Path.of(own).toAbsolutePath();
    }
    String shared = environment.getOrDefault("XDG_CACHE_HOME", "");
    return shared.isBlank()
        ? Path.of(home, ".cache", "almagest").toAbsolutePath()
        : Path.of(shared, "almagest").toAbsolutePath();
  }

  /**
   * Does what fills the cache while nobody else does, in this process or another: two runs that
   * begin together fetch once. The lock goes with the process, however it ends. Where the file
   * system has no locks the work is done without.
   */
  static void alone(Path cache, Progress progress, Runnable work) {
    OURS.lock();
    try {
      Files.createDirectories(cache);
      try (FileChannel channel =
          FileChannel.open(
              cache.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        lock(channel, progress);
        work.run();
      }
    } catch (IOException e) {
      throw new ResourceException("cannot write to the cache " + cache + ": " + e.getMessage(), e);
    } finally {
      OURS.unlock();
    }
  }

  /** Closing the channel gives the lock back. */
  private static void lock(FileChannel channel, Progress progress) {
    try {
      if (channel.tryLock() == null) {
        try (Progress.Task waiting =
            progress.start("wait for another run that fetches", 1, "run")) {
          FileLock lock = channel.lock();
          waiting.advance(lock.isValid() ? 1 : 0);
        }
      }
    } catch (IOException e) {
      // No locks on this file system: the worst that can happen is work done twice.
    }
  }
}
