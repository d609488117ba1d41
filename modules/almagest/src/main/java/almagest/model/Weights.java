package almagest.model;

import almagest.run.InputException;
import almagest.tensor.DType;
import almagest.tensor.Device;
import almagest.tensor.Tensor;
import almagest.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The stored tensors of a model by name, handed out in the form the forward pass wants. What is
 * stored in that form is used where it lies in the mapped file; the rest is converted when a block
 * is about to run and freed after it, so a loaded model costs no second copy.
 */
final class Weights {
  /** Values that are widened at a time; a multiple of every quantisation's block. */
  private static final int PIECE = 1 << 14;

  private final Path file;
  private final Map<String, almagest.format.Tensor> stored;
  private final String prefix;
  private final Device device;
  private final DType compute;

  /** Copies of what lies at addresses that the engine cannot use. */
  private final Map<String, MemorySegment> moved;

  /** What stays on the card. */
  private final Map<String, Tensor> resident;

  private final AtomicBoolean shapesOnly;

  private Weights(
      Path file,
      Map<String, almagest.format.Tensor> stored,
      String prefix,
      Device device,
      DType compute,
      Map<String, MemorySegment> moved,
      Map<String, Tensor> resident,
      AtomicBoolean shapesOnly) {
    this.file = file;
    this.stored = stored;
    this.prefix = prefix;
    this.device = device;
    this.compute = compute;
    this.moved = moved;
    this.resident = resident;
    this.shapesOnly = shapesOnly;
  }

  /**
   * @param compute the type of matrix products, float32 or bf16
   */
  static Weights of(
      Path file, Map<String, almagest.format.Tensor> stored, Device device, DType compute) {
    return new Weights(
        file,
        stored,
        "",
        device,
        compute,
        new ConcurrentHashMap<>(),
        new ConcurrentHashMap<>(),
        new AtomicBoolean());
  }

  /** The same weights under that one of the prefixes which leads to {@code name}. */
  Weights withPrefixOf(String name, String... prefixes) {
    for (String p : prefixes) {
      if (stored.containsKey(p + name)) {
        return new Weights(file, stored, p, device, compute, moved, resident, shapesOnly);
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

  /** As {@link #linear}, computed in float32 whatever the type of other products. */
  Linear exactLinear(String name, int out, int in, boolean bias) {
    return new Linear(
        load(name + ".weight", DType.FLOAT32, out, in), bias ? vector(name + ".bias", out) : null);
  }

  /** As {@link #linear}, from {@code NAME.weight} stored [in, out]. */
  Linear convolution(String name, int out, int in) {
    return new Linear(
        matrix(name + ".weight", in, out).transpose(0, 1).contiguous(),
        vector(name + ".bias", out));
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

  /**
   * Rows of a table [rows, d], e.g. token embeddings, widened to float32.
   *
   * @param indices int32 […]
   * @return […, d]
   */
  Tensor look(String name, int rows, int d, Tensor indices) {
    almagest.format.Tensor s = find(name, rows, d);
    if (isPlain(s)) {
      return placed(name, s, typeOf(s), rows, d).rows(indices).to(DType.FLOAT32);
    }
    int[] wanted = indices.toInts();
    Tensor found = Tensor.empty(Device.CPU, DType.FLOAT32, wanted.length, d);
    float[] row = new float[d];
    for (int i = 0; i < wanted.length; i++) {
      s.widen((long) wanted[i] * d, row, 0, d);
      found.set((long) i * d, row, d);
    }
    long[] shape = Arrays.copyOf(indices.shape(), indices.shape().length + 1);
    shape[shape.length - 1] = d;
    return found.reshape(shape).to(device);
  }

  /**
   * Some neighbouring rows of a table [rows, d].
   *
   * @return [length, d] in {@code type}
   */
  Tensor slice(String name, int rows, int d, int from, int length, DType type) {
    almagest.format.Tensor s = find(name, rows, d);
    return isPlain(s)
        ? placed(name, s, typeOf(s), rows, d).narrow(0, from, length).to(type)
        : widened(s, (long) from * d, length, d).to(type).to(device);
  }

  /** Whether a table can be used whole, in the type of products, without converting it. */
  boolean isReady(String name, int rows, int d) {
    almagest.format.Tensor s = find(name, rows, d);
    return isPlain(s) && typeOf(s) == compute;
  }

  /**
   * Loads nothing but the shapes of what {@code loading} asks for, and so checks all of it against
   * the configuration.
   */
  void check(Runnable loading) {
    shapesOnly.set(true);
    try (TensorScope _ = TensorScope.open()) {
      loading.run();
    } finally {
      shapesOnly.set(false);
    }
  }

  private Tensor load(String name, DType type, long... shape) {
    return placed(name, find(name, shape), type, shape);
  }

  private Tensor placed(String name, almagest.format.Tensor s, DType type, long... shape) {
    if (shapesOnly.get()) {
      return Tensor.shapeOnly(shape);
    }
    if (device == Device.CPU) {
      return converted(name, s, type, shape);
    }
    // Bringing weights to the card takes longer than computing with them, so they stay there.
    return resident.computeIfAbsent(
        prefix + name + type,
        key -> {
          try (TensorScope scope = TensorScope.open()) {
            return scope.keep(converted(name, s, type, shape).to(device));
          }
        });
  }

  private Tensor converted(String name, almagest.format.Tensor s, DType type, long... shape) {
    return isPlain(s)
        ? Tensor.wrap(aligned(name, s), typeOf(s), shape).to(type)
        : widened(s, 0, s.count(), 1).reshape(shape).to(type);
  }

  /** Values of a quantised tensor as float32 [rows, d], from an element on. */
  private static Tensor widened(almagest.format.Tensor s, long from, long rows, int d) {
    Tensor wide = Tensor.empty(Device.CPU, DType.FLOAT32, rows, d);
    float[] piece = new float[PIECE];
    long count = rows * d;
    for (long done = 0; done < count; done += PIECE) {
      int length = (int) Math.min(PIECE, count - done);
      s.widen(from + done, piece, 0, length);
      wide.set(done, piece, length);
    }
    return wide;
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
