package almagest.atlas;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a run directory leniently: what is missing or broken becomes a note on the page and not a
 * failure, because a page without one figure is worth more than no page.
 */
final class RunFiles {
  private final Path root;
  private final List<String> notes = new ArrayList<>();

  RunFiles(Path root) {
    if (!Files.isDirectory(root)) {
      throw InputException.in(
          root, "", "expected a run directory, found none", "name the folder that a run made");
    }
    this.root = root;
  }

  /** One sentence per part that the page had to do without. */
  List<String> notes() {
    return notes;
  }

  void note(String sentence) {
    notes.add(sentence);
  }

  Path path(String name) {
    return root.resolve(name);
  }

  boolean has(String name) {
    return Files.isRegularFile(root.resolve(name));
  }

  /** The folders {@code layer-NN} with their numbers' order. */
  List<String> layers() {
    try (Stream<Path> inside = Files.list(root)) {
      return inside
          .filter(Files::isDirectory)
          .map(p -> String.valueOf(p.getFileName()))
          .filter(n -> n.matches("layer-\\d{1,6}"))
          .sorted((a, b) -> Integer.compare(number(a), number(b)))
          .toList();
    } catch (IOException e) {
      throw InputException.in(root, "", "cannot be listed (" + e.getMessage() + ")", "");
    }
  }

  static int number(String layer) {
    return Integer.parseInt(layer.substring("layer-".length()));
  }

  /** The files of a folder with that ending, sorted; empty when there is no such folder. */
  List<String> list(String folder, String prefix, String suffix) {
    Path path = root.resolve(folder);
    if (!Files.isDirectory(path)) {
      return List.of();
    }
    try (Stream<Path> inside = Files.list(path)) {
      return inside
          .map(p -> String.valueOf(p.getFileName()))
          .filter(n -> n.startsWith(prefix) && n.endsWith(suffix))
          .sorted()
          .toList();
    } catch (IOException e) {
      notes.add(folder + " cannot be listed: " + e.getMessage());
      return List.of();
    }
  }

  /** A JSON file, or a missing node. */
  JsonNode json(String name, String without) {
    if (!has(name)) {
      missing(name, without);
      return MissingNode.getInstance();
    }
    try {
      return Json.read(root.resolve(name));
    } catch (InputException e) {
      broken(name, e, without);
      return MissingNode.getInstance();
    }
  }

  /** A {@code .npy} of the given shape (−1: any length), or null. */
  @Nullable NpyArray npy(String name, String without, int... shape) {
    if (!has(name)) {
      missing(name, without);
      return null;
    }
    try {
      return fitting(name, Npy.read(root.resolve(name)), without, shape);
    } catch (InputException e) {
      broken(name, e, without);
      return null;
    }
  }

  /** All members of an {@code .npz}; empty when it is missing. */
  Map<String, NpyArray> npz(String name, String without) {
    if (!has(name)) {
      missing(name, without);
      return Map.of();
    }
    try {
      return Npz.read(root.resolve(name));
    } catch (InputException e) {
      broken(name, e, without);
      return Map.of();
    }
  }

  /** The array when it has the shape (−1: any length), else null and a note. */
  @Nullable NpyArray fitting(String name, @Nullable NpyArray array, String without, int... shape) {
    if (array == null) {
      return null;
    }
    int[] found = array.shape();
    boolean fits = found.length == shape.length;
    for (int i = 0; fits && i < shape.length; i++) {
      fits = shape[i] < 0 || shape[i] == found[i];
    }
    if (fits) {
      return array;
    }
    notes.add(
        name
            + " has the shape "
            + Arrays.toString(found)
            + " where "
            + Arrays.toString(shape)
            + " was expected, so "
            + without
            + ".");
    return null;
  }

  private void missing(String name, String without) {
    if (!without.isEmpty()) {
      notes.add(name + " is not in the run directory, so " + without + ".");
    }
  }

  private void broken(String name, InputException e, String without) {
    String reason = String.valueOf(e.getMessage()).replace(root.toString(), "");
    notes.add(name + " cannot be used (" + reason + "), so " + without + ".");
  }
}
