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
   * For {@link almagest.run.Provenance}: the corpus's name and the SHA-256 of ids, types and texts
   * of its documents in order, so that it is the same for the same documents however they are
   * packed.
   */
  Map<String, String> inputs();

  @Override
  default void close() {}
}
