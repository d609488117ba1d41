package almagest.feature;

import almagest.run.Seed;
import almagest.tensor.SparseRows;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects, for every feature, the contexts in which it fires: the strongest, at most one per
 * document, and a uniform sample of all firings from which examples at quantiles of activation are
 * taken. Memory is bounded by the number of features, whatever the number of tokens; the outcome
 * does not depend on how the tokens were cut into pieces, save that a window does not reach into
 * another piece.
 */
public final class Examples implements FeatureConsumer {
  /**
   * @param top strongest contexts per feature
   * @param sample firings kept for quantiles
   * @param radius tokens shown on each side of the focus
   * @param threshold a feature fires iff its activation is above it
   */
  public record Options(int top, int sample, int radius, float threshold) {
    public static final Options DEFAULT = new Options(10, 12, 12, 0);
  }

  /** Finer bins than are shown; they are merged when a greater activation comes. */
  static final int BINS = 80;

  /**
   * A firing with its surroundings.
   *
   * @param row of the store
   * @param first the row of {@code values[0]}
   * @param values the feature's activations in the window
   */
  record Firing(
      long row, int document, float activation, long first, float[] values, long priority) {}

  /** What is known of one feature. */
  static final class Feature {
    long fires;
    double sum;
    float max;
    Firing[] top = new Firing[0];
    Firing[] sample = new Firing[0];
    int @Nullable [] bins;
    float range;
  }

  private final Options options;
  private final int[] document;
  private final Feature[] features;
  private final long salt;

  /**
   * @param document [tokens of the store], the document of each row
   */
  public Examples(int features, int[] document, Options options, Seed seed) {
    this.options = options;
    this.document = document;
    this.salt = seed.split("examples").value();
    this.features = new Feature[features];
    Arrays.setAll(this.features, j -> new Feature());
  }

  Options options() {
    return options;
  }

  Feature feature(int j) {
    return features[j];
  }

  int features() {
    return features.length;
  }

  @Override
  public void accept(long firstRow, SparseRows piece) {
    for (int r = 0; r < piece.rows(); r++) {
      for (int e = piece.start(r); e < piece.end(r); e++) {
        float v = piece.values()[e];
        if (v > options.threshold) {
          fire(piece, r, firstRow, piece.indices()[e], v);
        }
      }
    }
  }

  private void fire(SparseRows piece, int r, long firstRow, int j, float v) {
    Feature f = features[j];
    f.fires++;
    f.sum += v;
    f.max = Math.max(f.max, v);
    count(f, v);
    long row = firstRow + r;
    int doc = document[(int) row];
    Firing made = offerTop(f, piece, r, firstRow, j, v, doc, null);
    long priority = mix(salt ^ mix(row * 0x9e3779b97f4a7c15L + j));
    offerSample(f, piece, r, firstRow, j, v, doc, priority, made);
  }

  /** Keeps the list sorted, the strongest first; between equals the earlier row. */
  private @Nullable Firing offerTop(
      Feature f,
      SparseRows piece,
      int r,
      long firstRow,
      int j,
      float v,
      int doc,
      @Nullable Firing made) {
    int n = f.top.length;
    if (n == options.top && v <= f.top[n - 1].activation) {
      return made;
    }
    int same = -1;
    for (int i = 0; i < n; i++) {
      if (f.top[i].document == doc) {
        same = i;
      }
    }
    if (same >= 0 && v <= f.top[same].activation) {
      return made;
    }
    Firing firing = window(piece, r, firstRow, j, v, doc, 0);
    int hole = same;
    if (hole < 0) {
      if (n < options.top) {
        f.top = Arrays.copyOf(f.top, n + 1);
        hole = n;
      } else {
        hole = n - 1;
      }
    }
    int p = hole;
    while (p > 0 && f.top[p - 1].activation < v) {
      f.top[p] = f.top[p - 1];
      p--;
    }
    f.top[p] = firing;
    return firing;
  }

  /** The firings with the smallest hashes are a uniform sample, whatever the order. */
  private void offerSample(
      Feature f,
      SparseRows piece,
      int r,
      long firstRow,
      int j,
      float v,
      int doc,
      long priority,
      @Nullable Firing made) {
    int n = f.sample.length;
    if (n == options.sample && (n == 0 || priority >= f.sample[n - 1].priority)) {
      return;
    }
    Firing firing = window(piece, r, firstRow, j, v, doc, priority);
    if (made != null) {
      firing = new Firing(made.row, made.document, v, made.first, made.values, priority);
    }
    if (n < options.sample) {
      f.sample = Arrays.copyOf(f.sample, n + 1);
      n++;
    }
    int p = n - 1;
    while (p > 0 && f.sample[p - 1] != null && f.sample[p - 1].priority > priority) {
      f.sample[p] = f.sample[p - 1];
      p--;
    }
    f.sample[p] = firing;
  }

  private Firing window(
      SparseRows piece, int r, long firstRow, int j, float v, int doc, long priority) {
    int from = r;
    while (from > 0 && r - from < options.radius && document[(int) (firstRow + from - 1)] == doc) {
      from--;
    }
    int to = r + 1;
    while (to < piece.rows()
        && to - r <= options.radius
        && document[(int) (firstRow + to)] == doc) {
      to++;
    }
    float[] values = new float[to - from];
    for (int i = from; i < to; i++) {
      int e = Arrays.binarySearch(piece.indices(), piece.start(i), piece.end(i), j);
      values[i - from] = e >= 0 ? piece.values()[e] : 0;
    }
    return new Firing(firstRow + r, doc, v, firstRow + from, values, priority);
  }

  /**
   * Bins of equal width over 0 … 2^e, the least power of two above all activations; doubling the
   * range merges bins in pairs, so the counts do not depend on the order of firings.
   */
  private static void count(Feature f, float v) {
    if (f.bins == null) {
      f.bins = new int[BINS];
      f.range = powerAbove(v);
    }
    int[] bins = f.bins;
    while (v >= f.range) {
      for (int b = 0; b < BINS / 2; b++) {
        bins[b] = bins[2 * b] + bins[2 * b + 1];
      }
      Arrays.fill(bins, BINS / 2, BINS, 0);
      f.range *= 2;
    }
    bins[Math.min(BINS - 1, (int) (v / f.range * BINS))]++;
  }

  private static float powerAbove(float v) {
    return Math.scalb(1f, Math.getExponent(v) + 1);
  }

  /** The finaliser of SplitMix64. */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
