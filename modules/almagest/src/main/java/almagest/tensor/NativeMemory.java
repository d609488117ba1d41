package almagest.tensor;

import com.sun.management.OperatingSystemMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Large blocks of native memory that live as long as something refers to them. The garbage
 * collector does not see their size, so blocks that nothing refers to any more could pile up; it is
 * asked to look for them when those outstanding are twice what the last look left, and 1 GiB or
 * more.
 */
public final class NativeMemory {
  /** Smaller blocks are not counted. */
  private static final long LARGE = 1L << 24;

  /** Up to so much outstanding the collector is not asked. */
  private static final long LITTLE = Math.min(1L << 30, physicalBytes() / 3);

  private static final Cleaner CLEANER = Cleaner.create();
  private static final AtomicLong OUTSTANDING = new AtomicLong();

  /** Outstanding bytes beyond which the collector is asked again. */
  private static volatile long trust = LITTLE;

  private NativeMemory() {}

  /** The bytes of memory that the machine, or the container, has. */
  public static long physicalBytes() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }

  /** Zeroed memory, aligned to a cache line. */
  public static MemorySegment allocate(long bytes) {
    if (bytes >= LARGE) {
      if (OUTSTANDING.get() + bytes > trust) {
        collect(bytes);
        trust = Math.max(LITTLE, 2 * (OUTSTANDING.get() + bytes));
      }
      MemorySegment block = Arena.ofAuto().allocate(bytes, 64);
      OUTSTANDING.addAndGet(bytes);
      CLEANER.register(block, () -> OUTSTANDING.addAndGet(-bytes));
      return block;
    }
    return Arena.ofAuto().allocate(bytes, 64);
  }

  /** Gives the collector a moment; blocks still in use remain, and are no error. */
  private static void collect(long bytes) {
    System.gc();
    for (int wait = 0; wait < 10 && OUTSTANDING.get() + bytes > trust; wait++) {
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
