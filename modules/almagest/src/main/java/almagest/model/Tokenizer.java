package almagest.model;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * Text to token ids and back, by the Hugging Face tokenizer itself, read from a {@code
 * tokenizer.json}. Nothing is truncated and nothing padded, whatever the file says. Safe to use
 * from several threads.
 */
public final class Tokenizer implements AutoCloseable {
  private final Path file;
  private final HuggingFaceTokenizer tokenizer;
  private final Vocabulary vocabulary;
  private final int[] prefix;
  private final int[] suffix;

  private Tokenizer(Path file, HuggingFaceTokenizer tokenizer, Vocabulary vocabulary) {
    this.file = file;
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
    int[] framed = encode("");
    int[] plain = encodePlain("");
    // What the template puts around any text is what it puts around nothing: probe where it is cut.
    int[] probe = encode("a");
    int[] inner = encodePlain("a");
    int before = 0;
    while (before + inner.length <= probe.length
        && !Arrays.equals(probe, before, before + inner.length, inner, 0, inner.length)) {
      before++;
    }
    if (plain.length != 0 || before + inner.length > probe.length) {
      before = 0;
      this.prefix = new int[0];
      this.suffix = new int[0];
    } else {
      this.prefix = Arrays.copyOf(probe, before);
      this.suffix = Arrays.copyOfRange(probe, before + inner.length, probe.length);
    }
    if (framed.length != prefix.length + suffix.length) {
      throw InputException.in(
          file, "post_processor", "special tokens that depend on the text are not supported", "");
    }
  }

  static {
    // The tokenizers' wrapper counts its uses over the network unless told not to; nothing here
    // goes online by itself.
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
  }

  /** Opens a {@code tokenizer.json}. */
  public static Tokenizer open(Path file) {
    if (!Files.isRegularFile(file)) {
      throw InputException.in(file, "", "expected a tokenizer.json, found no file", "");
    }
    return of(file, Json.read(file));
  }

  /**
   * The tokenizer that a description stands for.
   *
   * @param file where the description comes from
   * @param description the content of a {@code tokenizer.json}
   */
  static Tokenizer of(Path file, JsonNode description) {
    Vocabulary vocabulary = Vocabulary.of(file, description);
    TokenizerTemplate.check(file, description);
    byte[] json = Json.line(description).getBytes(StandardCharsets.UTF_8);
    try {
      return new Tokenizer(
          file,
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(json),
              Map.of("padding", "false", "truncation", "false", "addSpecialTokens", "true")),
          vocabulary);
    } catch (IOException | RuntimeException e) {
      if (e instanceof InputException known) {
        throw known;
      }
      throw InputException.in(
          file, "", "the tokenizer library refuses it (" + e.getMessage() + ")", "");
    }
  }

  /** The {@code tokenizer.json}, or the file that holds one. */
  public Path file() {
    return file;
  }

  /** The ids of a text with the special tokens that the tokenizer's template puts around it. */
  public int[] encode(String text) {
    return encode(text, true);
  }

  /** The ids of a text alone. Special tokens that the text spells out are recognised. */
  public int[] encodePlain(String text) {
    return encode(text, false);
  }

  private int[] encode(String text, boolean framed) {
    try {
      return ints(tokenizer.encode(text, framed, false).getIds());
    } catch (RuntimeException e) {
      // E.g. a vocabulary that lacks the very token that stands for what it lacks.
      throw InputException.in(
          file, "", "the tokenizer library fails on a text (" + e.getMessage() + ")", "");
    }
  }

  /** The text that ids stand for, special tokens left out. */
  public String decode(int[] ids) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), true);
  }

  /** The id that stands for what the vocabulary cannot spell; −1 where there is none. */
  public int unknown() {
    return vocabulary.unknown();
  }

  /** What the template puts before a text, e.g. [CLS] or BOS; empty for none. */
  public int[] prefix() {
    return prefix.clone();
  }

  /** What the template puts after a text, e.g. [SEP]; empty for none. */
  public int[] suffix() {
    return suffix.clone();
  }

  /** The token as the vocabulary writes it, e.g. {@code ##ing} or {@code Ġthe}. */
  public String piece(int id) {
    return vocabulary.piece(id);
  }

  /**
   * What a reader is shown for a token: its text with the leading space it stands for, {@code "
   * the"}; bytes that are no whole character are shown as U+FFFD.
   */
  public String display(int id) {
    return vocabulary.display(id);
  }

  private static int[] ints(long[] ids) {
    int[] narrow = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      narrow[i] = Math.toIntExact(ids[i]);
    }
    return narrow;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
