package almagest.atlas;

import almagest.activation.ActivationStore;
import almagest.activation.TokenTable;
import almagest.feature.Sae;
import almagest.format.Json;
import almagest.run.AtomicFile;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A text with the features that fire on each of its tokens, to be played on the map.
 *
 * @param document where it is from; empty for a text that someone typed
 * @param type its document type
 * @param tokens as displayed, a leading space kept [tokens]
 * @param active the features that fire, strongest first [tokens][at most {@link #MOST}]
 * @param values their activations, in the same places
 */
public record FiringText(
    String document, String type, List<String> tokens, int[][] active, float[][] values) {
  /** The strongest features of a token that are kept. */
  public static final int MOST = 24;

  public FiringText {
    tokens = List.copyOf(tokens);
    if (active.length != tokens.size() || values.length != tokens.size()) {
      throw new IllegalArgumentException(
          tokens.size() + " tokens, but features of " + active.length + " and " + values.length);
    }
  }

  /**
   * Encodes a text's activations.
   *
   * @param x [tokens, d_model], special tokens not among them
   */
  public static FiringText of(
      String document, String type, List<String> tokens, FloatMatrix x, Sae sae, Workers workers) {
    SparseRows firing = sae.encode(x, workers);
    int[][] active = new int[tokens.size()][];
    float[][] values = new float[tokens.size()][];
    for (int t = 0; t < active.length; t++) {
      List<Integer> strongest =
          IntStream.range(firing.start(t), firing.end(t))
              .boxed()
              .sorted(Comparator.<Integer>comparingDouble(e -> -firing.values()[e]))
              .limit(MOST)
              .toList();
      active[t] = strongest.stream().mapToInt(e -> firing.indices()[e]).toArray();
      values[t] = new float[strongest.size()];
      for (int j = 0; j < values[t].length; j++) {
        values[t][j] = firing.values()[strongest.get(j)];
      }
    }
    return new FiringText(document, type, tokens, active, values);
  }

  /**
   * What a stored text is shown as.
   *
   * @param display the text of a vocabulary entry
   * @param documentId the id of a document by its number in the store
   * @param documentType its type
   */
  public record Names(
      IntFunction<String> display,
      IntFunction<String> documentId,
      IntFunction<String> documentType) {}

  /**
   * Writes {@code texts.jsonl}: the first window of the first document of each type, cut after
   * {@code length} tokens.
   */
  public static void write(
      Path file, ActivationStore store, Sae sae, int length, Names names, Workers workers) {
    TokenTable table = store.tokenTable();
    Map<String, Integer> firsts = new LinkedHashMap<>();
    for (int row = 0; row < table.tokens(); row++) {
      if (row == 0 || table.document()[row] != table.document()[row - 1]) {
        firsts.putIfAbsent(names.documentType.apply(table.document()[row]), row);
      }
    }
    List<String> lines = new ArrayList<>();
    firsts.forEach((type, from) -> {
      int document = table.document()[from];
      int shard = 0;
      while (store.start(shard + 1) <= from) {
        shard++;
      }
      int end = from;
      while (end < Math.min(table.tokens(), from + length)
          && table.document()[end] == document
          && table.window()[end] == table.window()[from]
          && end < store.start(shard + 1)) {
        end++;
      }
      FloatMatrix x = store.shard(shard).slice(from - store.start(shard), end - store.start(shard));
      List<String> tokens = new ArrayList<>();
      for (int row = from; row < end; row++) {
        tokens.add(names.display.apply(table.id()[row]));
      }
      lines.add(
          Json.line(of(names.documentId.apply(document), type, tokens, x, sae, workers).toJson()));
    });
    AtomicFile.write(
        file, out -> out.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8)));
  }

  /** As a line of {@code texts.jsonl}. */
  public ObjectNode toJson() {
    ObjectNode node = Json.object().put("document", document).put("type", type);
    node.set("tokens", Json.tree(tokens));
    node.set("active", Json.tree(active));
    node.set("values", Json.tree(values));
    return node;
  }
}
