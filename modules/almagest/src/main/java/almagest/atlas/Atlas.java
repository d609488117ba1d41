package almagest.atlas;

import almagest.format.Json;
import almagest.run.AtomicFile;
import almagest.run.Provenance;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the page of a run directory: one HTML file with everything inlined, which opens from a
 * file without network. Equal files give equal bytes: times, peaks of memory and absolute paths of
 * {@code run.json} do not enter the page.
 */
public final class Atlas {
  private static final int DOCUMENT_LINE_LIMIT = 1 << 20;
  private static final int MOST_FACES = 5_000;

  /** The name of the folder that {@link #writeWithAll} writes beside the page. */
  public static final String FOLDER = "site";

  private Atlas() {}

  /**
   * How to write it.
   *
   * @param maxBytes the size to keep under by leaving out contexts, the weakest first; other data
   *     is never left out
   */
  public record Options(long maxBytes) {
    public static final Options DEFAULT = new Options(25_000_000);
  }

  /**
   * What was written.
   *
   * @param bytes the file's size, or that of all files of a folder
   * @param leftOut how many contexts had to give way to {@link Options#maxBytes}
   * @param notes one sentence per part that the run directory lacked, or that was left out
   */
  public record Result(long bytes, long leftOut, List<String> notes) {
    public Result {
      notes = List.copyOf(notes);
    }
  }

  /**
   * A page whose columns are asked for one by one.
   *
   * @param html the page
   * @param policy the content security policy to send with it
   * @param blobs the gzipped columns, to be answered at {@code blob/N}
   * @param notes one sentence per part that the run directory lacked
   */
  public record Served(String html, String policy, List<byte[]> blobs, List<String> notes) {}

  /** Writes the page with {@link Options#DEFAULT}. */
  public static Result write(Path run, Path html) {
    return write(run, html, Options.DEFAULT);
  }

  /**
   * Writes the page into one file.
   *
   * @param run a run directory; whatever it lacks is left out of the page and named in it
   * @param html the file to write, atomically
   * @throws almagest.run.InputException if {@code run} is no directory
   */
  public static Result write(Path run, Path html, Options options) {
    return write(run, html, options, null);
  }

  /**
   * Writes the page into one file, and, when that had to leave contexts out, also as a folder
   * beside it, named {@link #FOLDER}, with all of them, to which the file points.
   */
  public static Result writeWithAll(Path run, Path html, Options options) {
    Result result = write(run, html, options, FOLDER);
    if (result.leftOut() > 0) {
      writeFolder(run, html.resolveSibling(FOLDER));
    }
    return result;
  }

  private static Result write(Path run, Path html, Options options, @Nullable String elsewhere) {
    int perFeature = Integer.MAX_VALUE;
    while (true) {
      RunFiles files = new RunFiles(run);
      Columns columns = new Columns();
      ObjectNode index = index(files, columns, new Quotes(perFeature, false, elsewhere));
      byte[] page = bytes(Page.render(index, columns.blobs(), Page.Carrier.INLINE));
      if (page.length <= options.maxBytes() || perFeature == 0) {
        AtomicFile.write(html, out -> out.write(page));
        return new Result(page.length, leftOut(index), files.notes());
      }
      perFeature = perFeature > 1000 ? 16 : perFeature * 3 / 4;
    }
  }

  private static long leftOut(ObjectNode index) {
    long contexts = 0;
    for (JsonNode layer : index.path("layers")) {
      contexts += layer.path("contexts").path("trimmed").asLong();
    }
    return contexts;
  }

  /**
   * Writes the page as a folder: a small {@code index.html}, and all columns, with every context,
   * in {@code data/}, read when first needed: a card reads the contexts of its feature and of a few
   * others, a search those of the layer. It works from a file and from any web server.
   */
  public static Result writeFolder(Path run, Path folder) {
    RunFiles files = new RunFiles(run);
    Columns columns = new Columns();
    ObjectNode index = index(files, columns, Quotes.ALL);
    long total = 0;
    for (int i = 0; i < columns.blobs().size(); i++) {
      byte[] script = bytes(Page.carried(i, columns.blobs().get(i)));
      AtomicFile.write(folder.resolve("data").resolve(i + ".js"), out -> out.write(script));
      total += script.length;
    }
    byte[] page = bytes(Page.render(index, columns.blobs(), Page.Carrier.SCRIPTS));
    AtomicFile.write(folder.resolve("index.html"), out -> out.write(page));
    return new Result(total + page.length, 0, files.notes());
  }

  /**
   * The page for a server, with every context.
   *
   * @param playable whether the server answers {@code play} for any text
   */
  public static Served open(Path run, boolean playable) {
    RunFiles files = new RunFiles(run);
    Columns columns = new Columns();
    ObjectNode index = index(files, columns, Quotes.ALL);
    index.put("playable", playable);
    String html = Page.render(index, columns.blobs(), Page.Carrier.SERVED);
    return new Served(
        html,
        Page.policy(Page.Carrier.SERVED),
        List.copyOf(columns.blobs()),
        List.copyOf(files.notes()));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ObjectNode index(RunFiles files, Columns columns, Quotes quotes) {
    ObjectNode index = Json.object();
    index.put("version", Provenance.VERSION);
    JsonNode run = files.json("run.json", "the page cannot say how the run was made");
    if (run.isObject()) {
      index.set("run", Manifest.of(run));
    }
    set(index, "types", files.json("corpus/types.json", ""));
    set(
        index,
        "licences",
        files.json("corpus/licences.json", "licences of corpus and model are not shown"));
    Set<String> quoted = new LinkedHashSet<>();
    ArrayNode layers = index.putArray("layers");
    for (String layer : files.layers()) {
      layers.add(LayerData.read(files, layer, columns, quotes, quoted));
    }
    if (layers.isEmpty()) {
      files.note("The run directory has no layer-NN folder, so there is no map.");
    }
    set(index, "galaxy", files.json("galaxy/galaxy.json", "the galaxy's figures are left out"));
    set(
        index,
        "crystals",
        files.json("crystals/crystals.json", "the crystals' figures are left out"));
    faces(files, columns, index);
    index.set("documents", columns.json(documents(files, quoted)));
    index.set("notes", Json.tree(files.notes()));
    return index;
  }

  /** The best faces of {@code crystals/faces.jsonl}, which lists them best first. */
  private static void faces(RunFiles files, Columns columns, ObjectNode index) {
    String name = "crystals/faces.jsonl";
    if (!files.has(name)) {
      return;
    }
    ArrayNode list = Json.object().putArray("faces");
    try (BufferedReader lines = Files.newBufferedReader(files.path(name))) {
      for (String line = lines.readLine();
          line != null && list.size() < MOST_FACES;
          line = lines.readLine()) {
        if (!line.isBlank() && line.length() < DOCUMENT_LINE_LIMIT) {
          JsonNode face = Json.parse(line);
          if (face.path("points").size() == 4) {
            list.add(face);
          }
        }
      }
    } catch (JsonProcessingException e) {
      files.note(name + " has a line that is not JSON; faces from there on are left out.");
    } catch (IOException e) {
      files.note(name + " cannot be read to its end: " + e.getMessage());
    }
    index.set("faces", columns.json(list));
  }

  private static void set(ObjectNode index, String key, JsonNode value) {
    if (!value.isMissingNode()) {
      index.set(key, value);
    }
  }

  /** Source and title of the documents that are quoted, by id. */
  private static ObjectNode documents(RunFiles files, Set<String> quoted) {
    ObjectNode found = Json.object();
    String name = "corpus/documents.jsonl";
    if (!files.has(name)) {
      files.note(name + " is not in the run directory, so contexts name documents by id alone.");
      return found;
    }
    try (BufferedReader lines = Files.newBufferedReader(files.path(name))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isBlank() || line.length() > DOCUMENT_LINE_LIMIT) {
          continue;
        }
        JsonNode document = Json.parse(line);
        String id = document.path("id").asText();
        if (quoted.contains(id)) {
          ObjectNode entry = found.putObject(id);
          for (String key : new String[] {"source", "title", "type", "licence"}) {
            if (document.path(key).isTextual()) {
              entry.set(key, document.path(key));
            }
          }
        }
      }
    } catch (JsonProcessingException e) {
      files.note(name + " has a line that is not JSON; documents from there on have no source.");
    } catch (IOException e) {
      files.note(name + " cannot be read to its end: " + e.getMessage());
    }
    return found;
  }
}
