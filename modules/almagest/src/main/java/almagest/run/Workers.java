package almagest.run;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A pool of threads that works on numbered pieces. The caller cuts the work into pieces that do not
 * depend on {@link #threads()}, each piece writes only what is its own, and results are combined in
 * the order of the pieces; so the outcome has the same bits on any number of threads. The calling
 * thread works too, hence calls may be nested without a deadlock.
 */
public final class Workers implements AutoCloseable {
  private final int threads;
  private final @Nullable ExecutorService pool;

  /**
   * @param threads how many threads work at once, the caller's among them; at least 1
   */
  public Workers(int threads) {
    if (threads < 1) {
      throw new InputException("--threads: expected at least 1, found " + threads);
    }
    this.threads = threads;
    this.pool =
        threads == 1
            ? null
            : Executors.newFixedThreadPool(
                threads - 1, Thread.ofPlatform().daemon().name("worker-", 0).factory());
  }

  /** All processors that the JVM sees. */
  public static Workers ofAllProcessors() {
    return new Workers(Runtime.getRuntime().availableProcessors());
  }

  public int threads() {
    return threads;
  }

  /**
   * Runs pieces 0 … {@code pieces − 1}, each once, in no promised order. The first failure ends the
   * rest and is thrown.
   */
  public void run(int pieces, IntConsumer piece) {
    if (pool == null || pieces < 2) {
      for (int i = 0; i < pieces; i++) {
        piece.accept(i);
      }
      return;
    }
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    // Counts pieces, not loops: a loop that the pool begins late finds nothing left, and nobody
    // waits for it.
    CountDownLatch open = new CountDownLatch(pieces);
    Runnable loop =
        () -> {
          for (int i = next.getAndIncrement(); i < pieces; i = next.getAndIncrement()) {
            try {
              if (failure.get() == null) {
                piece.accept(i);
              }
            } catch (RuntimeException | Error e) {
              failure.compareAndSet(null, e);
            } finally {
              open.countDown();
            }
          }
        };
    for (int t = 1; t < Math.min(threads, pieces); t++) {
      pool.execute(loop);
    }
    loop.run();
    await(open);
    switch (failure.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  /** What {@link #runRanges} does for numbers {@code from} … {@code to}, exclusive. */
  public interface Range {
    void accept(int from, int to);
  }

  /** Runs 0 … {@code count − 1} in pieces of {@code size} numbers; the last may have fewer. */
  public void runRanges(int count, int size, Range piece) {
    run(
        count / size + (count % size > 0 ? 1 : 0),
        p -> piece.accept(p * size, p * size + Math.min(size, count - p * size)));
  }

  /** What {@link #runPairs} does for one pair. */
  public interface Pair {
    void accept(int a, int b);
  }

  /**
   * Runs every pair a ≤ b of 0 … {@code side − 1} as a piece: the tiles of a symmetric matrix,
   * those of a row one after the other.
   */
  public void runPairs(int side, Pair piece) {
    run(
        Math.toIntExact((long) side * (side + 1) / 2),
        number -> {
          int a = 0;
          int left = number;
          while (left >= side - a) {
            left -= side - a;
            a++;
          }
          piece.accept(a, a + left);
        });
  }

  /** As {@link #run}, gathering a result per piece, in order. */
  public <T> List<T> map(int pieces, IntFunction<T> piece) {
    List<AtomicReference<T>> results = new ArrayList<>(pieces);
    for (int i = 0; i < pieces; i++) {
      results.add(new AtomicReference<>());
    }
    run(pieces, i -> results.get(i).set(piece.apply(i)));
    return results.stream().map(AtomicReference::get).toList();
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.shutdownNow();
    }
  }

  /**
   * Waits whatever interrupts, since pieces still write to the caller's arrays; an interrupt is
   * kept for the caller.
   */
  private static void await(CountDownLatch open) {
    boolean interrupted = false;
    while (true) {
      try {
        open.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
