package almagest.model;

import almagest.run.InputException;
import almagest.tensor.DType;
import almagest.tensor.Device;
import almagest.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The stored tensors of a model by name, handed out in the form the forward pass wants. What is
 * stored in that form is used where it lies in the mapped file; the rest is converted when a block
 * is about to run and freed after it, so a loaded model costs no second copy.
 */
final class Weights {
  private final Path file;
  private final Map<String, almagest.format.Tensor> stored;
  private final String prefix;
  private final Device device;
  private final DType compute;
  private final Map<String, MemorySegment> moved;

  private Weights(
      Path file,
      Map<String, almagest.format.Tensor> stored,
      String prefix,
      Device device,
      DType compute,
      Map<String, MemorySegment> moved) {
    this.file = file;
    this.stored = stored;
    this.prefix = prefix;
    this.device = device;
    this.compute = compute;
    this.moved = moved;
  }

  /**
   * @param compute the type of matrix products, float32 or bf16
   */
  static Weights of(
      Path file, Map<String, almagest.format.Tensor> stored, Device device, DType compute) {
    return new Weights(file, stored, "", device, compute, new ConcurrentHashMap<>());
  }

  /** The same weights under that one of the prefixes which leads to {@code name}. */
  Weights withPrefixOf(String name, String... prefixes) {
    for (String p : prefixes) {
      if (stored.containsKey(p + name)) {
        return new Weights(file, stored, p, device, compute, moved);
      }
    }
    throw InputException.in(
        file,
        "",
        "expected a tensor " + name + " under one of the prefixes " + Arrays.toString(prefixes),
        "");
  }

  boolean has(String name) {
    return stored.containsKey(prefix + name);
  }

  /** A norm's gain, a bias: [n], always float32. */
  Tensor vector(String name, int n) {
    return load(name, DType.FLOAT32, n);
  }

  /** A factor of matrix products: [out, in], in the type that products are computed in. */
  Tensor matrix(String name, int out, int in) {
    return load(name, compute, out, in);
  }

  /** {@code NAME.weight} [out, in], and {@code NAME.bias} [out] if there shall be one. */
  Linear linear(String name, int out, int in, boolean bias) {
    return new Linear(matrix(name + ".weight", out, in), bias ? vector(name + ".bias", out) : null);
  }

  /** As {@link #linear}, from {@code NAME.weight} stored [in, out]. */
  Linear convolution(String name, int out, int in) {
    return new Linear(
        matrix(name + ".weight", in, out).transpose(0, 1), vector(name + ".bias", out));
  }

  /** LayerNorm from {@code NAME.weight} and {@code NAME.bias} [d]. */
  Norm layerNorm(String name, int d, double epsilon) {
    return Norm.layer(vector(name + ".weight", d), vector(name + ".bias", d), epsilon);
  }

  /** RMSNorm from {@code NAME.weight} [d]. */
  Norm rmsNorm(String name, int d, double epsilon) {
    return Norm.rms(vector(name + ".weight", d), epsilon);
  }

  /** Gemma's RMSNorm from {@code NAME.weight} [d]: the gain is 1 + w. */
  Norm rmsNormOnePlus(String name, int d, double epsilon) {
    return Norm.rms(vector(name + ".weight", d).plus(1.0), epsilon);
  }

  Device device() {
    return device;
  }

  /** The type of matrix products. */
  DType compute() {
    return compute;
  }

  /** An embedding table [rows, d] in the type it is stored in; read it through {@link #look}. */
  Tensor table(String name, int rows, int d) {
    almagest.format.Tensor s = find(name, rows, d);
    return load(name, s, typeOf(s), rows, d);
  }

  /** Rows of a table, widened to float32. */
  static Tensor look(Tensor table, Tensor indices) {
    return wide(table.rows(indices));
  }

  static Tensor wide(Tensor x) {
    return x.to(DType.FLOAT32);
  }

  private Tensor load(String name, DType type, long... shape) {
    return load(name, find(name, shape), type, shape);
  }

  private Tensor load(String name, almagest.format.Tensor s, DType type, long... shape) {
    Tensor tensor =
        isPlain(s)
            ? Tensor.wrap(aligned(name, s), typeOf(s), shape)
            : Tensor.wrap(s.matrix().data(), DType.FLOAT32, shape);
    return tensor.to(type).to(device);
  }

  /**
   * The bytes of a tensor at an address that the engine can use: where they lie in the file, or,
   * for formats that do not align (ONNX), a copy that is made once.
   */
  private MemorySegment aligned(String name, almagest.format.Tensor s) {
    MemorySegment data = s.data();
    return data.isNative() && data.address() % typeOf(s).bytes() == 0
        ? data
        : moved.computeIfAbsent(
            prefix + name,
            key -> {
              MemorySegment copy = Arena.ofAuto().allocate(data.byteSize(), 64);
              return copy.copyFrom(data);
            });
  }

  private static boolean isPlain(almagest.format.Tensor s) {
    return switch (s.type()) {
      case F32, F16, BF16 -> true;
      default -> false;
    };
  }

  private static DType typeOf(almagest.format.Tensor s) {
    return switch (s.type()) {
      case F16 -> DType.FLOAT16;
      case BF16 -> DType.BF16;
      default -> DType.FLOAT32;
    };
  }

  private almagest.format.Tensor find(String name, long... shape) {
    almagest.format.Tensor s = stored.get(prefix + name);
    if (s == null) {
      throw InputException.in(
          file, prefix + name, "expected a tensor of this name, found none", "");
    }
    if (!Arrays.equals(s.shape(), shape)) {
      throw InputException.in(
          file,
          prefix + name,
          "expected the shape "
              + Arrays.toString(shape)
              + " by the configuration, found "
              + Arrays.toString(s.shape()),
          "");
    }
    return s;
  }
}
