package almagest.feature;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * One step of training, gradients by hand. Only the encoder's product is dense. What fires is
 * decoded row by row; a counting sort turns (row, feature) pairs into lists by feature; then each
 * feature sums its two gradient rows and has Adam applied to them at once, so no gradient matrix
 * exists and nothing is shared between threads.
 *
 * <p>With e_r = ŷ_r − y_r the loss is L = (1/B) Σ_r |e_r|² + the auxiliary loss (Gao et al. 2024,
 * appendix A.2): dead features, the best {@code auxK} of them in each row, reconstruct −e_r, and
 * the mean square of what they leave, relative to that of e, counts {@code auxCoefficient}. For
 * JumpReLU, thresholds get the straight-through gradients of Rajamanoharan et al. (2024, section 4)
 * with a rectangular kernel, and λ (L0 / target − 1)² is added.
 */
final class TrainingStep {
  private static final float[] NO_THRESHOLDS = {};

  /** Features whose gradients one piece of work makes. */
  private static final int PIECE = 64;

  private final TrainingState state;
  private final SaeTrainer.Options options;
  private final int batch;
  private final int d;
  private final int tiles;

  /** [batch, d]: y − b_dec, the encoder's input. */
  private final FloatMatrix inputs;

  /** [2 batch, d]: e of each row, and below it what dead features leave of it. */
  private final FloatMatrix errors;

  private final double[] squares;
  private final double[] energies;
  private final double[] leftovers;
  private final Entries[] entries;
  private final Entries sorted = new Entries();
  private int[] inputRow = new int[0];
  private final int[][] counts;
  private final int[] starts;
  private final ConcurrentLinkedQueue<Scratch> idle = new ConcurrentLinkedQueue<>();

  /** What a step did, before the parameters changed. */
  record Outcome(double error, double energy, double auxiliary, double l0, int dead) {}

  TrainingStep(TrainingState state, SaeTrainer.Options options) {
    this.state = state;
    this.options = options;
    this.batch = options.batch();
    this.d = state.dModel;
    this.tiles = (batch + TileEncoder.ROWS - 1) / TileEncoder.ROWS;
    this.inputs = FloatMatrix.zeros(batch, d);
    this.errors = FloatMatrix.zeros(2L * batch, d);
    this.squares = new double[batch];
    this.energies = new double[batch];
    this.leftovers = new double[batch];
    this.entries = new Entries[tiles];
    Arrays.setAll(entries, t -> new Entries());
    this.counts = new int[tiles][state.dSae];
    this.starts = new int[state.dSae + 1];
  }

  /** Pairs of a row and a feature, with what their gradients need. */
  private static final class Entries {
    int size;
    int[] feature = new int[0];
    int[] row = new int[0];

    /** The weight of the error row in the decoder's gradient. */
    float[] decode = new float[0];

    /** dL/dz, the weight of the input row in the encoder's gradient. */
    float[] encode = new float[0];

    /** dL/d log θ without the penalty; and whether the pair lies in the kernel's window. */
    float[] threshold = new float[0];

    boolean[] window = new boolean[0];

    void reserve(int more) {
      int needed = size + more;
      if (needed > feature.length) {
        int capacity = Math.max(needed, feature.length + feature.length / 2);
        feature = Arrays.copyOf(feature, capacity);
        row = Arrays.copyOf(row, capacity);
        decode = Arrays.copyOf(decode, capacity);
        encode = Arrays.copyOf(encode, capacity);
        threshold = Arrays.copyOf(threshold, capacity);
        window = Arrays.copyOf(window, capacity);
      }
    }
  }

  /** Memory that one piece of work needs at a time. */
  private final class Scratch {
    final TileEncoder encoder = new TileEncoder(d, state.dSae);
    final MemorySegment encoderGradient = Arena.ofAuto().allocate(4L * d, 64);
    final MemorySegment decoderGradient = Arena.ofAuto().allocate(4L * d, 64);
    final float[] row = new float[d];
  }

  private Scratch scratch() {
    Scratch s = idle.poll();
    return s == null ? new Scratch() : s;
  }

  /** Computes the loss of a batch and changes the parameters. */
  Outcome run(ActivationSource source, long[] rows, double learningRate, Workers workers) {
    boolean[] dead = dead();
    int deadCount = 0;
    for (boolean b : dead) {
      deadCount += b ? 1 : 0;
    }
    ActivationRule[] rules = rules(dead, deadCount);
    float[] theta = options.kind() == SaeTrainer.Kind.JUMPRELU ? state.thresholds() : NO_THRESHOLDS;
    workers.run(
        tiles,
        t -> {
          Scratch s = scratch();
          forward(source, rows, t, s, theta, rules);
          idle.add(s);
        });
    double error = Arrays.stream(squares).sum() / batch;
    double energy = Arrays.stream(energies).sum() / batch;
    double left = rules.length > 1 ? Arrays.stream(leftovers).sum() / batch : 0;
    long active = 0;
    for (Entries e : entries) {
      for (int i = 0; i < e.size; i++) {
        active += e.row[i] < batch && e.decode[i] > 0 ? 1 : 0;
      }
    }
    double l0 = (double) active / batch;
    double auxiliary = options.auxCoefficient() * Math.min(energy / Math.max(error, 1e-30), 100);
    sort(2.0 / batch, 2.0 / batch * auxiliary, workers);
    backward(Adam.at(state.step + 1, learningRate), penalty(l0), theta, workers);
    state.step++;
    state.lastError = error;
    state.lastEnergy = energy;
    return new Outcome(error, energy, left, l0, deadCount);
  }

  /** d penalty / d(number of pairs in the window / (batch · bandwidth)) with its sign, by log θ. */
  private double penalty(double l0) {
    if (options.kind() != SaeTrainer.Kind.JUMPRELU) {
      return 0;
    }
    double warm =
        Math.min(1, (state.step + 1.0) / Math.max(1.0, (double) options.sparsityWarmup()));
    double lambda = options.sparsityCoefficient() * d * warm;
    return -lambda
        * 2
        * (l0 / options.sparsity() - 1)
        / options.sparsity()
        / (options.bandwidth() * batch);
  }

  private boolean[] dead() {
    boolean[] dead = new boolean[state.dSae];
    for (int j = 0; j < dead.length; j++) {
      dead[j] = state.step - state.lastFired[j] > options.deadSteps();
    }
    return dead;
  }

  private ActivationRule[] rules(boolean[] dead, int deadCount) {
    float[] bias = state.bEnc[0].clone();
    ActivationRule main;
    if (options.kind() == SaeTrainer.Kind.TOPK) {
      main = new TopK((int) options.sparsity(), bias, null);
    } else {
      float[] lowest = state.thresholds();
      for (int j = 0; j < lowest.length; j++) {
        lowest[j] -= options.bandwidth() / 2;
      }
      main = new JumpRelu(bias, lowest);
    }
    if (deadCount == 0 || options.auxK() == 0) {
      return new ActivationRule[] {main};
    }
    float[] onlyDead = new float[bias.length];
    for (int j = 0; j < bias.length; j++) {
      onlyDead[j] = dead[j] ? bias[j] : Float.NEGATIVE_INFINITY;
    }
    return new ActivationRule[] {
      main, new TopK(Math.min(options.auxK(), deadCount), onlyDead, null)
    };
  }

  private void forward(
      ActivationSource source,
      long[] rows,
      int t,
      Scratch s,
      float[] theta,
      ActivationRule[] rules) {
    int from = t * TileEncoder.ROWS;
    int to = Math.min(batch, from + TileEncoder.ROWS);
    float[] b = state.bDec[0];
    for (int r = from; r < to; r++) {
      source.copyRow(rows[r], inputs.data(), 4L * r * d);
      inputs.copyRow(r, s.row);
      double energy = 0;
      for (int i = 0; i < d; i++) {
        float y = (s.row[i] - state.centre[i]) * state.scale;
        energy += (double) y * y;
        s.row[i] = y - b[i];
      }
      energies[r] = energy;
      inputs.setRow(r, s.row);
    }
    s.encoder.encode(inputs.slice(from, to).data(), to - from, state.wEnc, true, rules);
    Entries out = entries[t];
    out.size = 0;
    int[] count = counts[t];
    Arrays.fill(count, 0);
    for (int r = from; r < to; r++) {
      Selection main = s.encoder.selection(0, r - from);
      int first = out.size;
      append(out, main, r, theta, count);
      residual(r, out, first);
      squares[r] = Kernels.dot(errors.data(), 4L * r * d, errors.data(), 4L * r * d, d);
      gradients(out, first, main, theta);
      if (rules.length > 1) {
        Selection extra = s.encoder.selection(1, r - from);
        int second = out.size;
        append(out, extra, batch + r, NO_THRESHOLDS, count);
        MemorySegment.copy(errors.data(), 4L * r * d, errors.data(), 4L * (batch + r) * d, 4L * d);
        Kernels.gather(
            state.wDec.data(),
            d,
            out.feature,
            out.decode,
            second,
            out.size,
            errors.data(),
            4L * (batch + r) * d);
        leftovers[r] =
            Kernels.dot(
                errors.data(), 4L * (batch + r) * d, errors.data(), 4L * (batch + r) * d, d);
        gradients(out, second, extra, NO_THRESHOLDS);
      }
    }
  }

  /** Adds a row's pairs; those of JumpReLU below the threshold have activation 0. */
  private static void append(
      Entries out, Selection selection, int row, float[] theta, int[] count) {
    out.reserve(selection.size);
    for (int i = 0; i < selection.size; i++) {
      int j = selection.indices[i];
      float z = selection.values[i];
      int e = out.size++;
      out.feature[e] = j;
      out.row[e] = row;
      out.decode[e] = theta.length == 0 || z > theta[j] ? z : 0;
      count[j]++;
    }
  }

  /** e = Σ f W_dec − (y − b_dec), since b_dec is in both y − b_dec and ŷ. */
  private void residual(int r, Entries out, int first) {
    long at = 4L * r * d;
    for (int i = 0; i < d; i++) {
      errors.data().set(Kernels.FLOAT, at + 4L * i, -inputs.data().get(Kernels.FLOAT, at + 4L * i));
    }
    Kernels.gather(
        state.wDec.data(), d, out.feature, out.decode, first, out.size, errors.data(), at);
  }

  /** Without the factor 2 / B, which the sort brings in. */
  private void gradients(Entries out, int first, Selection selection, float[] theta) {
    boolean jump = theta.length > 0;
    float half = options.bandwidth() / 2;
    for (int e = first; e < out.size; e++) {
      int j = out.feature[e];
      float g = Kernels.dot(errors.data(), 4L * out.row[e] * d, state.wDec.data(), 4L * j * d, d);
      out.encode[e] = out.decode[e] > 0 ? g : 0;
      out.window[e] = false;
      out.threshold[e] = 0;
      if (jump && Math.abs(selection.values[e - first] - theta[j]) < half) {
        out.window[e] = true;
        // dL/dlog θ = θ · dL/dθ, and dL/dθ = −(θ / bandwidth) dL/df inside the window.
        out.threshold[e] = -theta[j] * theta[j] / options.bandwidth() * g;
      }
    }
  }

  /** Gathers the pairs of each feature, rows in order, and scales their gradients. */
  private void sort(double mainFactor, double auxiliaryFactor, Workers workers) {
    int at = 0;
    for (int j = 0; j < state.dSae; j++) {
      starts[j] = at;
      for (int t = 0; t < tiles; t++) {
        int n = counts[t][j];
        counts[t][j] = at;
        at += n;
      }
    }
    starts[state.dSae] = at;
    sorted.size = 0;
    sorted.reserve(at);
    sorted.size = at;
    if (inputRow.length < at) {
      inputRow = new int[sorted.row.length];
    }
    workers.run(
        tiles,
        t -> {
          Entries from = entries[t];
          int[] next = counts[t];
          for (int e = 0; e < from.size; e++) {
            int to = next[from.feature[e]]++;
            boolean auxiliary = from.row[e] >= batch;
            float factor = (float) (auxiliary ? auxiliaryFactor : mainFactor);
            sorted.row[to] = from.row[e];
            inputRow[to] = auxiliary ? from.row[e] - batch : from.row[e];
            sorted.decode[to] = from.decode[e] * factor;
            sorted.encode[to] = from.encode[e] * factor;
            sorted.threshold[to] = from.threshold[e] * factor;
            sorted.window[to] = from.window[e];
          }
        });
  }

  private void backward(Adam adam, double penalty, float[] theta, Workers workers) {
    int pieces = (state.dSae + PIECE - 1) / PIECE;
    FloatMatrix fromEncoder = FloatMatrix.zeros(pieces, d);
    workers.run(
        pieces,
        p -> {
          Scratch s = scratch();
          for (int j = p * PIECE; j < Math.min(state.dSae, (p + 1) * PIECE); j++) {
            double bias = gradient(j, s.encoderGradient, s.decoderGradient);
            Kernels.axpy(
                (float) -bias, state.wEnc.data(), 4L * j * d, fromEncoder.data(), 4L * p * d, d);
            update(j, adam, bias, penalty, theta, s);
          }
          idle.add(s);
        });
    FloatMatrix fromErrors = FloatMatrix.zeros(tiles, d);
    workers.run(
        tiles,
        t -> {
          for (int r = t * TileEncoder.ROWS; r < Math.min(batch, (t + 1) * TileEncoder.ROWS); r++) {
            Kernels.axpy(1, errors.data(), 4L * r * d, fromErrors.data(), 4L * t * d, d);
          }
        });
    double[] gradient = new double[d];
    add(fromErrors, 2.0 / batch, gradient);
    add(fromEncoder, 1, gradient);
    for (int i = 0; i < d; i++) {
      adam.apply(state.bDec[0], state.bDec[1], state.bDec[2], i, (float) gradient[i]);
    }
  }

  private static void add(FloatMatrix parts, double factor, double[] into) {
    for (int p = 0; p < parts.rows(); p++) {
      for (int i = 0; i < into.length; i++) {
        into[i] += factor * parts.get(p, i);
      }
    }
  }

  /**
   * The gradients of feature j's encoder and decoder row, overwritten, from the sorted pairs.
   *
   * @return the gradient of its bias
   */
  double gradient(int j, MemorySegment encoder, MemorySegment decoder) {
    int from = starts[j];
    int to = starts[j + 1];
    encoder.fill((byte) 0);
    decoder.fill((byte) 0);
    Kernels.gather(errors.data(), d, sorted.row, sorted.decode, from, to, decoder, 0);
    Kernels.gather(inputs.data(), d, inputRow, sorted.encode, from, to, encoder, 0);
    double bias = 0;
    for (int e = from; e < to; e++) {
      bias += sorted.encode[e];
    }
    return bias;
  }

  private void update(int j, Adam adam, double bias, double penalty, float[] theta, Scratch s) {
    long at = 4L * j * d;
    MemorySegment w = state.wDec.data();
    // Rows stay on the unit sphere: only the tangential part of the gradient counts.
    float radial = Kernels.dot(s.decoderGradient, 0, w, at, d);
    Kernels.axpy(-radial, w, at, s.decoderGradient, 0, d);
    adam.apply(w, state.wDecM.data(), state.wDecV.data(), at, s.decoderGradient, d);
    Kernels.scale((float) (1 / Math.sqrt(Kernels.dot(w, at, w, at, d))), w, at, d);
    adam.apply(state.wEnc.data(), state.wEncM.data(), state.wEncV.data(), at, s.encoderGradient, d);
    adam.apply(state.bEnc[0], state.bEnc[1], state.bEnc[2], j, (float) bias);
    double threshold = 0;
    int inWindow = 0;
    for (int e = starts[j]; e < starts[j + 1]; e++) {
      if (sorted.decode[e] > 0 && sorted.row[e] < batch) {
        state.lastFired[j] = state.step;
      }
      threshold += sorted.threshold[e];
      inWindow += sorted.window[e] ? 1 : 0;
    }
    if (options.kind() == SaeTrainer.Kind.JUMPRELU) {
      adam.apply(
          state.logThreshold[0],
          state.logThreshold[1],
          state.logThreshold[2],
          j,
          (float) (threshold + penalty * inWindow * theta[j]));
    }
  }
}
