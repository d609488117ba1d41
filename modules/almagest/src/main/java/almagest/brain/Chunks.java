package almagest.brain;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.SparseRows;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which features fire in which chunk. A chunk is a run of consecutive tokens of one document (256
 * in the published analysis); a feature is in a chunk iff it fires on any of its tokens.
 *
 * @param pattern chunk × feature, without values
 * @param document the document of each chunk [chunks]
 * @param type the type of that document, an index into {@code types} [chunks]
 * @param types names of the document types
 */
public record Chunks(SparseRows pattern, int[] document, short[] type, List<String> types) {
  public Chunks {
    types = List.copyOf(types);
    if (document.length != pattern.rows() || type.length != pattern.rows()) {
      throw new IllegalArgumentException(
          pattern.rows()
              + " chunks, but "
              + document.length
              + " documents and "
              + type.length
              + " types");
    }
    for (short t : type) {
      if (t < 0 || t >= types.size()) {
        throw new IllegalArgumentException(
            "type " + t + " where there are " + types.size() + " types");
      }
    }
  }

  /** The number of chunks, T. */
  public int count() {
    return pattern.rows();
  }

  /** The number of features, n. */
  public int features() {
    return pattern.columns();
  }

  /** In how many chunks each feature fires [features]. */
  public int[] featureCounts() {
    int[] counts = new int[features()];
    for (int f : pattern.indices()) {
      counts[f]++;
    }
    return counts;
  }

  /**
   * The chunks of the given places, in that order.
   *
   * @param chunks ascending or not, repetition allowed
   */
  public Chunks select(int[] chunks) {
    long[] indptr = new long[chunks.length + 1];
    for (int c = 0; c < chunks.length; c++) {
      indptr[c + 1] = indptr[c] + pattern.end(chunks[c]) - pattern.start(chunks[c]);
    }
    int[] indices = new int[Math.toIntExact(indptr[chunks.length])];
    int[] documents = new int[chunks.length];
    short[] kinds = new short[chunks.length];
    for (int c = 0; c < chunks.length; c++) {
      int from = pattern.start(chunks[c]);
      System.arraycopy(
          pattern.indices(), from, indices, (int) indptr[c], pattern.end(chunks[c]) - from);
      documents[c] = document[chunks[c]];
      kinds[c] = type[chunks[c]];
    }
    return new Chunks(SparseRows.pattern(features(), indptr, indices), documents, kinds, types);
  }

  /**
   * The same chunks with some features alone, renumbered 0 … kept.length − 1.
   *
   * @param kept ascending
   */
  public Chunks selectFeatures(int[] kept) {
    int[] place = new int[features()];
    Arrays.fill(place, -1);
    for (int i = 0; i < kept.length; i++) {
      place[kept[i]] = i;
    }
    long[] indptr = new long[count() + 1];
    int[] indices = new int[pattern.indices().length];
    int entries = 0;
    for (int c = 0; c < count(); c++) {
      for (int e = pattern.start(c); e < pattern.end(c); e++) {
        int i = place[pattern.indices()[e]];
        if (i >= 0) {
          indices[entries++] = i;
        }
      }
      indptr[c + 1] = entries;
    }
    return new Chunks(
        SparseRows.pattern(kept.length, indptr, Arrays.copyOf(indices, entries)),
        document,
        type,
        types);
  }

  /** Feature × chunk: for each feature, the chunks in which it fires, ascending. O(entries + n). */
  SparseRows byFeature(Workers workers) {
    return transpose(pattern, workers);
  }

  /**
   * Every thread counts and places a run of rows; however many there are, entries keep their order.
   */
  static SparseRows transpose(SparseRows rows, Workers workers) {
    int runs = Math.min(workers.threads(), Math.max(1, rows.rows()));
    int[][] place = new int[runs][];
    workers.run(
        runs,
        p -> {
          int[] count = new int[rows.columns()];
          for (int r = firstOf(p, runs, rows); r < firstOf(p + 1, runs, rows); r++) {
            for (int e = rows.start(r); e < rows.end(r); e++) {
              count[rows.indices()[e]]++;
            }
          }
          place[p] = count;
        });
    long[] indptr = new long[rows.columns() + 1];
    int at = 0;
    for (int f = 0; f < rows.columns(); f++) {
      for (int[] next : place) {
        int count = next[f];
        next[f] = at;
        at += count;
      }
      indptr[f + 1] = at;
    }
    int[] indices = new int[at];
    workers.run(
        runs,
        p -> {
          int[] next = place[p];
          for (int r = firstOf(p, runs, rows); r < firstOf(p + 1, runs, rows); r++) {
            for (int e = rows.start(r); e < rows.end(r); e++) {
              indices[next[rows.indices()[e]]++] = r;
            }
          }
        });
    return SparseRows.pattern(rows.rows(), indptr, indices);
  }

  private static int firstOf(int run, int runs, SparseRows rows) {
    return (int) ((long) run * rows.rows() / runs);
  }

  /**
   * Reads {@code chunks.npz}. Names of types come from {@code types.json} (a list of names) beside
   * it when there is one, else types are numbered. Without {@code document} every chunk is a
   * document of its own, without {@code type} all have one type.
   */
  public static Chunks read(Path file) {
    Path beside = file.toAbsolutePath().resolveSibling("types.json");
    return read(file, Files.exists(beside) ? beside : null);
  }

  /**
   * Reads {@code chunks.npz} with the names of types from a given file.
   *
   * @throws InputException when shapes, indices or types do not fit together
   */
  public static Chunks read(Path file, @Nullable Path typesFile) {
    Map<String, NpyArray> arrays = Npz.read(file);
    long[] shape = integers(arrays, "shape", file).longs();
    if (shape.length != 2 || shape[0] < 0 || shape[1] < 1 || shape[1] > Integer.MAX_VALUE) {
      throw InputException.in(
          file, "shape", "expected [chunks, features], found " + Arrays.toString(shape), "");
    }
    long[] indptr = integers(arrays, "indptr", file).longs();
    if (indptr.length != shape[0] + 1) {
      throw InputException.in(
          file,
          "indptr",
          "expected "
              + (shape[0] + 1)
              + " entries for "
              + shape[0]
              + " chunks, found "
              + indptr.length,
          "");
    }
    SparseRows pattern;
    try {
      pattern =
          SparseRows.pattern((int) shape[1], indptr, integers(arrays, "indices", file).ints());
    } catch (IllegalArgumentException | InputException e) {
      throw InputException.in(
          file,
          "indptr and indices",
          String.valueOf(e.getMessage()),
          "sort the features of each chunk");
    }
    int rows = pattern.rows();
    int[] document = new int[rows];
    if (arrays.containsKey("document")) {
      document = integers(arrays, "document", file).ints();
    } else {
      for (int c = 0; c < rows; c++) {
        document[c] = c;
      }
    }
    short[] type = new short[rows];
    if (arrays.containsKey("type")) {
      type = shorts(integers(arrays, "type", file).longs());
    }
    int distinct = 1;
    for (short t : type) {
      distinct = Math.max(distinct, t + 1);
    }
    List<String> types = typesFile == null ? numbered(distinct) : names(typesFile);
    try {
      return new Chunks(pattern, document, type, types);
    } catch (IllegalArgumentException e) {
      throw InputException.in(
          file,
          "document and type",
          String.valueOf(e.getMessage()),
          typesFile == null ? "" : "are chunks and " + typesFile + " of the same run?");
    }
  }

  private static NpyArray integers(Map<String, NpyArray> arrays, String key, Path file) {
    NpyArray array = Npz.get(arrays, key, file);
    if (array.values() instanceof float[] || array.values() instanceof double[]) {
      throw InputException.in(file, key, "expected integers, found floating point", "");
    }
    return array;
  }

  private static short[] shorts(long[] values) {
    short[] narrow = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      narrow[i] = (short) Math.clamp(values[i], -1, Short.MAX_VALUE);
    }
    return narrow;
  }

  private static List<String> numbered(int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("type-" + i);
    }
    return names;
  }

  private static List<String> names(Path file) {
    JsonNode node = Json.read(file);
    List<String> names = new ArrayList<>();
    if (!node.isArray()) {
      throw InputException.in(file, "", "expected a list of names", "");
    }
    node.forEach(name -> names.add(name.asText()));
    return names;
  }

  /** Writes {@code chunks.npz}; names of types are not in it. */
  public void write(Path file) {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("indptr", NpyArray.of(pattern.indptr()));
    arrays.put("indices", NpyArray.of(pattern.indices()));
    arrays.put("shape", NpyArray.of(new long[] {count(), features()}));
    arrays.put("document", NpyArray.of(document));
    arrays.put("type", NpyArray.of(type));
    Npz.write(file, arrays);
  }
}
