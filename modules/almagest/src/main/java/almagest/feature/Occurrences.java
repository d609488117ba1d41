package almagest.feature;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.tensor.SparseRows;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often each feature fires: on how many tokens, overall and by document type. Counts are exact.
 *
 * @param histogram [features], tokens on which the feature fires
 * @param tokens how many tokens there were
 * @param typeHistogram [types][features]
 * @param typeTokens [types]
 */
public record Occurrences(
    long[] histogram, long tokens, long[][] typeHistogram, long[] typeTokens) {
  public Occurrences {
    if (typeHistogram.length != typeTokens.length) {
      throw new IllegalArgumentException(
          typeHistogram.length + " rows of counts for " + typeTokens.length + " types");
    }
  }

  /** Counts as features come. */
  public static final class Counter implements FeatureConsumer {
    private final long[] histogram;
    private final long[][] typeHistogram;
    private final long[] typeTokens;
    private final short[] type;
    private final float threshold;
    private long tokens;

    /**
     * @param types how many document types there are
     * @param type [tokens of the store], the type of each row
     * @param threshold a feature fires iff its activation is above it
     */
    public Counter(int features, int types, short[] type, float threshold) {
      this.histogram = new long[features];
      this.typeHistogram = new long[types][features];
      this.typeTokens = new long[types];
      this.type = type;
      this.threshold = threshold;
    }

    @Override
    public void accept(long firstRow, SparseRows features) {
      for (int r = 0; r < features.rows(); r++) {
        int t = type[Math.toIntExact(firstRow + r)];
        tokens++;
        typeTokens[t]++;
        for (int e = features.start(r); e < features.end(r); e++) {
          if (features.values()[e] > threshold) {
            histogram[features.indices()[e]]++;
            typeHistogram[t][features.indices()[e]]++;
          }
        }
      }
    }

    public Occurrences result() {
      return new Occurrences(histogram, tokens, typeHistogram, typeTokens);
    }
  }

  /** The share of features that never fired. */
  public double deadFraction() {
    int dead = 0;
    for (long n : histogram) {
      dead += n == 0 ? 1 : 0;
    }
    return histogram.length == 0 ? 0 : (double) dead / histogram.length;
  }

  /**
   * Writes {@code histogram} int64 [n], {@code n_tokens} int64, {@code type_histogram} int64
   * [types, n] and {@code type_tokens} int64 [types].
   */
  public void write(Path file) {
    long[] flat = new long[Math.multiplyExact(typeTokens.length, histogram.length)];
    for (int t = 0; t < typeTokens.length; t++) {
      System.arraycopy(typeHistogram[t], 0, flat, t * histogram.length, histogram.length);
    }
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("histogram", NpyArray.of(histogram));
    arrays.put("n_tokens", NpyArray.scalar(tokens));
    arrays.put("type_histogram", NpyArray.of(flat, typeTokens.length, histogram.length));
    arrays.put("type_tokens", NpyArray.of(typeTokens));
    Npz.write(file, arrays);
  }

  /** Reads what {@link #write} wrote; files without types, as the published analysis has, too. */
  public static Occurrences read(Path file) {
    Map<String, NpyArray> arrays = Npz.read(file);
    long[] histogram = Npz.get(arrays, "histogram", file).longs();
    long[] tokens = Npz.get(arrays, "n_tokens", file).longs();
    if (tokens.length != 1) {
      throw InputException.in(file, "n_tokens", "expected one number, found " + tokens.length, "");
    }
    NpyArray byType = arrays.get("type_histogram");
    if (byType == null) {
      return new Occurrences(histogram, tokens[0], new long[0][], new long[0]);
    }
    long[] typeTokens = Npz.get(arrays, "type_tokens", file).longs();
    long[] flat = byType.longs();
    if (flat.length != (long) typeTokens.length * histogram.length) {
      throw InputException.in(
          file,
          "type_histogram",
          "expected [%d, %d] counts, found %d"
              .formatted(typeTokens.length, histogram.length, flat.length),
          "");
    }
    long[][] rows = new long[typeTokens.length][histogram.length];
    for (int t = 0; t < rows.length; t++) {
      System.arraycopy(flat, t * histogram.length, rows[t], 0, histogram.length);
    }
    return new Occurrences(histogram, tokens[0], rows, typeTokens);
  }
}
