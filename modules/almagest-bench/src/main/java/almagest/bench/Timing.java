package almagest.bench;

import almagest.format.Json;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.function.Supplier;

/** Repeats a piece of work and prints what it took. */
final class Timing {
  private Timing() {}

  /**
   * Runs {@code work} once to warm up and {@code repeat} times measured, and prints one JSON line.
   * With {@code repeat} 0 the only run, cold, is the measured one.
   *
   * @param figures what judges the answer, from the last result
   */
  static <T> T measure(
      String name,
      int repeat,
      Supplier<T> work,
      java.util.function.Function<T, Map<String, Object>> figures) {
    if (repeat > 0) {
      var _ = work.get();
    }
    ObjectNode line = Json.object();
    line.put("name", name);
    var seconds = line.putArray("seconds");
    double least = Double.POSITIVE_INFINITY;
    double leastProcessor = Double.POSITIVE_INFINITY;
    for (int left = Math.max(1, repeat); ; left--) {
      long start = System.nanoTime();
      long processor = processorNanos();
      // Declared here, so that nothing holds the last answer while the next is made.
      T result = work.get();
      leastProcessor = Math.min(leastProcessor, (processorNanos() - processor) / 1e9);
      double taken = (System.nanoTime() - start) / 1e9;
      seconds.add(taken);
      least = Math.min(least, taken);
      if (left == 1) {
        line.put("min", least);
        line.put("processor_min", leastProcessor);
        line.put("threads", Runtime.getRuntime().availableProcessors());
        figures.apply(result).forEach((k, v) -> line.set(k, Json.tree(v)));
        System.out.println(Json.line(line));
        return result;
      }
    }
  }

  /** Processor time of all threads so far: steadier than the clock on a machine that is shared. */
  static long processorNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
