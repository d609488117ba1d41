package almagest.tensor;

import com.sun.management.OperatingSystemMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/**
 * Native memory that lives as long as something refers to it. The garbage collector does not see
 * its size, so blocks that nothing refers to any more could pile up; it is asked to look for them
 * when all such blocks together are half as much again as the last look left, and a gigabyte or
 * more.
 */
public final class NativeMemory {
  /** Up to so many bytes the collector is not asked. */
  private static final long LITTLE = Math.min(1L << 30, physicalBytes() / 3);

  /** What automatic arenas hold, of whatever size and wherever they were made. */
  private static final BufferPoolMXBean HELD =
      ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
          .filter(pool -> pool.getName().equals("direct"))
          .findFirst()
          .orElseThrow();

  /** Bytes held beyond which the collector is asked again. */
  private static volatile long trust = LITTLE;

  private NativeMemory() {}

  /** The bytes of memory that the machine, or the container, has. */
  public static long physicalBytes() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }

  /** Zeroed memory, aligned to a cache line. */
  public static MemorySegment allocate(long bytes) {
    if (HELD.getMemoryUsed() + bytes > trust) {
      collect(bytes);
    }
    return Arena.ofAuto().allocate(bytes, 64);
  }

  /** Gives the collector a moment; blocks still in use remain, and are no error. */
  private static synchronized void collect(long bytes) {
    if (HELD.getMemoryUsed() + bytes <= trust) {
      return;
    }
    System.gc();
    for (int wait = 0; wait < 10 && HELD.getMemoryUsed() + bytes > trust; wait++) {
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    trust = Math.max(LITTLE, (HELD.getMemoryUsed() + bytes) * 3 / 2);
  }
}
