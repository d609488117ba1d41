package almagest.atlas;

import almagest.format.Json;
import almagest.model.LanguageModel;
import almagest.run.AtomicFile;
import almagest.run.Provenance;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Which vocabulary entries a feature's decoder direction promotes and suppresses: {@link
 * LanguageModel#readOut} of the direction, its highest and lowest entries. It says nothing about
 * what later blocks make of the direction, hence little in early layers.
 */
public final class LogitLens {
  /** Values that are held of a piece of directions: 128 MiB. */
  private static final int PIECE = 1 << 25;

  private LogitLens() {}

  /** A vocabulary entry with its value. */
  private record Entry(int id, float value) {}

  /**
   * Writes {@code logits.jsonl}, a line per feature {@code {"feature", "promoted": [[token, value],
   * …], "suppressed": […]}}, and beside it {@code logits.json} that says what was multiplied.
   *
   * @param folder a layer's folder
   * @param directions [n, d_model], the decoder's rows
   * @param count entries on either side
   */
  public static void write(
      Path folder,
      LanguageModel model,
      FloatMatrix directions,
      int count,
      Provenance provenance,
      Workers workers) {
    int n = directions.rowsAsInt();
    int vocabulary = model.vocabulary();
    int rows = Math.max(16, PIECE / vocabulary);
    boolean[] shown = shown(model);
    List<String> pieces =
        workers.map(
            (n + rows - 1) / rows,
            p -> {
              int from = p * rows;
              int to = Math.min(n, from + rows);
              StringBuilder lines = new StringBuilder();
              try (Arena arena = Arena.ofConfined()) {
                FloatMatrix values = FloatMatrix.zeros(arena, to - from, vocabulary);
                model.readOut(directions.slice(from, to), values);
                float[] row = new float[vocabulary];
                for (int f = from; f < to; f++) {
                  values.copyRow(f - from, row);
                  ObjectNode line = Json.object().put("feature", f);
                  line.set("promoted", list(extremes(row, shown, count, 1), model));
                  line.set("suppressed", list(extremes(row, shown, count, -1), model));
                  lines.append(Json.line(line)).append('\n');
                }
              }
              return lines.toString();
            });
    AtomicFile.write(
        folder.resolve("logits.jsonl"),
        out -> {
          for (String piece : pieces) {
            out.write(piece.getBytes(StandardCharsets.UTF_8));
          }
        });
    ObjectNode about = Json.object();
    about.set("almagest", Json.tree(provenance));
    about.put("matrix", model.hasLogits() ? "unembedding" : "word embeddings");
    about.put("norm", model.hasLogits() ? "final norm's scale" : "none");
    Json.write(folder.resolve("logits.json"), about);
  }

  /** Entries that have a text: places kept free ([unused7]) and control tokens are none. */
  private static boolean[] shown(LanguageModel model) {
    boolean[] shown = new boolean[model.vocabulary()];
    for (int id = 0; id < shown.length; id++) {
      String text = model.tokenizer().display(id);
      shown[id] =
          !text.isBlank() && !text.matches("\\[[A-Z]+]|\\[unused\\d+]|<[a-z_|/]*\\d*>|<\\|.*\\|>");
    }
    return shown;
  }

  /** The entries with the largest sign · value, the largest first; ties go to the lower id. */
  private static List<Entry> extremes(float[] row, boolean[] shown, int count, int sign) {
    List<Entry> best = new ArrayList<>(count + 1);
    float least = Float.NEGATIVE_INFINITY;
    for (int id = 0; id < row.length; id++) {
      float v = sign * row[id];
      if (!shown[id] || !(v > least)) {
        continue;
      }
      int at = best.size();
      while (at > 0 && sign * best.get(at - 1).value < v) {
        at--;
      }
      best.add(at, new Entry(id, row[id]));
      if (best.size() > count) {
        best.removeLast();
      }
      if (best.size() == count) {
        least = sign * best.getLast().value;
      }
    }
    return best;
  }

  private static ArrayNode list(List<Entry> entries, LanguageModel model) {
    ArrayNode list = Json.object().putArray("entries");
    for (Entry e : entries) {
      list.addArray()
          .add(model.tokenizer().display(e.id))
          .add(Math.round(e.value * 1000.0) / 1000.0);
    }
    return list;
  }
}
