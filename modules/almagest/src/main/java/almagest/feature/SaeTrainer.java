package almagest.feature;

import almagest.format.Json;
import almagest.run.Hashes;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.ResourceException;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Trains an SAE on stored activations, on the processor. Activations are centred and scaled to a
 * mean square of 1 per dimension for training; both are folded into the result, which takes raw
 * activations and has decoder rows of unit length. Equal inputs, options and seed give equal bits
 * on any number of threads, and a run that was cut off and resumed gives those of one that was not.
 */
public final class SaeTrainer {
  /** What decides which features fire. */
  public enum Kind {
    /** The k largest pre-activations of a token (Gao et al. 2024). */
    TOPK,
    /** A learned threshold per feature (Rajamanoharan et al. 2024). */
    JUMPRELU
  }

  /**
   * How to train.
   *
   * @param dSae the number of features
   * @param sparsity k for TopK, the L0 aimed at for JumpReLU
   * @param batch tokens per step
   * @param steps how many
   * @param learningRate Adam's, reached after {@code warmup} steps
   * @param warmup steps of linear rise
   * @param decay the share of all steps, at the end, in which the rate falls linearly to 0
   * @param auxK how many dead features reconstruct each row's error; 0 turns it off
   * @param auxCoefficient the weight of that loss
   * @param deadSteps a feature is dead when it has not fired in this many steps
   * @param sparsityCoefficient λ / d_model, JumpReLU only
   * @param sparsityWarmup steps in which λ rises, JumpReLU only
   * @param bandwidth the width of the kernel that gives thresholds their gradient, JumpReLU only
   * @param checkpointEvery steps between checkpoints
   * @param curveEvery steps between points of the loss curve
   */
  public record Options(
      Kind kind,
      int dSae,
      double sparsity,
      int batch,
      long steps,
      double learningRate,
      long warmup,
      double decay,
      int auxK,
      double auxCoefficient,
      long deadSteps,
      double sparsityCoefficient,
      long sparsityWarmup,
      float bandwidth,
      long checkpointEvery,
      long curveEvery) {
    public Options {
      check(dSae >= 1, "features", dSae);
      check(sparsity >= 1 && sparsity <= dSae, "sparsity", sparsity);
      check(batch >= 1, "batch", batch);
      check(steps >= 1, "steps", (double) steps);
      check(learningRate > 0 && learningRate < 10, "learning rate", learningRate);
      check(decay >= 0 && decay <= 1, "decay", decay);
      check(bandwidth > 0, "bandwidth", bandwidth);
      check(checkpointEvery >= 1 && curveEvery >= 1, "interval", (double) checkpointEvery);
    }

    private static void check(boolean holds, String name, double value) {
      if (!holds) {
        throw new InputException("training an SAE: the " + name + " cannot be " + value);
      }
    }

    /** Defaults for TopK: everything else follows from the sizes. */
    public static Options topK(int dSae, int k, int batch, long steps) {
      return of(Kind.TOPK, dSae, k, batch, steps);
    }

    /** Defaults for JumpReLU. */
    public static Options jumpRelu(int dSae, double l0, int batch, long steps) {
      return of(Kind.JUMPRELU, dSae, l0, batch, steps);
    }

    private static Options of(Kind kind, int dSae, double sparsity, int batch, long steps) {
      return new Options(
          kind,
          dSae,
          sparsity,
          batch,
          steps,
          1e-3,
          Math.min(100, Math.max(1, steps / 20)),
          0.2,
          (int) Math.min(dSae, 2 * Math.max(1, Math.round(sparsity))),
          1.0 / 32,
          Math.max(20, Math.min(steps / 10, 10_000_000 / batch)),
          0.1,
          Math.max(1, steps / 5),
          0.1f,
          Math.max(50, steps / 10),
          Math.max(1, steps / 200));
    }

    public Options withLearningRate(double rate) {
      return new Options(
          kind,
          dSae,
          sparsity,
          batch,
          steps,
          rate,
          warmup,
          decay,
          auxK,
          auxCoefficient,
          deadSteps,
          sparsityCoefficient,
          sparsityWarmup,
          bandwidth,
          checkpointEvery,
          curveEvery);
    }

    public Options withCheckpointEvery(long every) {
      return new Options(
          kind,
          dSae,
          sparsity,
          batch,
          steps,
          learningRate,
          warmup,
          decay,
          auxK,
          auxCoefficient,
          deadSteps,
          sparsityCoefficient,
          sparsityWarmup,
          bandwidth,
          every,
          curveEvery);
    }

    /** About how many bytes of native memory training takes, activations not counted. */
    public long memory(int dModel) {
      return 4L * dModel * (8L * dSae + 3L * batch);
    }

    /** The learning rate of a step, counted from 0. */
    double rateAt(long step) {
      double up = Math.min(1, (step + 1.0) / Math.max(1, warmup));
      double falling = Math.max(1, decay * steps);
      double down = Math.min(1, (steps - step) / falling);
      return learningRate * up * down;
    }
  }

  /**
   * A point of the loss curve.
   *
   * @param fvu Σ|y − ŷ|² / Σ|y|² of that batch, y centred: the fraction of variance unexplained
   * @param auxiliary the mean square that dead features left, relative to that of the error; 0
   *     without dead features
   * @param l0 features that fired per token
   * @param dead the share of features that had not fired in the last {@code deadSteps}
   */
  public record LossPoint(
      long step, double fvu, double auxiliary, double l0, double dead, double rate) {}

  /**
   * @param tokens how many rows were seen, repetitions counted
   */
  public record Result(Sae sae, List<LossPoint> curve, long tokens) {}

  private final ActivationSource source;
  private final Options options;
  private final Seed seed;

  /**
   * @param seed for the initial weights and the order of tokens
   */
  public SaeTrainer(ActivationSource source, Options options, Seed seed) {
    this.source = source;
    this.options = options;
    this.seed = seed;
  }

  /**
   * Trains to the end.
   *
   * @param checkpoint where the state is kept so that a later call goes on from it; null for
   *     nowhere. The file is deleted at the end.
   * @param model the language model, for the saved configuration
   * @param hook the hook point, likewise
   */
  public Result train(
      @Nullable Path checkpoint, String model, String hook, Workers workers, Progress progress) {
    return trainUntil(options.steps(), checkpoint, model, hook, workers, progress);
  }

  /** As {@link #train}, but stops after a number of steps as if cut off there. */
  Result trainUntil(
      long stop,
      @Nullable Path checkpoint,
      String model,
      String hook,
      Workers workers,
      Progress progress) {
    TrainingState state;
    List<LossPoint> curve = new ArrayList<>();
    String fingerprint = checkpoint == null ? "" : fingerprint(workers);
    BatchOrder order =
        new BatchOrder(seed.split("order"), source.tokens(), options.batch(), 1 << 18);
    if (checkpoint != null && Files.exists(checkpoint)) {
      TrainingState.Resumed resumed = TrainingState.read(checkpoint, fingerprint);
      state = resumed.state();
      curve.addAll(points(resumed.curve(), checkpoint));
    } else {
      state = fresh(order, workers);
    }
    TrainingStep step = new TrainingStep(state, options);
    long last = Math.min(stop, options.steps());
    try (Progress.Task task =
        progress.start(
            "training an SAE of " + options.dSae() + " features", options.steps(), "steps")) {
      task.advance(state.step);
      while (state.step < last) {
        long now = state.step;
        TrainingStep.Outcome outcome =
            step.run(source, order.rows(now), options.rateAt(now), workers);
        if (!Double.isFinite(outcome.error())) {
          throw new InputException(
              "training an SAE: the loss is not finite at step "
                  + now
                  + "; activations may hold NaN, else take a smaller learning rate");
        }
        if (now % options.curveEvery() == 0 || now + 1 == options.steps()) {
          curve.add(point(now, outcome));
        }
        if (checkpoint != null
            && state.step < options.steps()
            && state.step % options.checkpointEvery() == 0) {
          state.write(checkpoint, fingerprint, Json.line(Json.tree(curve)));
        }
        task.advance(1);
      }
    }
    if (state.step == options.steps() && checkpoint != null) {
      delete(checkpoint);
    }
    return new Result(fold(state, model, hook), List.copyOf(curve), state.step * options.batch());
  }

  private LossPoint point(long step, TrainingStep.Outcome o) {
    return new LossPoint(
        step,
        o.error() / o.energy(),
        o.error() > 0 ? o.auxiliary() / o.error() : 0,
        o.l0(),
        (double) o.dead() / options.dSae(),
        options.rateAt(step));
  }

  private TrainingState fresh(BatchOrder order, Workers workers) {
    Centre centre = Centre.of(source, workers);
    TrainingState state =
        TrainingState.fresh(source.dModel(), options.dSae(), centre.mean(), centre.scale(), seed);
    if (options.kind() == Kind.JUMPRELU) {
      Arrays.fill(state.logThreshold[0], (float) Math.log(firstThreshold(state, order, workers)));
    }
    return state;
  }

  /** One threshold for all with which twice as many features fire as are aimed at. */
  private double firstThreshold(TrainingState state, BatchOrder order, Workers workers) {
    long[] rows = order.rows(0);
    FloatMatrix y = FloatMatrix.zeros(Math.min(rows.length, 1024), source.dModel());
    float[] row = new float[source.dModel()];
    for (int r = 0; r < y.rows(); r++) {
      source.copyRow(rows[r], y.data(), 4L * r * row.length);
      y.copyRow(r, row);
      for (int i = 0; i < row.length; i++) {
        row[i] = (row[i] - state.centre[i]) * state.scale;
      }
      y.setRow(r, row);
    }
    int k = (int) Math.min(options.dSae(), Math.round(2 * options.sparsity()));
    Sae first =
        new Sae(
            new Sae.Weights(
                state.wEnc,
                true,
                state.wDec,
                new float[row.length],
                new TopK(k, new float[options.dSae()], null),
                InputNorm.NONE,
                1,
                false),
            SaeInfo.of("initial weights", "", ""));
    var features = first.encode(y, workers);
    double sum = 0;
    int counted = 0;
    for (int r = 0; r < features.rows(); r++) {
      float least = Float.POSITIVE_INFINITY;
      for (int e = features.start(r); e < features.end(r); e++) {
        least = Math.min(least, features.values()[e]);
      }
      if (Float.isFinite(least)) {
        sum += least;
        counted++;
      }
    }
    return counted == 0 ? 1 : Math.max(1e-3, sum / counted);
  }

  /**
   * Back to raw activations: with y = s (x − μ), (y − b) W + c = s ((x − μ − b/s) W + c/s).
   * Dividing activations, biases and thresholds by s leaves the decoder's rows of unit length.
   */
  private Sae fold(TrainingState state, String model, String hook) {
    float s = state.scale;
    float[] bDec = new float[state.dModel];
    for (int i = 0; i < bDec.length; i++) {
      bDec[i] = (float) (state.centre[i] + (double) state.bDec[0][i] / s);
    }
    float[] bEnc = divided(state.bEnc[0], s);
    ActivationRule rule =
        options.kind() == Kind.TOPK
            ? new TopK((int) options.sparsity(), bEnc, null)
            : new JumpRelu(bEnc, divided(state.thresholds(), s));
    Map<String, Object> details = new TreeMap<>();
    details.put("training_options", options);
    details.put("training_seed", seed.value());
    details.put("training_steps", state.step);
    details.put("input_scale", s);
    return new Sae(
        new Sae.Weights(
            Matrices.scaled(state.wEnc, 1),
            true,
            Matrices.scaled(state.wDec, 1),
            bDec,
            rule,
            InputNorm.NONE,
            1,
            true),
        new SaeInfo(
            "Almagest",
            model,
            hook,
            details,
            List.of(
                "trained on activations that were centred and multiplied by input_scale; both are folded"
                    + " into the weights, so it takes raw activations",
                "a feature fires when its activation is above 0")));
  }

  private static float[] divided(float[] values, float by) {
    float[] quotient = new float[values.length];
    for (int j = 0; j < quotient.length; j++) {
      quotient[j] = values[j] / by;
    }
    return quotient;
  }

  /** What decides about the result: options, seed, and every activation. */
  private String fingerprint(Workers workers) {
    List<String> pieces =
        workers.map(
            Centre.pieces(source),
            p -> Hashes.sha256(Centre.piece(source, p).data().toArray(ValueLayout.JAVA_BYTE)));
    return Hashes.sha256(
        (options + " " + seed + " " + source.dModel() + " " + source.tokens() + " " + pieces)
            .getBytes(StandardCharsets.UTF_8));
  }

  private static List<LossPoint> points(String json, Path file) {
    try {
      List<LossPoint> points = new ArrayList<>();
      for (JsonNode p : Json.parse(json)) {
        points.add(
            new LossPoint(
                p.path("step").asLong(),
                p.path("fvu").asDouble(),
                p.path("auxiliary").asDouble(),
                p.path("l0").asDouble(),
                p.path("dead").asDouble(),
                p.path("rate").asDouble()));
      }
      return points;
    } catch (JsonProcessingException e) {
      throw InputException.in(file, "curve", "not valid JSON", "delete the file");
    }
  }

  private static void delete(Path checkpoint) {
    try {
      Files.deleteIfExists(checkpoint);
    } catch (IOException e) {
      throw new ResourceException("cannot delete " + checkpoint + ": " + e.getMessage(), e);
    }
  }
}
