package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products with the centred chunk matrix B̃ = B − 1 pᵀ, where p_i = c_i / T: y = B̃ᵀ B̃ x, which is
 * T times the covariance of the indicators, through two sparse products.
 *
 * <p>A feature that fires in more than half of the chunks is held by the chunks in which it does
 * not fire: its centred column only changes sign, and the sums lose no digits to its mean.
 */
final class CentredChunks {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int PIECE = 256;

  final int features;
  final int chunks;

  /** In how many chunks each feature fires [features]. */
  final int[] counts;

  /** −1 where a feature is held by the chunks without it, else 1. */
  private final float[] sign;

  private final SparseRows byFeature;
  private final SparseRows byChunk;

  CentredChunks(Chunks source, Workers workers) {
    features = source.features();
    chunks = source.count();
    SparseRows all = source.byFeature(workers);
    counts = new int[features];
    sign = new float[features];
    long[] indptr = new long[features + 1];
    for (int f = 0; f < features; f++) {
      counts[f] = all.end(f) - all.start(f);
      sign[f] = 2L * counts[f] > chunks ? -1 : 1;
      indptr[f + 1] = indptr[f] + Math.min(counts[f], chunks - counts[f]);
    }
    int[] indices = new int[Math.toIntExact(indptr[features])];
    workers.runRanges(
        features,
        PIECE,
        (begin, end) -> {
          for (int f = begin; f < end; f++) {
            if (sign[f] > 0) {
              System.arraycopy(all.indices(), all.start(f), indices, (int) indptr[f], counts[f]);
            } else {
              complement(all, f, indices, (int) indptr[f]);
            }
          }
        });
    byFeature = SparseRows.pattern(chunks, indptr, indices);
    byChunk = Chunks.transpose(byFeature, workers);
  }

  private void complement(SparseRows all, int f, int[] into, int at) {
    int next = all.start(f);
    for (int c = 0; c < chunks; c++) {
      if (next < all.end(f) && all.indices()[next] == c) {
        next++;
      } else {
        into[at++] = c;
      }
    }
  }

  /**
   * y := S B̃ᵀ B̃ S x with S = diag(scale), for a block of vectors.
   *
   * @param x [n, b]; left unchanged
   * @param y [n, b]; overwritten
   */
  void multiply(FloatMatrix x, double[] scale, FloatMatrix y, Workers workers) {
    int lanes = SPECIES.length();
    int columns = x.columns();
    int b = (columns + lanes - 1) / lanes * lanes;
    float[] scaled = new float[Math.multiplyExact(features, b)];
    workers.runRanges(
        features,
        PIECE,
        (from, to) -> {
          for (int f = from; f < to; f++) {
            MemorySegment.copy(
                x.data(), FLOAT, (long) f * columns * Float.BYTES, scaled, f * b, columns);
            float s = (float) (sign[f] * scale[f]);
            for (int c = 0; c < columns; c++) {
              scaled[f * b + c] *= s;
            }
          }
        });
    float[] mean = mean(scaled, b);
    float[] z = new float[Math.multiplyExact(chunks, b)];
    gather(byChunk, scaled, b, z, workers);
    workers.runRanges(
        chunks,
        PIECE,
        (from, to) -> {
          for (int t = from; t < to; t++) {
            for (int c = 0; c < b; c++) {
              z[t * b + c] -= mean[c];
            }
          }
        });
    gather(byFeature, z, b, scaled, workers);
    workers.runRanges(
        features,
        PIECE,
        (from, to) -> {
          for (int f = from; f < to; f++) {
            float s = (float) (sign[f] * scale[f]);
            for (int c = 0; c < columns; c++) {
              scaled[f * b + c] *= s;
            }
            MemorySegment.copy(
                scaled, f * b, y.data(), FLOAT, (long) f * columns * Float.BYTES, columns);
          }
        });
  }

  /** Σ_f (held count of f / T) x_f for each column. */
  private float[] mean(float[] x, int b) {
    double[] sum = new double[b];
    for (int f = 0; f < features; f++) {
      double p = (double) (byFeature.end(f) - byFeature.start(f)) / chunks;
      for (int c = 0; c < b; c++) {
        sum[c] += p * x[f * b + c];
      }
    }
    float[] mean = new float[b];
    for (int c = 0; c < b; c++) {
      mean[c] = (float) sum[c];
    }
    return mean;
  }

  /** Row r of {@code into} becomes the sum of the rows of {@code from} that the pattern names. */
  private static void gather(
      SparseRows pattern, float[] from, int b, float[] into, Workers workers) {
    int[] indices = pattern.indices();
    workers.run(
        (pattern.rows() + PIECE - 1) / PIECE,
        p -> {
          for (int r = p * PIECE; r < Math.min(pattern.rows(), (p + 1) * PIECE); r++) {
            for (int c = 0; c < b; c += SPECIES.length()) {
              sum(indices, pattern.start(r), pattern.end(r), from, b, c, into, r * b + c);
            }
          }
        });
  }

  private static void sum(
      int[] indices, int start, int end, float[] from, int b, int column, float[] into, int at) {
    FloatVector even = FloatVector.zero(SPECIES);
    FloatVector odd = FloatVector.zero(SPECIES);
    int e = start;
    for (; e + 1 < end; e += 2) {
      even = even.add(FloatVector.fromArray(SPECIES, from, indices[e] * b + column));
      odd = odd.add(FloatVector.fromArray(SPECIES, from, indices[e + 1] * b + column));
    }
    if (e < end) {
      even = even.add(FloatVector.fromArray(SPECIES, from, indices[e] * b + column));
    }
    even.add(odd).intoArray(into, at);
  }

  /** S B̃ᵀ B̃ S 1 in float64 [features]. */
  double[] rowSums(double[] scale, Workers workers) {
    double mean = 0;
    double[] scaled = new double[features];
    for (int f = 0; f < features; f++) {
      scaled[f] = sign[f] * scale[f];
      mean += scaled[f] * (byFeature.end(f) - byFeature.start(f)) / chunks;
    }
    double centre = mean;
    double[] z = new double[chunks];
    workers.runRanges(
        chunks,
        PIECE,
        (from, to) -> {
          for (int t = from; t < to; t++) {
            double sum = -centre;
            for (int e = byChunk.start(t); e < byChunk.end(t); e++) {
              sum += scaled[byChunk.indices()[e]];
            }
            z[t] = sum;
          }
        });
    double[] sums = new double[features];
    workers.runRanges(
        features,
        PIECE,
        (from, to) -> {
          for (int f = from; f < to; f++) {
            double sum = 0;
            for (int e = byFeature.start(f); e < byFeature.end(f); e++) {
              sum += z[byFeature.indices()[e]];
            }
            sums[f] = sum * scaled[f];
          }
        });
    return sums;
  }
}
