package almagest.cli;

import almagest.run.Progress;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stage, rate and time left on standard error: one line that is redrawn on a terminal, a plain line
 * now and then elsewhere.
 */
final class ConsoleProgress implements Progress {
  private final PrintStream err;
  private final boolean terminal;

  ConsoleProgress(PrintStream err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  @Override
  public Task start(String stage, long total, String unit) {
    return new Line(stage, total, unit);
  }

  private final class Line implements Task {
    private final String stage;
    private final long total;
    private final String unit;
    private final long began = System.nanoTime();
    private final AtomicLong done = new AtomicLong();
    private final long pause = terminal ? 200_000_000L : 5_000_000_000L;
    private final AtomicLong shown = new AtomicLong(began);

    Line(String stage, long total, String unit) {
      this.stage = stage;
      this.total = total;
      this.unit = unit;
    }

    @Override
    public void advance(long units) {
      long now = done.addAndGet(units);
      long time = System.nanoTime();
      long last = shown.get();
      if (time - last >= pause && shown.compareAndSet(last, time)) {
        show(now, time, terminal ? "\r" : "", terminal ? "" : "\n");
      }
    }

    @Override
    public void close() {
      long time = System.nanoTime();
      if (terminal || time - began > 2_000_000_000L) {
        show(done.get(), time, terminal ? "\r" : "", "\n");
      }
    }

    private void show(long now, long time, String before, String after) {
      double seconds = (time - began) / 1e9;
      double rate = now / Math.max(seconds, 1e-9);
      StringBuilder line =
          new StringBuilder(before).append("  ").append(stage).append(": ").append(compact(now));
      if (total > 0) {
        line.append(" of ").append(compact(total));
      }
      line.append(' ')
          .append(unit)
          .append(", ")
          .append(rate >= 1 || now == 0 ? compact((long) rate) + "/s" : clock(1 / rate) + " each")
          .append(", ")
          .append(clock(seconds));
      if (total > 0 && now > 0 && now < total) {
        line.append(", ").append(clock((total - now) / rate)).append(" left");
      }
      err.print(line + (terminal ? "    " : "") + after);
      err.flush();
    }
  }

  static String compact(long n) {
    if (n < 10_000) {
      return Long.toString(n);
    }
    return n < 10_000_000
        ? String.format(Locale.ROOT, "%.0fk", n / 1e3)
        : String.format(Locale.ROOT, n < 10_000_000_000L ? "%.1fM" : "%.0fM", n / 1e6);
  }

  static String clock(double seconds) {
    Duration d = Duration.ofMillis((long) (seconds * 1000));
    return d.toHours() > 0
        ? String.format(Locale.ROOT, "%dh%02dm", d.toHours(), d.toMinutesPart())
        : d.toMinutes() > 0
            ? String.format(Locale.ROOT, "%dm%02ds", d.toMinutes(), d.toSecondsPart())
            : String.format(Locale.ROOT, "%.1fs", seconds);
  }
}
