package almagest.atom;

import almagest.model.Activations;
import almagest.model.Context;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.model.Tokenizer;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a model makes of words, bare or in a template: each is run alone, with the special tokens of
 * its tokenizer, and read at hook points.
 */
public final class WordVectors {
  private static final int BATCH = 512;

  private WordVectors() {}

  /** Which tokens of a text stand for it; special tokens never do. */
  public enum Pool {
    /** Its last token, as published; at layer 0 everything before it is then invisible. */
    LAST,
    /** The mean of its tokens. */
    MEAN
  }

  /**
   * Runs the words.
   *
   * @param words each spelled by at least one token
   * @return [words, width] by hook, in the order of the words
   * @throws InputException for a word that the tokenizer cannot spell or that is longer than the
   *     context
   */
  public static Map<Hook, FloatMatrix> of(
      LanguageModel model,
      List<String> words,
      Set<Hook> hooks,
      Pool pool,
      Workers workers,
      Progress progress) {
    Map<Hook, FloatMatrix> vectors = new TreeMap<>();
    for (Hook hook : hooks) {
      vectors.put(hook, FloatMatrix.zeros(words.size(), model.width(hook)));
    }
    Tokenizer tokenizer = model.tokenizer();
    int before = tokenizer.prefix().length;
    int after = tokenizer.suffix().length;
    try (Progress.Task task = progress.start("words", words.size(), "words")) {
      for (int from = 0; from < words.size(); from += BATCH) {
        int to = Math.min(words.size(), from + BATCH);
        List<Context> contexts = new ArrayList<>();
        for (String word : words.subList(from, to)) {
          contexts.add(context(tokenizer, word, before + after, model.contextLength()));
        }
        try (Activations read = model.forward(contexts, LanguageModel.Request.of(hooks), workers)) {
          for (Map.Entry<Hook, FloatMatrix> e : vectors.entrySet()) {
            for (int i = 0; i < contexts.size(); i++) {
              FloatMatrix rows =
                  read.at(e.getKey(), i).slice(before, contexts.get(i).length() - after);
              e.getValue()
                  .setRow(from + i, pool == Pool.LAST ? rows.row(rows.rows() - 1) : mean(rows));
            }
          }
        }
        task.advance(to - from);
      }
    }
    return vectors;
  }

  /** Why a model cannot read a text; empty when it can. */
  public static String objection(LanguageModel model, String text) {
    Tokenizer tokenizer = model.tokenizer();
    return objection(
        tokenizer,
        tokenizer.encode(text),
        tokenizer.prefix().length + tokenizer.suffix().length,
        model.contextLength());
  }

  private static String objection(Tokenizer tokenizer, int[] ids, int special, int longest) {
    if (ids.length <= special) {
      return "the tokenizer makes no token of it";
    }
    int unknown = tokenizer.unknown();
    for (int i = tokenizer.prefix().length; i < ids.length - tokenizer.suffix().length; i++) {
      if (ids[i] == unknown) {
        return "the tokenizer cannot spell it, and reads " + tokenizer.piece(unknown);
      }
    }
    return ids.length > longest
        ? "it makes " + ids.length + " tokens, the model's context holds " + longest
        : "";
  }

  private static Context context(Tokenizer tokenizer, String word, int special, int longest) {
    int[] ids = tokenizer.encode(word);
    String objection = objection(tokenizer, ids, special, longest);
    if (!objection.isEmpty()) {
      throw new InputException("\"" + word + "\": " + objection + "; leave it out of the relation");
    }
    return Context.of(ids);
  }

  private static float[] mean(FloatMatrix rows) {
    double[] sum = new double[rows.columns()];
    for (long r = 0; r < rows.rows(); r++) {
      float[] row = rows.row(r);
      for (int j = 0; j < sum.length; j++) {
        sum[j] += row[j];
      }
    }
    float[] out = new float[sum.length];
    for (int j = 0; j < out.length; j++) {
      out[j] = (float) (sum[j] / rows.rows());
    }
    return out;
  }
}
