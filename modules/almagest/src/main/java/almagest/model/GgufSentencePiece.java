package almagest.model;

import almagest.format.Gguf;
import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * SentencePiece vocabularies of GGUF files (Llama 2, Mistral, Gemma) as a {@code tokenizer.json}: a
 * space is U+2581, bytes that the vocabulary lacks have tokens of their own, and the two neighbours
 * whose union scores best are merged first. Which unions there are follows from the vocabulary,
 * unless the file lists them.
 */
final class GgufSentencePiece {
  private static final String SPACE = "\u2581";
  private static final long NORMAL = 1;

  private final Path file;
  private final Gguf gguf;
  private final boolean gemma;
  private final String[] tokens;
  private final Map<String, Integer> ids = new HashMap<>();

  private GgufSentencePiece(Path file, Gguf gguf) {
    this.file = file;
    this.gguf = gguf;
    this.gemma = gguf.metadata("general.architecture", String.class).startsWith("gemma");
    this.tokens = gguf.metadata("tokenizer.ggml.tokens", String[].class).clone();
    for (int i = 0; i < tokens.length; i++) {
      // Gemma's runs of spaces are stored as they are read, every other space as U+2581.
      tokens[i] = tokens[i].isBlank() ? tokens[i].replace(" ", SPACE) : tokens[i];
      if (ids.put(tokens[i], i) != null) {
        throw InputException.in(
            file, "tokenizer.ggml.tokens", "token " + i + " is there twice", "");
      }
    }
  }

  /** All of a {@code tokenizer.json} but its added tokens and its template. */
  static ObjectNode describe(Path file, Gguf gguf) {
    return new GgufSentencePiece(file, gguf).describe();
  }

  private ObjectNode describe() {
    boolean prefixed =
        !Boolean.FALSE.equals(gguf.metadata().get("tokenizer.ggml.add_space_prefix")) && !gemma;
    ObjectNode root = Json.object();
    root.put("version", "1.0");
    ArrayNode steps = root.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
    if (prefixed) {
      steps.addObject().put("type", "Prepend").put("prepend", SPACE);
    }
    replace(steps.addObject(), " ", SPACE);
    ArrayNode back = root.putObject("decoder").put("type", "Sequence").putArray("decoders");
    replace(back.addObject(), SPACE, " ");
    back.addObject().put("type", "ByteFallback");
    back.addObject().put("type", "Fuse");
    if (prefixed) {
      back.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    }
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.put("byte_fallback", true).put("fuse_unk", true);
    if (gguf.metadata().get("tokenizer.ggml.unknown_token_id") instanceof Long id
        && id >= 0
        && id < tokens.length) {
      model.put("unk_token", tokens[id.intValue()]);
    }
    ObjectNode vocabulary = model.putObject("vocab");
    for (int i = 0; i < tokens.length; i++) {
      vocabulary.put(tokens[i], i);
    }
    merges(model.putArray("merges"));
    return root;
  }

  private static void replace(ObjectNode step, String from, String to) {
    step.put("type", "Replace").put("content", to).putObject("pattern").put("String", from);
  }

  /** Two neighbours and their union. */
  private record Merge(double score, int left, int right, int leftLength, int rightLength) {}

  private void merges(ArrayNode into) {
    if (gguf.metadata().containsKey("tokenizer.ggml.merges")) {
      for (String merge : gguf.metadata("tokenizer.ggml.merges", String[].class)) {
        into.add(merge);
      }
      return;
    }
    // A comparison that leaves equals in their order: by token, then by the ids of the two parts.
    List<Merge> all = new ArrayList<>();
    double[] scores = scores();
    long[] kinds =
        gguf.metadata().get("tokenizer.ggml.token_type") instanceof long[] given
            ? given
            : new long[0];
    for (int i = 0; i < tokens.length; i++) {
      long kind = i < kinds.length ? kinds[i] : NORMAL;
      if (kind == NORMAL || kind == GgufTokenizer.USER_DEFINED) {
        addMerges(tokens[i], scores[i], all);
      }
    }
    all.sort(
        Comparator.comparingDouble(Merge::score)
            .thenComparingInt(Merge::leftLength)
            .thenComparingInt(Merge::rightLength)
            .reversed());
    for (Merge merge : all) {
      into.addArray().add(tokens[merge.left]).add(tokens[merge.right]);
    }
  }

  private void addMerges(String token, double score, List<Merge> all) {
    List<Merge> own = new ArrayList<>();
    int length = token.codePointCount(0, token.length());
    for (int n = 1, at = 0; n < length; n++) {
      at = token.offsetByCodePoints(at, 1);
      Integer left = ids.get(token.substring(0, at));
      Integer right = ids.get(token.substring(at));
      if (left != null && right != null) {
        own.add(new Merge(score, left, right, n, length - n));
      }
    }
    own.sort(Comparator.comparingInt(Merge::left).thenComparingInt(Merge::right));
    all.addAll(own);
  }

  /** What decides which union comes first. Gemma's scores do not follow the order of its merges. */
  private double[] scores() {
    if (gguf.metadata().get("tokenizer.ggml.scores") instanceof double[] given
        && given.length == tokens.length
        && !gemma) {
      return given;
    }
    if (!gemma) {
      throw InputException.in(
          file, "tokenizer.ggml.scores", "expected a score for each of the tokens", "");
    }
    double[] order = new double[tokens.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = -i;
    }
    return order;
  }
}
