package almagest.brain;

import almagest.run.InputException;
import almagest.tensor.SparseRows;
import java.util.Arrays;
import java.util.List;

/**
 * Gathers tokens into chunks by the published rule: the tokens of a document (without BOS, which
 * the caller leaves out) are cut into runs of {@code length} from the start, only whole runs count
 * unless tails are asked for, and documents never mix. A feature fires on a token iff its
 * activation is strictly above the threshold, compared in float32.
 *
 * <p>Tokens arrive in document order, in pieces of any size; for several chunk lengths in one pass,
 * feed several builders. Not safe for use from several threads.
 */
public final class ChunkBuilder {
  /**
   * @param length tokens per chunk, at least 1; 256 in the published analysis
   * @param threshold a feature fires iff its activation is above it; 1 in the published analysis
   * @param tails whether the rest of a document, shorter than a chunk, counts as a chunk too; the
   *     published analysis drops it
   */
  public record Options(int length, float threshold, boolean tails) {
    public static final Options PUBLISHED = new Options(256, 1f, false);

    public Options {
      if (length < 1) {
        throw new InputException("--chunk: expected at least 1 token, found " + length);
      }
      if (!(threshold >= 0)) {
        throw new InputException("--threshold: expected at least 0, found " + threshold);
      }
    }
  }

  private final int features;
  private final Options options;

  /** For each feature, the number of the chunk that last held it, counted from 1. */
  private final int[] stamp;

  private int[] indices = new int[1 << 12];
  private int entries;
  private int open;
  private long[] indptr = new long[1 << 8];
  private int[] document = new int[1 << 8];
  private short[] type = new short[1 << 8];
  private int chunks;
  private int serial = 1;

  private int currentDocument = -1;
  private short currentType;
  private int tokensInChunk;

  public ChunkBuilder(int features, Options options) {
    this.features = features;
    this.options = options;
    this.stamp = new int[features];
  }

  /**
   * Adds consecutive tokens of one document. A document number other than the last one's closes
   * that document.
   *
   * @param documentNumber at least 0
   * @param documentType index into the types
   * @param tokens activations, one row a token [tokens, features]
   * @param from first row, inclusive
   * @param to last row, exclusive
   */
  public void add(int documentNumber, short documentType, SparseRows tokens, int from, int to) {
    if (tokens.columns() != features) {
      throw new IllegalArgumentException(
          "tokens with " + tokens.columns() + " features in chunks of " + features);
    }
    if (documentNumber != currentDocument) {
      endDocument();
      currentDocument = documentNumber;
      currentType = documentType;
    }
    for (int row = from; row < to; row++) {
      for (int e = tokens.start(row); e < tokens.end(row); e++) {
        int feature = tokens.indices()[e];
        if (tokens.values()[e] > options.threshold && stamp[feature] != serial) {
          stamp[feature] = serial;
          if (open == indices.length) {
            indices = Arrays.copyOf(indices, grown(indices.length));
          }
          indices[open++] = feature;
        }
      }
      if (++tokensInChunk == options.length) {
        closeChunk();
      }
    }
  }

  /** Closes the current document: what is left of it is a tail. */
  public void endDocument() {
    if (tokensInChunk > 0) {
      if (options.tails) {
        closeChunk();
      } else {
        forgetOpenChunk();
      }
    }
    currentDocument = -1;
  }

  private void forgetOpenChunk() {
    open = entries;
    tokensInChunk = 0;
    serial++;
  }

  private void closeChunk() {
    Arrays.sort(indices, entries, open);
    entries = open;
    if (chunks == document.length) {
      document = Arrays.copyOf(document, grown(chunks));
      type = Arrays.copyOf(type, grown(chunks));
    }
    document[chunks] = currentDocument;
    type[chunks] = currentType;
    chunks++;
    if (chunks == indptr.length) {
      indptr = Arrays.copyOf(indptr, grown(chunks));
    }
    indptr[chunks] = entries;
    tokensInChunk = 0;
    serial++;
  }

  private static int grown(int length) {
    int more = length + (length >> 1);
    return more > 0 ? more : Integer.MAX_VALUE - 8;
  }

  /** The number of whole chunks so far. */
  public int chunks() {
    return chunks;
  }

  /** Closes the last document and gives all chunks. */
  public Chunks build(List<String> types) {
    endDocument();
    return new Chunks(
        SparseRows.pattern(
            features, Arrays.copyOf(indptr, chunks + 1), Arrays.copyOf(indices, entries)),
        Arrays.copyOf(document, chunks),
        Arrays.copyOf(type, chunks),
        types);
  }
}
