package almagest.cli.pipeline;

import almagest.format.Json;
import almagest.run.Hashes;
import almagest.run.InputException;
import almagest.run.Provenance;
import almagest.run.ResourceException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A run directory with its manifest {@code run.json}: which stages are done, under which key, with
 * which files (size and SHA-256), how long they took and how much memory the process had needed by
 * then. A stage counts as done when its key is the one in the manifest and its files are there with
 * the recorded sizes; everything else is run again. The manifest is rewritten atomically after each
 * stage, so a killed run loses at most the stage it was in, and resumable stages lose less. One
 * process at a time may hold a directory.
 *
 * <p>Times, peaks and absolute paths stand in {@code run.json} alone: all other files of two runs
 * with the same options are equal byte for byte.
 */
public final class RunDirectory implements AutoCloseable {
  private static final int SCHEMA = 1;

  private final Path path;
  private final Consumer<String> log;
  private final FileChannel lockChannel;
  private final FileLock lock;
  private final ObjectNode manifest;
  private final Map<String, String> keys = new HashMap<>();
  private final PeakMemory memory = new PeakMemory();
  private int ran;

  private RunDirectory(
      Path path,
      Consumer<String> log,
      FileChannel lockChannel,
      FileLock lock,
      ObjectNode manifest) {
    this.path = path;
    this.log = log;
    this.lockChannel = lockChannel;
    this.lock = lock;
    this.manifest = manifest;
  }

  /**
   * Opens or makes a run directory.
   *
   * @param log takes a line per stage
   * @throws InputException if the folder holds something else, or another process works in it
   */
  public static RunDirectory open(Path path, Consumer<String> log) {
    Path file = path.resolve("run.json");
    try {
      if (Files.exists(path) && !Files.exists(file) && !isEmptyOrStarted(path)) {
        throw new InputException(
            path + ": the folder is not empty and has no run.json; give --out a new folder");
      }
      Files.createDirectories(path);
      FileChannel channel =
          FileChannel.open(
              path.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new InputException(
            path
                + ": another almagest works in this folder; wait for it or give --out another one");
      }
      return new RunDirectory(path, log, channel, lock, manifest(file));
    } catch (IOException e) {
      throw new ResourceException("cannot use " + path + " as run directory: " + e.getMessage(), e);
    }
  }

  private static boolean isEmptyOrStarted(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> inside = Files.list(path)) {
      List<Path> all = inside.toList();
      return all.isEmpty() || all.contains(path.resolve(".lock"));
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private static ObjectNode manifest(Path file) {
    if (Files.exists(file)) {
      JsonNode found = Json.read(file);
      if (!(found instanceof ObjectNode object) || !found.path("stages").isObject()) {
        throw InputException.in(
            file, "", "not a run's manifest", "remove the folder or give --out another one");
      }
      if (found.path("almagest").path("schema").asInt() > SCHEMA) {
        throw InputException.in(
            file,
            "almagest.schema",
            "written by a newer Almagest",
            "update, or give --out another folder");
      }
      return object;
    }
    ObjectNode fresh = Json.object();
    fresh.putObject("almagest").put("version", Provenance.VERSION).put("schema", SCHEMA);
    fresh.putObject("stages");
    return fresh;
  }

  public Path path() {
    return path;
  }

  /** The most memory the process has needed so far, in bytes; mapped files not counted. */
  long peakMemory() {
    return memory.bytes();
  }

  /** How many stages had to run since this directory was opened. */
  public int ran() {
    return ran;
  }

  /** Forgets which stages are done, so that all run again. */
  public void forget() {
    manifest.putObject("stages");
    save();
  }

  /** Records a fact about the run (not about a stage), e.g. the options or the machine. */
  public void note(String key, JsonNode value) {
    manifest.set(key, value);
    save();
  }

  /** Whether {@code stage} is done: same key, and all kept files there with the recorded sizes. */
  public boolean isDone(Stage stage) {
    JsonNode entry = manifest.path("stages").path(stage.name());
    if (!entry.path("key").asText().equals(stage.key(keys))
        || !entry.path("state").asText().equals("done")) {
      return false;
    }
    return !stage.keep() || filesAreThere(entry);
  }

  private boolean filesAreThere(JsonNode entry) {
    for (Map.Entry<String, JsonNode> e : entry.path("files").properties()) {
      Path file = path.resolve(e.getKey());
      try {
        if (!Files.isRegularFile(file) || Files.size(file) != e.getValue().path("bytes").asLong()) {
          return false;
        }
      } catch (IOException problem) {
        return false;
      }
    }
    return true;
  }

  /**
   * Brings the goals into being: runs what is not done, needed stages first, and then removes the
   * outputs that are not kept.
   *
   * @param goals the stages that are wanted
   */
  public void bring(List<Stage> goals) {
    List<Stage> order = missing(goals);
    for (int i = 0; i < order.size(); i++) {
      run(order.get(i), i + 1, order.size());
      sweep(order.subList(i + 1, order.size()), goals);
    }
    sweep(List.of(), goals);
  }

  /** The stages that {@link #bring} would run, in order. */
  public List<Stage> missing(List<Stage> goals) {
    List<Stage> order = new ArrayList<>();
    Set<String> planned = new HashSet<>();
    for (Stage goal : goals) {
      if (!isDone(goal)) {
        plan(goal, order, planned);
      }
    }
    return order;
  }

  private void plan(Stage stage, List<Stage> order, Set<String> planned) {
    if (!planned.add(stage.name())) {
      return;
    }
    for (Stage need : stage.needs()) {
      boolean present = isDone(need) && filesAreThere(manifest.path("stages").path(need.name()));
      if (!present) {
        plan(need, order, planned);
      }
    }
    order.add(stage);
  }

  private void run(Stage stage, int number, int of) {
    log.accept("[" + number + "/" + of + "] " + stage.name());
    long start = System.nanoTime();
    ObjectNode stages = (ObjectNode) manifest.path("stages");
    ObjectNode entry = Json.object();
    entry.put("key", stage.key(keys));
    if (!stages.path(stage.name()).path("key").asText().equals(stage.key(keys))) {
      // What another key left half-done must not be mistaken for ours.
      stage.outputs().forEach(o -> delete(path.resolve(o)));
      stage.extras().forEach(o -> delete(path.resolve(o)));
    }
    entry.put("state", "running");
    stages.set(stage.name(), entry);
    save();
    stage.body().run(path);
    ran++;
    entry.put("state", "done");
    entry.put("seconds", Math.round((System.nanoTime() - start) / 1e7) / 100.0);
    entry.put("peak_memory_bytes", memory.bytes());
    entry.set("options", Json.tree(stage.options()));
    ObjectNode files = entry.putObject("files");
    for (Path output : made(stage)) {
      for (Path file : filesUnder(output)) {
        ObjectNode f = files.putObject(path.relativize(file).toString().replace('\\', '/'));
        f.put("bytes", size(file));
        if (stage.keep()) {
          f.put("sha256", Hashes.sha256(file));
        }
      }
    }
    save();
  }

  /**
   * Removes outputs that are not kept and that nothing left to run needs, also those of an earlier
   * process.
   */
  private void sweep(List<Stage> left, List<Stage> goals) {
    for (Stage goal : goals) {
      for (Stage need : goal.needs()) {
        if (!need.keep()
            && left.stream().noneMatch(s -> s.equals(need) || s.needs().contains(need))) {
          need.outputs().forEach(o -> delete(path.resolve(o)));
        }
      }
    }
  }

  private List<Path> made(Stage stage) {
    return Stream.concat(
            stage.outputs().stream().map(path::resolve),
            stage.extras().stream().map(path::resolve).filter(Files::exists))
        .toList();
  }

  private static List<Path> filesUnder(Path output) {
    if (!Files.exists(output)) {
      throw new IllegalStateException("a stage promised " + output + " and did not make it");
    }
    try (Stream<Path> walk = Files.walk(output)) {
      return walk.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path output) {
    if (!Files.exists(output)) {
      return;
    }
    try (Stream<Path> walk = Files.walk(output)) {
      for (Path p : walk.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(p);
      }
    } catch (IOException e) {
      throw new ResourceException("cannot remove " + output + ": " + e.getMessage(), e);
    }
  }

  private void save() {
    Json.write(path.resolve("run.json"), manifest);
  }

  @Override
  public void close() {
    memory.close();
    try {
      lock.release();
      lockChannel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
