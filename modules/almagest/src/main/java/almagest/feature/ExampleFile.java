package almagest.feature;

import almagest.format.Json;
import almagest.run.AtomicFile;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;

/**
 * {@code examples.jsonl}: a line per feature with how often and how strongly it fires, a histogram
 * of its activations and the contexts in which it fires.
 */
public final class ExampleFile {
  private static final int SHOWN_BINS = 20;
  private static final double[] QUANTILES = {0.75, 0.5, 0.25};

  /**
   * What a reader sees instead of numbers.
   *
   * @param id [tokens of the store], the vocabulary entry of each row
   * @param display the text of a vocabulary entry, with the leading space it stands for
   * @param documentId the id of a document by its number
   * @param documentType its type
   */
  public record Names(
      int[] id,
      IntFunction<String> display,
      IntFunction<String> documentId,
      IntFunction<String> documentType) {}

  private ExampleFile() {}

  /** Writes the file, atomically. */
  public static void write(Path file, Examples examples, Names names) {
    AtomicFile.write(
        file,
        out -> {
          for (int j = 0; j < examples.features(); j++) {
            line(out, examples, j, names);
          }
        });
  }

  private static void line(OutputStream out, Examples examples, int j, Names names)
      throws IOException {
    Examples.Feature f = examples.feature(j);
    ObjectNode node = Json.object();
    node.put("feature", j);
    node.put("fires", f.fires);
    node.put("frequency", (double) f.fires / Math.max(1, names.id.length));
    node.put("max", f.max);
    node.put("mean", f.fires == 0 ? 0 : f.sum / f.fires);
    node.set("histogram", histogram(f));
    ArrayNode list = node.putArray("examples");
    for (Examples.Firing firing : f.top) {
      list.add(example(firing, "top", names));
    }
    List<Examples.Firing> sample = new ArrayList<>(Arrays.asList(f.sample));
    sample.sort(
        Comparator.comparingDouble(Examples.Firing::activation)
            .thenComparingLong(Examples.Firing::row));
    List<Long> shown = new ArrayList<>();
    for (Examples.Firing firing : f.top) {
      shown.add(firing.row());
    }
    for (double q : QUANTILES) {
      if (!sample.isEmpty()) {
        Examples.Firing firing = sample.get((int) Math.round(q * (sample.size() - 1)));
        if (!shown.contains(firing.row())) {
          shown.add(firing.row());
          list.add(example(firing, "q" + Math.round(100 * q), names));
        }
      }
    }
    out.write(Json.line(node).getBytes(StandardCharsets.UTF_8));
    out.write('\n');
  }

  /**
   * 20 bins of equal width from 0, each 2, 3 or 4 of the fine ones, so that the greatest activation
   * lies within.
   */
  private static ObjectNode histogram(Examples.Feature f) {
    ObjectNode node = Json.object();
    ArrayNode edges = node.putArray("edges");
    ArrayNode counts = node.putArray("counts");
    int[] bins = f.bins;
    if (bins == null) {
      for (int b = 0; b <= SHOWN_BINS; b++) {
        edges.add((double) b / SHOWN_BINS);
      }
      for (int b = 0; b < SHOWN_BINS; b++) {
        counts.add(0);
      }
      return node;
    }
    int last = Examples.BINS - 1;
    while (last > 0 && bins[last] == 0) {
      last--;
    }
    int merged = last / SHOWN_BINS + 1;
    double width = (double) f.range / Examples.BINS * merged;
    for (int b = 0; b <= SHOWN_BINS; b++) {
      edges.add(b * width);
    }
    for (int b = 0; b < SHOWN_BINS; b++) {
      long sum = 0;
      for (int i = b * merged; i < Math.min(Examples.BINS, (b + 1) * merged); i++) {
        sum += bins[i];
      }
      counts.add(sum);
    }
    return node;
  }

  private static ObjectNode example(Examples.Firing firing, String quantile, Names names) {
    ObjectNode node = Json.object();
    node.put("document", names.documentId.apply(firing.document()));
    node.put("type", names.documentType.apply(firing.document()));
    node.put("quantile", quantile);
    node.put("activation", firing.activation());
    ArrayNode tokens = node.putArray("tokens");
    ArrayNode values = node.putArray("values");
    for (int i = 0; i < firing.values().length; i++) {
      tokens.add(names.display.apply(names.id[Math.toIntExact(firing.first() + i)]));
      values.add(firing.values()[i]);
    }
    node.put("focus", firing.row() - firing.first());
    return node;
  }
}
