package almagest.corpus;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Documents of labelled types, in a fixed order. Nothing keeps all of them in memory: each call of
 * {@link #documents} reads from the start again.
 */
public interface Corpus extends AutoCloseable {
  /** What a person would call it: {@code default}, a file's name. */
  String name();

  /**
   * The types in alphabetical order. For line files this is one pass over the documents that {@link
   * #documents} gives, made on the first call.
   */
  List<String> types();

  /**
   * The documents in order, read while the stream is consumed; close it.
   *
   * @throws almagest.run.InputException while it is consumed, with file and line, when a file is
   *     not what it should be
   */
  Stream<Document> documents();

  /** How many documents {@link #documents} gives; costs what {@link #types} costs. */
  long size();

  /** The terms of every source; empty where the user brought the texts. */
  List<Licence> licences();

  /**
   * For {@link almagest.run.Provenance}: the corpus's name and a SHA-256 that changes when its
   * files, the fields they are read by or the limit do; costs one pass over small files, and next
   * to nothing for large ones, of which only both ends count.
   */
  Map<String, String> inputs();

  /**
   * What a reader should know of the pass over the documents that began last, as far as it came, in
   * sentences: documents without a type, texts passed over or mended.
   */
  List<String> notes();

  @Override
  default void close() {}
}
