package almagest.model;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.DType;
import almagest.tensor.FloatMatrix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How far a model is from stored outputs of another program.
 *
 * @param products the type that matrix products were computed in
 * @param tokens how many positions were compared
 * @param points one for each stored hook point, in the order of the forward pass
 */
public record Verification(DType products, long tokens, List<Point> points) {
  /** The largest absolute difference allowed at a hook point. */
  static final double ABSOLUTE = 1e-4;

  /** The same of logits. */
  static final double ABSOLUTE_LOGITS = 5e-4;

  /**
   * … or this share of the largest value at the position, since states of real models reach
   * thousands.
   */
  static final double RELATIVE = 5e-5;

  /** The median over positions of |found − expected| / |expected| allowed to bf16 products. */
  static final double BF16_MEDIAN = 0.03;

  public Verification {
    points = List.copyOf(points);
  }

  /**
   * One hook point.
   *
   * @param name under which it is stored
   * @param largest absolute difference over all positions and dimensions
   * @param mean absolute difference
   * @param medianRelative median over positions of |found − expected| / |expected| (Euclidean)
   * @param excess the largest difference over what is allowed at its position; within when ≤ 1
   * @param within whether the point agrees: by {@code excess} in float32, by the median in bf16
   */
  public record Point(
      String name,
      double largest,
      double mean,
      double medianRelative,
      double excess,
      boolean within) {}

  /** Whether all points agree. */
  public boolean agrees() {
    return points.stream().allMatch(Point::within);
  }

  /**
   * Runs a model on the stored tokens.
   *
   * @param file an npz with {@code tokens} [rows, length], optionally {@code mask} and {@code
   *     token_types}, and for each hook point an array [rows, length, width] under its name; {@code
   *     logits} likewise
   */
  public static Verification run(LanguageModel model, Path file, Workers workers) {
    Map<String, NpyArray> arrays = Npz.read(file);
    NpyArray tokens = Npz.get(arrays, "tokens", file);
    PaddedBatch batch = PaddedBatch.of(file, tokens, arrays.get("mask"), arrays.get("token_types"));
    Map<String, Hook> hooks = new LinkedHashMap<>();
    for (String key : arrays.keySet()) {
      if (!Set.of("tokens", "mask", "token_types", "logits").contains(key)) {
        hooks.put(key, Hook.parse(key));
      }
    }
    boolean logits = arrays.containsKey("logits");
    if (hooks.isEmpty() && !logits) {
      throw InputException.in(
          file, "", "expected hook points or logits, found " + arrays.keySet(), "");
    }
    LanguageModel.Request request =
        new LanguageModel.Request(Set.copyOf(hooks.values()), logits, Map.of(), batch.length());
    try (Activations found = model.forward(batch.contexts(), request, workers)) {
      List<Point> points = new ArrayList<>();
      for (Hook hook : new TreeSet<>(hooks.values())) {
        hooks.forEach((key, h) -> {
          if (h.equals(hook)) {
            points.add(point(key, found.at(hook), arrays, file, batch, model, ABSOLUTE));
          }
        });
      }
      if (logits) {
        points.add(point("logits", found.logits(), arrays, file, batch, model, ABSOLUTE_LOGITS));
      }
      long count = batch.contexts().stream().mapToLong(Context::length).sum();
      return new Verification(model.options().products(), count, points);
    }
  }

  private static Point point(
      String name,
      FloatMatrix found,
      Map<String, NpyArray> arrays,
      Path file,
      PaddedBatch batch,
      LanguageModel model,
      double absolute) {
    NpyArray stored = Npz.get(arrays, name, file);
    int width = found.columns();
    int[] shape = {batch.contexts().size(), batch.length(), width};
    if (!Arrays.equals(stored.shape(), shape)) {
      throw InputException.in(
          file,
          name,
          "expected the shape "
              + Arrays.toString(shape)
              + ", found "
              + Arrays.toString(stored.shape()),
          "");
    }
    float[] expected = stored.floats();
    float[] row = new float[width];
    double largest = 0;
    double sum = 0;
    double excess = 0;
    long positions = 0;
    List<Double> relative = new ArrayList<>();
    for (int c = 0; c < batch.contexts().size(); c++) {
      for (int p = 0; p < batch.contexts().get(c).length(); p++) {
        int at = c * batch.length() + batch.contexts().get(c).first() + p;
        found.copyRow(at, row);
        double worst = 0;
        double size = 0;
        double difference2 = 0;
        double norm2 = 0;
        for (int i = 0; i < width; i++) {
          double e = expected[at * width + i];
          double difference = Math.abs(row[i] - e);
          worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
          size = Math.max(size, Math.abs(e));
          sum += difference;
          difference2 += difference * difference;
          norm2 += e * e;
        }
        largest = Math.max(largest, worst);
        excess = Math.max(excess, worst / Math.max(absolute, RELATIVE * size));
        relative.add(Math.sqrt(difference2 / Math.max(norm2, Double.MIN_NORMAL)));
        positions++;
      }
    }
    relative.sort(Double::compare);
    double median = relative.get(relative.size() / 2);
    boolean within =
        model.options().products() == DType.FLOAT32 ? excess <= 1 : median < BF16_MEDIAN;
    return new Point(name, largest, sum / ((double) positions * width), median, excess, within);
  }
}
