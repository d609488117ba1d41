package almagest.cli.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The most memory the process has needed: anonymous resident memory, looked at five times a second.
 * Pages of mapped files are left out, because the system takes them back when something else needs
 * the room.
 */
final class PeakMemory implements AutoCloseable {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final long PAUSE_MILLIS = 200;

  private final Thread watcher;
  private volatile boolean open = true;
  private volatile long peak;

  PeakMemory() {
    watcher = Thread.ofPlatform().daemon().name("memory-watch").start(this::watch);
  }

  private void watch() {
    while (open) {
      peak = Math.max(peak, now());
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** The peak so far, in bytes. */
  long bytes() {
    peak = Math.max(peak, now());
    return peak;
  }

  /** Where the system does not tell (anything but Linux), what the JVM has committed. */
  private static long now() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith("RssAnon:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
    } catch (IOException e) {
      // Fall through to what the JVM knows.
    }
    return Runtime.getRuntime().totalMemory();
  }

  @Override
  public void close() {
    open = false;
    watcher.interrupt();
  }
}
