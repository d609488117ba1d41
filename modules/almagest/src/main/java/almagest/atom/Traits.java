package almagest.atom;

import almagest.model.Tokenizer;
import almagest.run.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Surface properties of words, that a difference of activations may follow instead of a relation.
 *
 * @param names of the properties
 * @param values [words][properties]
 */
public record Traits(List<String> names, double[][] values) {
  static final String WORD_LENGTH = "word_length";
  static final String TOKEN_LENGTH = "token_length";

  public Traits {
    names = List.copyOf(names);
    for (double[] row : values) {
      if (row.length != names.size()) {
        throw new IllegalArgumentException(row.length + " values of the properties " + names);
      }
    }
  }

  /**
   * What can be read off the words alone: {@code word_length} in characters, {@code capitalised} (1
   * when the first letter is upper case).
   */
  public static Traits of(List<String> words) {
    double[][] values = new double[words.size()][];
    for (int i = 0; i < values.length; i++) {
      String word = words.get(i);
      String bare = word.strip();
      values[i] =
          new double[] {
            word.codePointCount(0, word.length()),
            !bare.isEmpty() && Character.isUpperCase(bare.codePointAt(0)) ? 1 : 0
          };
    }
    return new Traits(List.of(WORD_LENGTH, "capitalised"), values);
  }

  /**
   * With what a tokenizer makes of the words: {@code tokens}, {@code token_length} (characters of
   * the last token, the mark of a word's beginning counted, as published), {@code leading_space} (1
   * when the first token stands for a leading space), and {@code log_token_id} (natural logarithm
   * of 1 + the last token's id): vocabularies are made in the order of frequency, so that it stands
   * in for a frequency where none is given.
   *
   * @param texts [words] each word in its template, as the model reads it
   */
  public static Traits of(List<String> words, List<String> texts, Tokenizer tokenizer) {
    double[][] values = new double[words.size()][];
    for (int i = 0; i < values.length; i++) {
      int[] ids = tokenizer.encodePlain(texts.get(i));
      int last = ids.length == 0 ? -1 : ids[ids.length - 1];
      String piece = last < 0 ? "" : tokenizer.piece(last);
      values[i] =
          new double[] {
            ids.length,
            piece.codePointCount(0, piece.length()),
            ids.length > 0 && tokenizer.display(ids[0]).startsWith(" ") ? 1 : 0,
            Math.log(1.0 + Math.max(0, last))
          };
    }
    return of(words)
        .with(new Traits(List.of("tokens", TOKEN_LENGTH, "leading_space", "log_token_id"), values));
  }

  /**
   * With {@code log_frequency}, the natural logarithm of 1 + a word's count.
   *
   * @param counts by word; a word that is not there counts 0
   */
  public Traits withFrequencies(List<String> words, Map<String, Long> counts) {
    double[][] added = new double[words.size()][];
    Arrays.setAll(
        added, i -> new double[] {Math.log1p((double) counts.getOrDefault(words.get(i), 0L))});
    return with(new Traits(List.of("log_frequency"), added));
  }

  private Traits with(Traits other) {
    List<String> all = new ArrayList<>(names);
    all.addAll(other.names);
    double[][] joined = new double[values.length][];
    for (int i = 0; i < joined.length; i++) {
      joined[i] = Arrays.copyOf(values[i], all.size());
      System.arraycopy(other.values[i], 0, joined[i], names.size(), other.names.size());
    }
    return new Traits(all, joined);
  }

  /**
   * Of pairs: output minus input.
   *
   * @param inputs [n] words
   * @param outputs [n] words
   */
  public Traits differences(int[] inputs, int[] outputs) {
    double[][] off = new double[inputs.length][names.size()];
    for (int i = 0; i < off.length; i++) {
      for (int j = 0; j < off[i].length; j++) {
        off[i][j] = values[outputs[i]][j] - values[inputs[i]][j];
      }
    }
    return new Traits(names, off);
  }

  /** One property of all rows. */
  double[] column(String name) {
    int j = names.indexOf(name);
    if (j < 0) {
      throw new IllegalArgumentException(name + " is none of " + names);
    }
    return Arrays.stream(values).mapToDouble(row -> row[j]).toArray();
  }

  boolean has(String name) {
    return names.contains(name);
  }

  /**
   * Reads counts: a word, a tab (or the last space), a count, one a line.
   *
   * @throws InputException for a line of another kind
   */
  public static Map<String, Long> frequencies(java.nio.file.Path file) {
    Map<String, Long> counts = new TreeMap<>();
    int number = 0;
    try (java.io.BufferedReader lines = java.nio.file.Files.newBufferedReader(file)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        int cut = Math.max(line.lastIndexOf('\t'), line.lastIndexOf(' '));
        if (line.isBlank()) {
          continue;
        }
        if (cut < 1) {
          throw InputException.in(file, "line " + number, "expected a word, a tab and a count", "");
        }
        counts.put(line.substring(0, cut).strip(), Long.parseLong(line.substring(cut + 1).strip()));
      }
    } catch (NumberFormatException e) {
      throw InputException.in(file, "line " + number, "expected a whole number after the word", "");
    } catch (java.io.IOException e) {
      throw InputException.in(file, "", "cannot be read as UTF-8 (" + e.getMessage() + ")", "");
    }
    return counts;
  }
}
