package almagest.cli.pipeline;

import almagest.run.ResourceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run will need, said before it starts. Memory and disk are upper estimates from the sizes;
 * time follows from multiply-adds at a rate that is measured on the spot, and from no more than
 * that: expect half to twice.
 *
 * @param missing names of the stages to run
 * @param memory bytes at the peak: the whole heap, and what lies outside it; mapped files not
 *     counted
 * @param disk bytes on disk at the peak
 * @param seconds of computing
 */
record Plan(Settings settings, List<String> missing, long memory, long disk, double seconds) {
  /** What the libraries, the engine and a forward pass need outside the heap. */
  private static final long BASE = 2200L << 20;

  static Plan of(Settings settings, int dModel, List<String> missing, int threads) {
    Settings.Features f = settings.features();
    long tokens = settings.reading().tokens();
    int layers = settings.reading().layers().size();
    long width = Math.max(f.width(), f.sideWidth());
    long chunks = tokens / settings.brain().chunk();
    long training = 4L * dModel * (8L * width + 3L * f.batch()) + 4L * 2 * f.batch() * width;
    long chunkEntries =
        4L * chunks * Math.min(width, (long) f.active() * settings.brain().chunk() / 4);
    long lobes = 4L * width * width * 3 + chunkEntries * 3;
    long tables = 40L * tokens;
    long examples = width * 30L * 200;
    long working = tables + Math.max(training, Math.max(lobes, examples + chunkEntries));
    // A heap that may grow will: garbage is collected once it is full.
    long memory = Runtime.getRuntime().maxMemory() + BASE + working;
    boolean reads = missing.contains(ReadingStages.ACTIVATIONS);
    long disk =
        (reads ? 4L * settings.stored() * dModel * layers : 0)
            + (settings.streamed() ? 2 * (8L * f.active() + 8) * tokens : 0)
            + layers * (4L * width * width + 8L * width * dModel)
            + chunkEntries;
    return new Plan(settings, missing, memory, disk, seconds(settings, dModel, missing, threads));
  }

  /**
   * Multiply-adds of the stages that are missing over the measured rate; the rest of a stage's work
   * as a factor.
   */
  private static double seconds(Settings settings, int dModel, List<String> missing, int threads) {
    double rate = MachineRate.multiplyAdds() * threads;
    double tokens = settings.reading().tokens();
    double depth = settings.reading().layers().getLast() + 1;
    double forward =
        tokens * depth * (12.0 * dModel * dModel + 2.0 * dModel * settings.brain().chunk());
    double total = 0;
    boolean streamed = settings.streamed();
    for (String stage : missing) {
      String what = stage.substring(stage.indexOf('/') + 1);
      boolean middle = stage.startsWith(LayerStages.folder(settings.reading().middle()));
      double width = middle ? settings.features().width() : settings.features().sideWidth();
      Map<String, Double> work =
          Map.of(
              ReadingStages.ACTIVATIONS,
              1.6 * forward * settings.stored() / tokens,
              "features",
              1.6 * forward + 3 * tokens * width * dModel,
              "sae",
              2.5 * settings.features().steps() * settings.features().batch() * width * dModel,
              "collect",
              streamed ? 0 : 3 * tokens * width * dModel,
              "control",
              streamed ? 0 : 5 * tokens * width * dModel,
              "lobes",
              lobes(settings, width, middle));
      total += work.getOrDefault(what, 0.0) / rate + 2;
    }
    return total;
  }

  /**
   * Lobes are bound by memory: what a cut of 1,024 features takes, as so many multiply-adds, grows
   * with their number, and faster where the classifier and its nulls are fitted.
   */
  private static double lobes(Settings settings, double width, boolean withClassifier) {
    double cuts = settings.brain().affinities().size() * settings.brain().ks().size();
    double thousands = width / 1024;
    return cuts * (withClassifier ? 3.5e11 * Math.pow(thousands, 1.33) : 1.5e11 * thousands);
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    Settings.Reading r = settings.reading();
    lines.add(
        "Plan: %s reads up to %,d tokens of corpus %s; layers %s; SAEs of %,d features (middle) and %,d; lobes of %s."
            .formatted(
                name(r.model()),
                r.tokens(),
                name(r.corpus()),
                r.layers(),
                settings.features().width(),
                settings.features().sideWidth(),
                settings.brain().affinities()));
    lines.add(
        String.format(
            Locale.ROOT,
            "      %d stages to run, about %s; at most %.1f GiB of memory and %.1f GiB of disk. Stop it any time: the same command goes on.",
            missing.size(),
            minutes(seconds),
            gib(memory),
            gib(disk)));
    return lines;
  }

  private static String name(String path) {
    return String.valueOf(Path.of(path).getFileName());
  }

  private static String minutes(double seconds) {
    if (seconds >= 3 * 3600) {
      return Math.round(seconds / 3600) + " hours";
    }
    return seconds < 90 ? Math.round(seconds) + " s" : Math.round(seconds / 60) + " min";
  }

  private static double gib(long bytes) {
    return bytes / (double) (1L << 30);
  }

  /**
   * Refuses a run that cannot fit.
   *
   * @param cap what the user allows, 0 for no cap
   */
  void check(long cap, Path directory) {
    if (missing.isEmpty()) {
      return;
    }
    if (cap > 0 && memory > cap) {
      throw new ResourceException(
          String.format(
              Locale.ROOT,
              "--memory: this run needs up to %.1f GiB, the cap is %.1f GiB; fewer --features or --tokens need less, and so does a smaller heap (ALMAGEST_JAVA_OPTS=-Xmx2g)",
              gib(memory),
              gib(cap)));
    }
    try {
      long free = Files.getFileStore(directory).getUsableSpace();
      if (free < disk) {
        throw new ResourceException(
            String.format(
                Locale.ROOT,
                "%s: this run needs %.1f GiB of disk, %.1f GiB are free; give --out a folder on a larger disk, or fewer --tokens",
                directory,
                gib(disk),
                gib(free)));
      }
    } catch (IOException e) {
      throw new ResourceException(
          "cannot tell the free space of " + directory + ": " + e.getMessage(), e);
    }
  }
}
