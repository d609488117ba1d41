package almagest.galaxy;

import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.LineFit;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The part of a cloud's report that comes from its spectrum. */
final class SpectrumReport {
  /** Fewer eigenvalues than this make no slope. */
  private static final int LEAST_RANKS = 3;

  /** Draws of a null, where nothing else is asked for and a draw is cheap. */
  private static final int MOST_DRAWS = 20;

  /** Work, in multiplications, that the draws of one null may take where nothing is asked for. */
  private static final double BUDGET = 1.2e11;

  /** Windows that the slope is shown for beside the published one. */
  private static final List<Window> SWEEP =
      List.of(
          new Window(1, 10),
          new Window(1, 30),
          new Window(1, 50),
          new Window(1, 100),
          new Window(1, 150),
          new Window(1, 300),
          new Window(11, 50),
          new Window(11, 100),
          new Window(11, 150),
          new Window(11, 300),
          new Window(11, 1000),
          new Window(31, 150),
          new Window(31, 300),
          new Window(101, 300),
          new Window(101, 1000));

  private final Options options;
  private final Seed seed;
  private final Workers workers;

  /** Nulls that depend on the shape of the cloud alone, with variance 1 or trace 1. */
  private final Map<String, double[][]> shared = new HashMap<>();

  /** Memory that the null clouds of all clouds of a shape are drawn in. */
  private FloatMatrix columns = FloatMatrix.zeros(0, 0);

  SpectrumReport(Options options, Seed seed, Workers workers) {
    this.options = options;
    this.seed = seed;
    this.workers = workers;
  }

  void report(NamedCloud cloud, Pca pca, ObjectNode node, ObjectNode published) {
    Spectrum spectrum = new Spectrum(pca.n(), pca.eigenvalues());
    int rank = spectrum.rank();
    put(node.putArray("eigenvalues"), spectrum.eigenvalues());
    node.put("rank", rank);
    node.put("trace", spectrum.trace());
    Numbers.put(node, "participation_ratio", spectrum.participationRatio());
    Numbers.put(node, "stable_rank", spectrum.stableRank());
    if (rank < LEAST_RANKS) {
      node.putNull("slope");
      node.putNull("log_volume");
      node.put("note", "rank " + rank + ": a slope needs at least " + LEAST_RANKS + " eigenvalues");
      published.putNull("slope");
      published.putNull("log_volume");
      return;
    }
    Window window = Window.published(rank);
    LineFit fit = spectrum.powerLaw(window);
    SlopeInterval[] intervals =
        SlopeInterval.of(
            cloud.points(),
            pca,
            options.splits(),
            seed.split("halves " + cloud.name()),
            workers,
            (values, rows) -> slope(values, rows, window),
            (values, rows) -> volume(values, rows, window));
    ObjectNode slope = node.putObject("slope");
    slope.put("value", fit.slope());
    interval(slope, fit.slope(), intervals, 0);
    putWindow(slope, "window", window);
    slope.put("published_window", window.equals(Window.PUBLISHED));
    Numbers.put(slope, "r2", fit.rSquared());
    Numbers.put(slope, "ols_half_width", fit.halfWidth95());
    Numbers.put(slope, "log_binned", spectrum.logBinnedSlope(window));
    Window largest = Window.LARGEST_100.within(rank);
    ObjectNode hundred = slope.putObject("largest");
    putWindow(hundred, "window", largest);
    hundred.put("value", spectrum.powerLaw(largest).slope());
    models(spectrum, window, slope.putArray("models"));
    nulls(cloud, pca.mean(), spectrum, window, slope);

    ObjectNode volume = node.putObject("log_volume");
    volume.put("value", spectrum.logVolume(window));
    interval(volume, spectrum.logVolume(window), intervals, 1);
    putWindow(volume, "window", window);
    volume.put("per_eigenvalue", spectrum.logVolume(window) / window.size());
    Window kept = new Window(1, Math.min(rank, options.dimension()));
    ObjectNode determinant = volume.putObject("kept_components");
    putWindow(determinant, "window", kept);
    determinant.put("value", spectrum.logVolume(kept));

    published.put("slope", fit.slope());
    Numbers.put(published, "slope_error", fit.halfWidth95());
    putWindow(published, "window", window);
    published.put("log_volume", spectrum.logVolume(window));
  }

  private static void models(Spectrum spectrum, Window window, ArrayNode into) {
    List<SpectrumModels.Model> models = SpectrumModels.compare(spectrum, window);
    for (SpectrumModels.Model model : models) {
      ObjectNode node = into.addObject();
      node.put("name", model.name());
      node.put("parameters", model.parameters());
      node.put("aicc", model.aicc());
      node.put("delta", model.aicc() - models.getFirst().aicc());
      Numbers.put(node, "r2", model.rSquared());
      put(node.putArray("coefficients"), model.coefficients());
      if (model.breakRank() > 0) {
        node.put("break_rank", model.breakRank());
      }
    }
  }

  /** The same fit over other windows, beside what uniform unit vectors give there. */
  private static void sweep(Spectrum spectrum, double[][] nulls, ArrayNode into) {
    int rank = spectrum.rank();
    for (Window window : SWEEP) {
      if (window.last() > rank) {
        continue;
      }
      LineFit fit = spectrum.powerLaw(window);
      ObjectNode node = into.addObject();
      putWindow(node, "window", window);
      node.put("value", fit.slope());
      Numbers.put(node, "log_binned", spectrum.logBinnedSlope(window));
      Numbers.put(node, "r2", fit.rSquared());
      double[] slopes =
          Arrays.stream(nulls).mapToDouble(v -> slope(v, spectrum.n(), window)).toArray();
      Numbers.put(node, "null_mean", Moments.mean(slopes));
    }
  }

  private void nulls(
      NamedCloud cloud, double[] mean, Spectrum spectrum, Window window, ObjectNode slope) {
    int n = spectrum.n();
    int d = spectrum.eigenvalues().length;
    double trace = spectrum.trace();
    columns = SpectrumNulls.columns(columns, n, d);
    Seed isotropic = seed.split("isotropic " + n + " " + d);
    double[][] gaussian =
        shared.computeIfAbsent(
            "isotropic " + n + " " + d,
            key ->
                workers
                    .map(
                        draws(0, 0, MOST_DRAWS),
                        i -> SpectrumNulls.isotropic(n, d, isotropic.split(i).generator()))
                    .toArray(double[][]::new));
    Seed sphere = seed.split("unit " + n + " " + d);
    double[][] unit =
        shared.computeIfAbsent(
            "unit " + n + " " + d,
            key -> {
              double[][] spectra = new double[draws(n, d, 2)][];
              Arrays.setAll(
                  spectra, i -> SpectrumNulls.unitVectors(n, d, columns, sphere.split(i), workers));
              return spectra;
            });
    double[][] shuffled = new double[draws(n, d, 1)][];
    Seed shuffle = seed.split("shuffle " + cloud.name());
    for (int i = 0; i < shuffled.length; i++) {
      shuffled[i] =
          SpectrumNulls.shuffledCoordinates(
              cloud.points(), mean, columns, shuffle.split(i), workers);
    }
    ArrayNode kinds = slope.putArray("nulls");
    describe(kinds.addObject(), "uniform unit vectors", unit, window, n, trace);
    describe(kinds.addObject(), "isotropic Gaussian", gaussian, window, n, trace);
    describe(kinds.addObject(), "coordinates shuffled", shuffled, window, n, trace);
    slope.set("null", kinds.get(0));
    sweep(spectrum, unit, slope.putArray("windows"));

    MarchenkoPastur law = new MarchenkoPastur(n - 1, d);
    double variance = trace / d;
    ObjectNode mp = slope.putObject("marchenko_pastur");
    mp.put("gamma", law.gamma());
    mp.put("variance", variance);
    mp.put("lower_edge", variance * law.lowerEdge());
    mp.put("upper_edge", variance * law.upperEdge());
    mp.put("mass_at_zero", law.massAtZero());
    mp.put(
        "above_upper_edge",
        Arrays.stream(spectrum.eigenvalues()).filter(v -> v > variance * law.upperEdge()).count());
    double[] quantiles = law.quantiles();
    Numbers.put(mp, "slope", slope(quantiles, n, window));
    put(mp.putArray("quantiles"), Arrays.stream(quantiles).map(q -> q * variance).toArray());
  }

  private void describe(
      ObjectNode node, String kind, double[][] draws, Window window, int n, double trace) {
    double[] slopes = Arrays.stream(draws).mapToDouble(v -> slope(v, n, window)).toArray();
    node.put("kind", kind);
    node.put("draws", draws.length);
    Numbers.put(node, "mean", Moments.mean(slopes));
    Numbers.put(node, "sd", Moments.sd(slopes));
    double[][] matched =
        Arrays.stream(draws)
            .map(v -> {
              double factor = trace / Arrays.stream(v).sum();
              return Arrays.stream(v).map(e -> e * factor).toArray();
            })
            .toArray(double[][]::new);
    SpectrumNulls.Band band = SpectrumNulls.Band.of(matched);
    put(node.putArray("spectrum_mean"), band.mean());
    if (draws.length > 1) {
      put(node.putArray("spectrum_sd"), band.sd());
    } else {
      node.putNull("spectrum_sd");
    }
  }

  /**
   * Draws of a null: what is asked for; or what the budget for whole clouds allows, at least {@code
   * least}.
   */
  private int draws(int n, int d, int least) {
    if (options.spectrumDraws() > 0) {
      return options.spectrumDraws();
    }
    double work = (double) n * d * d + 4.0 * d * d * d;
    return (int) Math.clamp(BUDGET / work, least, MOST_DRAWS);
  }

  /** NaN where the window is longer than what these eigenvalues carry. */
  private static double slope(double[] eigenvalues, int rows, Window window) {
    return Pca.rank(eigenvalues, rows) < window.last()
        ? Double.NaN
        : new Spectrum(rows, eigenvalues).powerLaw(window).slope();
  }

  private static double volume(double[] eigenvalues, int rows, Window window) {
    return Pca.rank(eigenvalues, rows) < window.last()
        ? Double.NaN
        : new Spectrum(rows, eigenvalues).logVolume(window);
  }

  private static void interval(
      ObjectNode node, double value, SlopeInterval[] intervals, int which) {
    ArrayNode ci = node.putArray("ci");
    if (intervals.length > which && !Double.isNaN(intervals[which].half())) {
      ci.add(value - intervals[which].half()).add(value + intervals[which].half());
      node.put("sd", intervals[which].sd());
      node.put("halves", intervals[which].halves());
    } else {
      ci.addNull().addNull();
    }
  }

  private static void putWindow(ObjectNode node, String key, Window window) {
    node.putArray(key).add(window.first()).add(window.last());
  }

  private static void put(ArrayNode array, double[] values) {
    for (double v : values) {
      array.add(v);
    }
  }
}
