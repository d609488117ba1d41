package almagest.model;

import almagest.run.InputException;
import almagest.tensor.Device;
import almagest.tensor.Tensor;
import almagest.tensor.TensorScope;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Rotary position embeddings (Su et al. 2021, arXiv 2104.09864): of each head's first r dimensions,
 * i and i + r/2 are rotated together by the angle position · frequency_i; the rest passes.
 * Frequencies are computed in float32 as the reference does, since a last bit of a frequency is a
 * visible angle at position 1000.
 */
final class Rope {
  /** Our own configuration key: neighbours are rotated together instead of i and i + r/2. */
  static final String INTERLEAVED = "almagest_rope_of_neighbours";

  /** Our own configuration key: what each frequency is divided by, [r / 2]. */
  static final String DIVISORS = "almagest_rope_divisors";

  /** [r / 2]. */
  private final float[] frequencies;

  private final boolean interleaved;

  private final Device device;
  private @Nullable Table table;

  /** Cosines and sines of every angle, [positions, r / 2]. */
  private record Table(int positions, Tensor cosines, Tensor sines) {}

  private Rope(float[] frequencies, boolean interleaved, Device device) {
    this.frequencies = frequencies;
    this.interleaved = interleaved;
    this.device = device;
  }

  /** The usual case: one set of rotary parameters for all layers. */
  static Rope read(Config config, int width, Device device) {
    return read(config, width, device, null);
  }

  /**
   * Reads the parameters in the spelling of transformers 5 ({@code rope_parameters}) or 4 ({@code
   * rope_theta}, {@code rope_scaling}).
   *
   * @param width of a head
   * @param layerType {@code sliding_attention} or {@code full_attention} where these differ, else
   *     null
   */
  static Rope read(Config config, int width, Device device, @Nullable String layerType) {
    return read(config, width, device, layerType, 10_000, 1);
  }

  private static Rope read(
      Config config,
      int width,
      Device device,
      @Nullable String layerType,
      double defaultTheta,
      double defaultPartial) {
    JsonNode modern = config.node("rope_parameters");
    JsonNode old = config.node("rope_scaling");
    JsonNode parameters = modern != null ? modern : old;
    if (modern != null && layerType != null && modern.has(layerType)) {
      parameters = modern.get(layerType);
    }
    double theta = config.number("rope_theta", defaultTheta);
    if (modern == null && "sliding_attention".equals(layerType)) {
      theta = config.number("rope_local_base_freq", 10_000);
      parameters = null; // the old spelling scales full layers only
    }
    theta = number(config, parameters, "rope_theta", theta);
    double partial =
        number(
            config,
            parameters,
            "partial_rotary_factor",
            config.number("partial_rotary_factor", defaultPartial));
    int rotated = (int) (width * partial);
    if (rotated < 2 || rotated > width || rotated % 2 != 0 || !(theta > 0)) {
      throw InputException.in(
          config.file(),
          "rope_parameters",
          "theta " + theta + " over " + rotated + " of " + width + " dimensions",
          "expected an even number of dimensions and a positive theta");
    }
    float[] frequencies = frequencies(theta, rotated);
    scale(config, parameters, frequencies);
    divide(config, frequencies);
    return new Rope(frequencies, config.flag(INTERLEAVED, false), device);
  }

  /** GPT-NeoX's old names are {@code rotary_pct} and {@code rotary_emb_base}. */
  static Rope readNeoX(Config config, int width, Device device) {
    double partial = config.number("rotary_pct", 0.25);
    double theta = config.number("rotary_emb_base", 10_000);
    return read(config, width, device, null, theta, partial);
  }

  private static float[] frequencies(double theta, int rotated) {
    float[] frequencies = new float[rotated / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1f / (float) Math.pow(theta, 2f * i / rotated);
    }
    return frequencies;
  }

  private static void scale(Config config, @Nullable JsonNode parameters, float[] frequencies) {
    if (parameters == null) {
      return;
    }
    String type = parameters.path("rope_type").asText(parameters.path("type").asText("default"));
    Set<String> known =
        new TreeSet<>(Set.of("rope_type", "type", "rope_theta", "partial_rotary_factor"));
    switch (type) {
      case "default" -> {}
      case "linear" -> {
        known.add("factor");
        float factor = (float) number(config, parameters, "factor", Double.NaN);
        for (int i = 0; i < frequencies.length; i++) {
          frequencies[i] /= factor;
        }
      }
      case "llama3" -> {
        known.addAll(
            Set.of(
                "factor",
                "low_freq_factor",
                "high_freq_factor",
                "original_max_position_embeddings"));
        scaleLlama3(
            frequencies,
            number(config, parameters, "factor", Double.NaN),
            number(config, parameters, "low_freq_factor", Double.NaN),
            number(config, parameters, "high_freq_factor", Double.NaN),
            number(config, parameters, "original_max_position_embeddings", Double.NaN));
      }
      default ->
          throw InputException.in(
              config.file(),
              "rope_type",
              "expected default, linear or llama3, found " + type,
              "this scaling is not computed");
    }
    parameters
        .properties()
        .forEach(e -> {
          if (!known.contains(e.getKey()) && !e.getValue().isNull()) {
            throw InputException.in(
                config.file(),
                "rope_parameters, " + e.getKey(),
                "not known for rope_type " + type + " and may change the result",
                "");
          }
        });
  }

  private static void divide(Config config, float[] frequencies) {
    JsonNode divisors = config.node(DIVISORS);
    if (divisors == null) {
      return;
    }
    if (divisors.size() != frequencies.length) {
      throw InputException.in(
          config.file(),
          "rotary frequencies",
          "expected " + frequencies.length + " factors, found " + divisors.size(),
          "");
    }
    for (int i = 0; i < frequencies.length; i++) {
      float divisor = (float) divisors.path(i).asDouble();
      if (!(divisor > 0) || Float.isInfinite(divisor)) {
        throw InputException.in(
            config.file(), "rotary frequencies", "expected positive factors, found " + divisor, "");
      }
      frequencies[i] /= divisor;
    }
  }

  /**
   * Llama 3.1's rule: wavelengths under original / high stay, those over original / low are
   * stretched by the factor, between them the two are blended.
   */
  private static void scaleLlama3(
      float[] frequencies, double factor, double low, double high, double original) {
    for (int i = 0; i < frequencies.length; i++) {
      float f = frequencies[i];
      float wavelength = (float) (2 * Math.PI) / f;
      if (wavelength > original / low) {
        frequencies[i] = f / (float) factor;
      } else if (wavelength >= original / high) {
        float smooth = ((float) original / wavelength - (float) low) / (float) (high - low);
        frequencies[i] = (1 - smooth) * f / (float) factor + smooth * f;
      }
    }
  }

  private static double number(
      Config config, @Nullable JsonNode parameters, String key, double otherwise) {
    JsonNode node = parameters == null ? null : parameters.get(key);
    double value =
        node == null || node.isNull()
            ? otherwise
            : node.isNumber() ? node.doubleValue() : Double.NaN;
    if (!(value > 0) || Double.isInfinite(value)) {
      throw InputException.in(
          config.file(),
          "rope_parameters, " + key,
          "expected a positive number, found " + node,
          "");
    }
    return value;
  }

  /**
   * Rotates every head of every position.
   *
   * @param x [b, h, t, k]
   * @return [b, h, t, k]
   */
  Tensor of(Tensor x) {
    int t = x.size(2);
    int k = x.size(3);
    int half = frequencies.length;
    Table angles = table(t);
    Tensor cos = angles.cosines.narrow(0, 0, t); // [t, r / 2]
    Tensor sin = angles.sines.narrow(0, 0, t);
    Tensor first; // [b, h, t, r / 2]
    Tensor second;
    if (interleaved) {
      Tensor pairs = x.narrow(3, 0, 2L * half).reshape(x.size(0), x.size(1), t, half, 2);
      first = pairs.narrow(4, 0, 1).reshape(x.size(0), x.size(1), t, half);
      second = pairs.narrow(4, 1, 1).reshape(x.size(0), x.size(1), t, half);
    } else {
      first = x.narrow(3, 0, half);
      second = x.narrow(3, half, half);
    }
    // Neighbours come out as halves: queries and keys alike, so their products are the same.
    Tensor turned = first.times(cos).minusProductInPlace(second, sin);
    Tensor other = second.times(cos).plusProductInPlace(first, sin);
    int turning = 2 * half;
    return turning == k
        ? Tensor.concatenate(3, turned, other)
        : Tensor.concatenate(3, turned, other, x.narrow(3, turning, k - turning));
  }

  private synchronized Table table(int t) {
    Table known = table;
    if (known == null || t > known.positions) {
      // An older table may be in use by other threads, so it is left to the garbage collector.
      known = tabulate(known == null ? t : Math.max(t, Math.min(2 * known.positions, 8192)));
      table = known;
    }
    return known;
  }

  private Table tabulate(int positions) {
    int half = frequencies.length;
    float[] c = new float[positions * half];
    float[] s = new float[positions * half];
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < half; i++) {
        float angle = p * frequencies[i];
        c[p * half + i] = (float) Math.cos(angle);
        s[p * half + i] = (float) Math.sin(angle);
      }
    }
    try (TensorScope scope = TensorScope.open()) {
      return new Table(
          positions,
          scope.keep(Tensor.of(c, positions, half).to(device)),
          scope.keep(Tensor.of(s, positions, half).to(device)));
    }
  }
}
