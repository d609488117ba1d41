package almagest.cli.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the process has needed so far, as the operating system counts it. */
final class PeakMemory {
  private PeakMemory() {}

  /**
   * Peak of anonymous resident memory where the system tells (Linux, mapped file pages left out as
   * far as it tells them), else the JVM's committed memory.
   */
  static long bytes() {
    Path status = Path.of("/proc/self/status");
    try {
      if (Files.isReadable(status)) {
        for (String line : Files.readAllLines(status)) {
          if (line.startsWith("VmHWM:")) {
            return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
          }
        }
      }
    } catch (IOException e) {
      // Fall through to what the JVM knows.
    }
    return Runtime.getRuntime().totalMemory();
  }
}
