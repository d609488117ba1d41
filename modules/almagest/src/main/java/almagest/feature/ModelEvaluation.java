package almagest.feature;

import almagest.activation.Window;
import almagest.model.Activations;
import almagest.model.Context;
import almagest.model.Hook;
import almagest.model.Intervention;
import almagest.model.LanguageModel;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An SAE judged inside its language model: how well it reconstructs the hook point, and what the
 * model's loss becomes when the reconstruction takes its place.
 *
 * @param figures over the positions that count
 * @param loss null for a model without logits
 */
public record ModelEvaluation(SaeEvaluation figures, @Nullable LossRecovered loss) {
  /** Logits of one batch, in floats: 256 MiB. */
  private static final long BATCH_FLOATS = 1L << 26;

  private static final int BATCH_TOKENS = 8192;

  /**
   * Runs the model over the windows twice: once for the mean activation, once for everything else.
   *
   * @param windows gives the same windows each time
   * @param progress counts windows, of both passes
   */
  public static ModelEvaluation of(
      LanguageModel model,
      Hook hook,
      Sae sae,
      Supplier<Stream<Window>> windows,
      Workers workers,
      Progress progress) {
    if (model.width(hook) != sae.dModel()) {
      throw new InputException(
          "%s of %s is %d wide, the SAE takes %d; expected the hook it was trained on"
              .formatted(hook.name(), model.name(), model.width(hook), sae.dModel()));
    }
    double[] mean;
    try (Progress.Task task = progress.start("mean activation", -1, "windows")) {
      mean = mean(model, hook, windows, workers, task);
    }
    SaeEvaluation.Sums sums = new SaeEvaluation.Sums(sae.dSae());
    LossRecovered.Sums losses = new LossRecovered.Sums();
    try (Stream<Window> all = windows.get();
        Progress.Task task = progress.start("evaluating the SAE in the model", -1, "windows")) {
      Iterator<Window> source = all.iterator();
      while (source.hasNext()) {
        List<Window> batch = batch(source, model);
        Batch b = new Batch(model, hook, sae, batch, mean, workers);
        b.run(sums, losses);
        task.advance(batch.size());
      }
    }
    return new ModelEvaluation(
        sums.result(sae.dModel()), model.hasLogits() ? losses.result() : null);
  }

  private static double[] mean(
      LanguageModel model,
      Hook hook,
      Supplier<Stream<Window>> windows,
      Workers workers,
      Progress.Task task) {
    double[] sum = new double[model.width(hook)];
    long tokens = 0;
    try (Stream<Window> all = windows.get()) {
      Iterator<Window> source = all.iterator();
      while (source.hasNext()) {
        List<Window> batch = batch(source, model);
        List<Context> contexts = batch.stream().map(Window::context).toList();
        try (Activations a = model.forward(contexts, LanguageModel.Request.of(hook), workers)) {
          FloatMatrix x = counted(a, hook, batch);
          double[] mean = Centre.mean(ActivationSource.of(x), workers);
          for (int i = 0; i < sum.length; i++) {
            sum[i] += mean[i] * x.rows();
          }
          tokens += x.rows();
        }
        task.advance(batch.size());
      }
    }
    if (tokens == 0) {
      throw new InputException("the corpus has no tokens to evaluate the SAE on");
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= tokens;
    }
    return sum;
  }

  private static List<Window> batch(Iterator<Window> source, LanguageModel model) {
    long floats = model.hasLogits() ? BATCH_FLOATS / model.vocabulary() : BATCH_TOKENS;
    List<Window> batch = new ArrayList<>();
    int tokens = 0;
    while (source.hasNext() && tokens < Math.min(BATCH_TOKENS, floats)) {
      Window w = source.next();
      batch.add(w);
      tokens += w.context().length();
    }
    return batch;
  }

  /** The rows that count, one after the other, in new memory. */
  private static FloatMatrix counted(Activations a, Hook hook, List<Window> windows) {
    FloatMatrix all = a.at(hook);
    long rows = 0;
    for (Window w : windows) {
      rows += w.tokens();
    }
    FloatMatrix x = FloatMatrix.zeros(rows, all.columns());
    long to = 0;
    for (int c = 0; c < windows.size(); c++) {
      Window w = windows.get(c);
      long from = a.start(c) + w.first();
      x.slice(to, to + w.tokens()).data().copyFrom(all.slice(from, from + w.tokens()).data());
      to += w.tokens();
    }
    return x;
  }

  /** A few windows and what is done to them. */
  private record Batch(
      LanguageModel model,
      Hook hook,
      Sae sae,
      List<Window> windows,
      double[] mean,
      Workers workers) {

    void run(SaeEvaluation.Sums sums, LossRecovered.Sums losses) {
      List<Context> contexts = windows.stream().map(Window::context).toList();
      int[][] counted =
          windows.stream().map(w -> new int[] {w.first(), w.last()}).toArray(int[][]::new);
      boolean logits = model.hasLogits();
      LanguageModel.Request request = new LanguageModel.Request(Set.of(hook), logits, Map.of());
      try (Activations clean = model.forward(contexts, request, workers)) {
        FloatMatrix x = ModelEvaluation.counted(clean, hook, windows);
        SparseRows features = sae.encode(x, workers);
        FloatMatrix r = FloatMatrix.zeros(x.rows(), x.columns());
        sae.reconstruct(features, x, r, workers);
        sums.add(x, r, features, mean, workers);
        if (logits) {
          losses.add(LossRecovered.Sums.CLEAN, contexts, counted, clean, null, workers);
          altered(LossRecovered.Sums.SPLICED, contexts, counted, clean, splice(r), losses);
          altered(LossRecovered.Sums.ZERO, contexts, counted, clean, this::zero, losses);
          altered(LossRecovered.Sums.MEAN, contexts, counted, clean, this::toMean, losses);
        }
      }
    }

    private void altered(
        int pass,
        List<Context> contexts,
        int[][] counted,
        Activations clean,
        Intervention intervention,
        LossRecovered.Sums losses) {
      LanguageModel.Request request =
          new LanguageModel.Request(Set.of(), true, Map.of(hook, intervention));
      try (Activations a = model.forward(contexts, request, workers)) {
        losses.add(pass, contexts, counted, clean, a, workers);
      }
    }

    /** Puts the rows of r, made from the rows that count, in their places. */
    private Intervention splice(FloatMatrix r) {
      long[] starts = new long[windows.size()];
      long at = 0;
      for (int c = 0; c < starts.length; c++) {
        starts[c] = at;
        at += windows.get(c).tokens();
      }
      return (values, contexts) -> {
        long length = values.rows() / contexts.length;
        for (int i = 0; i < contexts.length; i++) {
          Window w = windows.get(contexts[i]);
          long to = i * length + w.first();
          values
              .slice(to, to + w.tokens())
              .data()
              .copyFrom(r.slice(starts[contexts[i]], starts[contexts[i]] + w.tokens()).data());
        }
      };
    }

    private void zero(FloatMatrix values, int[] contexts) {
      values.data().fill((byte) 0);
    }

    private void toMean(FloatMatrix values, int[] contexts) {
      float[] row = new float[mean.length];
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) mean[i];
      }
      long length = values.rows() / contexts.length;
      for (int i = 0; i < contexts.length; i++) {
        Window w = windows.get(contexts[i]);
        for (int p = w.first(); p < w.last(); p++) {
          values.setRow(i * length + p, row);
        }
      }
    }
  }
}
