package almagest.cli.pipeline;

import almagest.activation.TokenTable;
import almagest.format.Json;
import almagest.run.AtomicFile;
import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * The documents of a run, {@code corpus/documents.jsonl}: those that are read, in order, and which
 * of them are held out. The number of a document in all other files is its line here, counted from
 * 0.
 */
record DocumentList(List<Entry> documents) {
  /**
   * @param tokens how many tokens of it are read, special tokens not counted
   * @param heldOut whether it takes no part in training an SAE or making lobes
   */
  record Entry(String id, String type, String source, String title, int tokens, boolean heldOut) {}

  static final String FILE = "corpus/documents.jsonl";

  DocumentList {
    documents = List.copyOf(documents);
  }

  /** The types that occur, in alphabetical order. */
  List<String> types() {
    return List.copyOf(new TreeSet<>(documents.stream().map(Entry::type).toList()));
  }

  /** [documents] the index of each document's type in {@link #types}. */
  short[] typeOf() {
    List<String> types = types();
    short[] of = new short[documents.size()];
    for (int i = 0; i < of.length; i++) {
      of[i] = (short) types.indexOf(documents.get(i).type());
    }
    return of;
  }

  /** Whether the document of a number is held out. */
  boolean heldOut(int document) {
    return documents.get(document).heldOut();
  }

  long tokens() {
    return documents.stream().mapToLong(Entry::tokens).sum();
  }

  /** Runs of rows of an activation store, {from, to}, that belong to documents held out or not. */
  List<long[]> ranges(TokenTable table, boolean heldOut) {
    List<long[]> ranges = new ArrayList<>();
    int[] document = table.document();
    int from = 0;
    for (int i = 1; i <= document.length; i++) {
      if (i == document.length
          || documents.get(document[i]).heldOut() != documents.get(document[from]).heldOut()) {
        if (documents.get(document[from]).heldOut() == heldOut) {
          ranges.add(new long[] {from, i});
        }
        from = i;
      }
    }
    return ranges;
  }

  void write(Path run) {
    AtomicFile.write(
        run.resolve(FILE),
        out -> {
          for (Entry e : documents) {
            ObjectNode line = Json.object();
            line.put("id", e.id())
                .put("type", e.type())
                .put("source", e.source())
                .put("title", e.title());
            line.put("tokens", e.tokens()).put("held_out", e.heldOut());
            out.write((Json.line(line) + "\n").getBytes(StandardCharsets.UTF_8));
          }
        });
  }

  static DocumentList read(Path run) {
    Path file = run.resolve(FILE);
    List<Entry> entries = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        JsonNode e = Json.parse(line);
        entries.add(
            new Entry(
                e.path("id").asText(),
                e.path("type").asText(),
                e.path("source").asText(),
                e.path("title").asText(),
                e.path("tokens").asInt(),
                e.path("held_out").asBoolean()));
      }
    } catch (JsonProcessingException e) {
      throw InputException.in(
          file, "line " + (entries.size() + 1), "not valid JSON", "remove the file and run again");
    } catch (IOException e) {
      throw InputException.in(file, "", "cannot be read (" + e.getMessage() + ")", "");
    }
    return new DocumentList(entries);
  }
}
