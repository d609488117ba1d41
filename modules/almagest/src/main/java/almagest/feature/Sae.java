package almagest.feature;

import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.DType;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A sparse autoencoder. With y = norm(x) · s and z = (y − b_dec) W_enc or y W_enc:
 *
 * <p>f = rule(z), and the reconstruction is norm⁻¹((f W_dec + b_dec) / s), where s is {@link
 * Weights#scale}, nearly always 1. Immutable; threads may share it.
 *
 * <p>Encoding takes tiles of rows of a fixed size, so a row's features have the same bits on any
 * number of threads.
 */
public final class Sae {
  /** Rows of the encoder that are checked in one piece. */
  private static final int CHECKED = 64;

  /**
   * The weights, float32.
   *
   * @param wEnc [d_sae, d_model] when {@code encoderByFeature}, else [d_model, d_sae]
   * @param wDec [d_sae, d_model], one row per feature
   * @param bDec [d_model]
   * @param rule the activation function with the encoder's biases and thresholds
   * @param norm what happens to a row before
   * @param scale s, a constant factor on the input; positive
   * @param subtractBDec whether b_dec is subtracted from the input (SAELens' {@code
   *     apply_b_dec_to_input})
   */
  public record Weights(
      FloatMatrix wEnc,
      boolean encoderByFeature,
      FloatMatrix wDec,
      float[] bDec,
      ActivationRule rule,
      InputNorm norm,
      float scale,
      boolean subtractBDec) {
    public Weights {
      int dSae = rule.features();
      int dModel = bDec.length;
      long rows = encoderByFeature ? dSae : dModel;
      int columns = encoderByFeature ? dModel : dSae;
      if (wEnc.rows() != rows || wEnc.columns() != columns) {
        throw new IllegalArgumentException(
            "the encoder is [%d, %d], expected [%d, %d]"
                .formatted(wEnc.rows(), wEnc.columns(), rows, columns));
      }
      if (wDec.rows() != dSae || wDec.columns() != dModel) {
        throw new IllegalArgumentException(
            "the decoder is [%d, %d], expected [%d, %d]"
                .formatted(wDec.rows(), wDec.columns(), dSae, dModel));
      }
      if (!(scale > 0) || Float.isInfinite(scale)) {
        throw new IllegalArgumentException("the scale is " + scale);
      }
    }
  }

  /** Tiles that share a block of an encoder that is turned round or rounded for them. */
  private static final int MOST_TOGETHER = 8;

  private final Weights weights;
  private final SaeInfo info;

  public Sae(Weights weights, SaeInfo info) {
    this.weights = weights;
    this.info = info;
  }

  /**
   * Opens an SAE: a directory of SAELens (3 to 6), sparsify, Llama Scope, Gemma Scope 2 or
   * dictionary_learning, a Gemma Scope {@code params.npz}, or a {@code .pt} of dictionary_learning,
   * OpenAI or Qwen Scope.
   *
   * @throws InputException when the path holds no SAE, or one whose rule is not known
   */
  public static Sae open(Path path) {
    return SaeReader.open(path);
  }

  /** Writes a SAELens 6 directory: {@code cfg.json} and {@code sae_weights.safetensors}. */
  public void save(Path directory) {
    SaeLensWriter.write(this, directory);
  }

  public int dModel() {
    return weights.bDec.length;
  }

  public int dSae() {
    return weights.rule.features();
  }

  public Weights weights() {
    return weights;
  }

  public SaeInfo info() {
    return info;
  }

  /** The decoder, [d_sae, d_model]: row j is the direction of feature j. Not to be written to. */
  public FloatMatrix wDec() {
    return weights.wDec;
  }

  /** The encoder by feature, [d_sae, d_model]; a copy when it is stored the other way. */
  public FloatMatrix wEnc() {
    return weights.encoderByFeature ? weights.wEnc : Matrices.transpose(weights.wEnc);
  }

  /**
   * Reads the whole encoder once and refuses weights that are not finite: such a feature would
   * never fire, and pass for a dead one.
   *
   * @throws InputException naming the first such place
   */
  public void checkEncoder(Workers workers) {
    FloatMatrix matrix = weights.wEnc;
    int rows = matrix.rowsAsInt();
    List<Integer> bad =
        workers.map(
            (rows + CHECKED - 1) / CHECKED,
            piece -> {
              float[] row = new float[matrix.columns()];
              for (int r = piece * CHECKED; r < Math.min(rows, (piece + 1) * CHECKED); r++) {
                matrix.copyRow(r, row);
                for (float v : row) {
                  if (!Float.isFinite(v)) {
                    return r;
                  }
                }
              }
              return rows;
            });
    int first = bad.stream().min(Integer::compare).orElse(rows);
    if (first < rows) {
      throw new InputException(
          "the SAE's encoder, "
              + (weights.encoderByFeature ? "feature " : "dimension ")
              + first
              + ": NaN or infinity, expected finite weights; is the file damaged?");
    }
  }

  /** [d_model]. */
  public float[] bDec() {
    return weights.bDec.clone();
  }

  /**
   * The features of each row of x.
   *
   * @param x [rows, d_model]
   * @return [rows, d_sae]; only activations above 0 are stored
   * @throws InputException when a row is not finite, or the widths differ
   */
  public SparseRows encode(FloatMatrix x, Workers workers) {
    if (x.columns() != dModel()) {
      throw new InputException(
          "the activations are %d wide, the SAE takes %d; they are not from the hook it was trained on"
              .formatted(x.columns(), dModel()));
    }
    int tiles = Math.toIntExact((x.rows() + TileEncoder.ROWS - 1) / TileEncoder.ROWS);
    ConcurrentLinkedQueue<TileEncoder> idle = new ConcurrentLinkedQueue<>();
    // How many tiles share a block changes no bit of any.
    int together =
        tiles == 1
            ? 1
            : Math.clamp((tiles + workers.threads() - 1L) / workers.threads(), 2, MOST_TOGETHER);
    List<List<Tile>> parts =
        workers.map(
            (tiles + together - 1) / together,
            group -> {
              int first = group * together;
              int count = Math.min(together, tiles - first);
              List<TileEncoder> encoders = new ArrayList<>();
              for (int i = 0; i < count; i++) {
                TileEncoder reused = idle.poll();
                encoders.add(reused == null ? new TileEncoder(dModel(), dSae()) : reused);
              }
              List<Tile> found = encodeTiles(x, first, encoders, tiles > 1);
              idle.addAll(encoders);
              return found;
            });
    return concatenate(parts.stream().flatMap(List::stream).toList());
  }

  private record Tile(int[] counts, int[] indices, float[] values) {}

  /** Encodes neighbouring tiles, of which {@code first} is the first. */
  private List<Tile> encodeTiles(
      FloatMatrix x, int first, List<TileEncoder> encoders, boolean together) {
    int[] rows = new int[encoders.size()];
    for (int i = 0; i < rows.length; i++) {
      long from = (long) (first + i) * TileEncoder.ROWS;
      rows[i] = (int) Math.min(x.rows() - from, TileEncoder.ROWS);
      prepare(x, from, rows[i], encoders.get(i).input());
    }
    if (together) {
      TileEncoder.encodeTogether(
          encoders,
          rows,
          weights.wEnc,
          weights.encoderByFeature,
          DType.BF16.isFast(),
          weights.rule);
    } else {
      for (int i = 0; i < rows.length; i++) {
        TileEncoder encoder = encoders.get(i);
        encoder.encode(
            encoder.input(), rows[i], weights.wEnc, weights.encoderByFeature, weights.rule);
      }
    }
    List<Tile> tiles = new ArrayList<>();
    for (int i = 0; i < rows.length; i++) {
      tiles.add(tile(encoders.get(i), rows[i]));
    }
    return tiles;
  }

  /** What the encoder multiplies: rows normalised, scaled and centred. */
  private void prepare(FloatMatrix x, long from, int rows, MemorySegment into) {
    int d = dModel();
    float[] row = new float[d];
    for (int r = 0; r < rows; r++) {
      x.copyRow(from + r, row);
      weights.norm.apply(row);
      float sum = 0;
      for (int i = 0; i < d; i++) {
        float y = row[i] * weights.scale;
        row[i] = weights.subtractBDec ? y - weights.bDec[i] : y;
        sum += row[i];
      }
      if (!Float.isFinite(sum)) {
        throw new InputException(
            "the activations of row "
                + (from + r)
                + " are not finite; no features can be made of them");
      }
      MemorySegment.copy(row, 0, into, Kernels.FLOAT, 4L * r * d, d);
    }
  }

  private static Tile tile(TileEncoder encoder, int rows) {
    int[] counts = new int[rows];
    int total = 0;
    for (int r = 0; r < rows; r++) {
      counts[r] = encoder.selection(0, r).size;
      total = Math.addExact(total, counts[r]);
    }
    int[] indices = new int[total];
    float[] values = new float[total];
    int at = 0;
    for (int r = 0; r < rows; r++) {
      Selection s = encoder.selection(0, r);
      System.arraycopy(s.indices, 0, indices, at, s.size);
      System.arraycopy(s.values, 0, values, at, s.size);
      at += s.size;
    }
    return new Tile(counts, indices, values);
  }

  private SparseRows concatenate(List<Tile> parts) {
    int rows = 0;
    long entries = 0;
    for (Tile t : parts) {
      rows += t.counts.length;
      entries += t.indices.length;
    }
    int[] indices = new int[Math.toIntExact(entries)];
    float[] values = new float[indices.length];
    long[] indptr = new long[rows + 1];
    int r = 0;
    int at = 0;
    for (Tile t : parts) {
      for (int count : t.counts) {
        indptr[r + 1] = indptr[r] + count;
        r++;
      }
      System.arraycopy(t.indices, 0, indices, at, t.indices.length);
      System.arraycopy(t.values, 0, values, at, t.values.length);
      at += t.indices.length;
    }
    return new SparseRows(dSae(), indptr, indices, values);
  }

  /**
   * The reconstruction of each row from its features.
   *
   * @param features [rows, d_sae]
   * @param into [rows, d_model], overwritten
   * @throws IllegalStateException when the SAE normalises each row by itself: see {@link
   *     #reconstruct}
   */
  public void decode(SparseRows features, FloatMatrix into, Workers workers) {
    if (weights.norm.dependsOnRow()) {
      throw new IllegalStateException(
          weights.norm.saeLensName() + " is undone with the row that was encoded; use reconstruct");
    }
    decode(features, null, into, workers);
  }

  /**
   * As {@link #decode}, for any SAE.
   *
   * @param x the rows that were encoded, [rows, d_model]
   */
  public void reconstruct(SparseRows features, FloatMatrix x, FloatMatrix into, Workers workers) {
    decode(features, x, into, workers);
  }

  private void decode(
      SparseRows features,
      @org.jspecify.annotations.Nullable FloatMatrix x,
      FloatMatrix into,
      Workers workers) {
    int d = dModel();
    if (features.columns() != dSae() || into.columns() != d || into.rows() != features.rows()) {
      throw new IllegalArgumentException(
          "cannot decode [%d, %d] into [%d, %d] with an SAE of %d features on %d dimensions"
              .formatted(
                  features.rows(), features.columns(), into.rows(), into.columns(), dSae(), d));
    }
    float[] values = features.values();
    if (weights.rule instanceof TopK topK && topK.scale() != null) {
      values = values.clone();
      for (int e = 0; e < values.length; e++) {
        values[e] /= topK.scale()[features.indices()[e]];
      }
    }
    float[] coefficients = values;
    int tiles = (features.rows() + TileEncoder.ROWS - 1) / TileEncoder.ROWS;
    workers.run(
        tiles,
        t -> {
          float[] row = new float[d];
          int from = t * TileEncoder.ROWS;
          int to = Math.min(features.rows(), from + TileEncoder.ROWS);
          for (int r = from; r < to; r++) {
            into.setRow(r, weights.bDec);
            Kernels.gather(
                weights.wDec.data(),
                d,
                features.indices(),
                coefficients,
                features.start(r),
                features.end(r),
                into.data(),
                4L * r * d);
            if (weights.norm.dependsOnRow() || weights.scale != 1) {
              undo(x, r, row, into);
            }
          }
        });
  }

  private void undo(
      @org.jspecify.annotations.Nullable FloatMatrix x, int r, float[] row, FloatMatrix into) {
    InputNorm.Back back = InputNorm.Back.IDENTITY;
    if (x != null) {
      x.copyRow(r, row);
      back = weights.norm.apply(row);
    }
    into.copyRow(r, row);
    for (int i = 0; i < row.length; i++) {
      row[i] = row[i] / weights.scale * back.factor() + back.shift();
    }
    into.setRow(r, row);
  }

  /** The length of each decoder row, [d_sae], summed in double. */
  public double[] decoderNorms() {
    double[] norms = new double[dSae()];
    float[] row = new float[dModel()];
    for (int j = 0; j < norms.length; j++) {
      weights.wDec.copyRow(j, row);
      double squares = 0;
      for (float v : row) {
        squares += (double) v * v;
      }
      norms[j] = Math.sqrt(squares);
    }
    return norms;
  }

  /**
   * The same SAE with decoder rows of unit length: each feature, with its encoder, bias and
   * threshold, is multiplied by the length of its row. Reconstructions stay as they are.
   *
   * @throws InputException for TopK without rescaling, where other features would be the largest
   */
  public Sae withUnitDecoder() {
    return FoldedSae.of(this);
  }

  /** As this one, with another description. */
  public Sae withInfo(SaeInfo other) {
    return new Sae(weights, other);
  }

  @Override
  public String toString() {
    return "%s SAE of %d features on %d dimensions"
            .formatted(weights.rule.architecture(), dSae(), dModel())
        + (info.notes().isEmpty() ? "" : " " + Arrays.toString(info.notes().toArray()));
  }
}
