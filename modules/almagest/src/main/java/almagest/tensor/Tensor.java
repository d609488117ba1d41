package almagest.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * An array of the compute engine (PyTorch's ATen underneath), of any rank, on a {@link Device}. It
 * belongs to the {@link TensorScope} that was open when it was made. Operations make a new tensor
 * unless their name ends in {@code InPlace}; views ({@link #transpose}, {@link #narrow}, …) share
 * memory with what they were made from. Every operation runs in the calling thread alone, so equal
 * inputs give equal bits on one kind of processor.
 */
public final class Tensor implements AutoCloseable {
  private final org.bytedeco.pytorch.Tensor handle;

  /** What keeps wrapped memory reachable; null where the engine owns the memory. */
  private final @Nullable Object memory;

  private Tensor(org.bytedeco.pytorch.Tensor handle, @Nullable Object memory) {
    this.handle = handle;
    this.memory = memory;
  }

  private Tensor of(org.bytedeco.pytorch.Tensor result) {
    return new Tensor(result, null);
  }

  /** A view shares our memory, so it holds on to what holds it. */
  private Tensor view(org.bytedeco.pytorch.Tensor result) {
    return new Tensor(result, memory);
  }

  org.bytedeco.pytorch.Tensor handle() {
    return handle;
  }

  /**
   * A tensor over memory that someone else owns, without a copy. The memory may be a read-only
   * mapping: then nothing may write to the tensor. It must stay open as long as the tensor is used.
   *
   * @param memory native or mapped, little endian, at an address that is a multiple of the element
   *     size
   */
  public static Tensor wrap(MemorySegment memory, DType type, long... shape) {
    Torch.load();
    long bytes = Math.multiplyExact(elements(shape), (long) type.bytes());
    if (!memory.isNative() || memory.byteSize() != bytes || memory.address() % type.bytes() != 0) {
      throw new IllegalArgumentException(
          "a %s tensor %s needs %d aligned native bytes, found %d at %x"
              .formatted(type, Arrays.toString(shape), bytes, memory.byteSize(), memory.address()));
    }
    return new Tensor(
        torch.from_blob(
            new Torch.Address(memory.address()), shape, new TensorOptions(type.torch())),
        memory);
  }

  /** Uninitialised memory of the engine's own. */
  public static Tensor empty(Device device, DType type, long... shape) {
    Torch.load();
    elements(shape);
    org.bytedeco.pytorch.Tensor made =
        torch.empty(
            shape,
            new TensorOptions(type.torch()),
            new org.bytedeco.pytorch.MemoryFormatOptional());
    return new Tensor(made, null).to(device);
  }

  /**
   * What is added to attention scores so that query (row) i sees keys (columns) up to i only: 0
   * where it sees, −∞ elsewhere.
   *
   * @param window how many keys it sees at most, itself included; 0 for all
   * @return [t, t] float32
   */
  public static Tensor causalMask(Device device, int t, int window) {
    Tensor mask = empty(device, DType.FLOAT32, t, t);
    try (Scalar never = new Scalar(Double.NEGATIVE_INFINITY)) {
      mask.handle.fill_(never);
      mask.handle.triu_(1);
      if (window > 0) {
        try (TensorScope _ = TensorScope.open()) {
          org.bytedeco.pytorch.Tensor past = torch.empty_like(mask.handle);
          past.fill_(never);
          past.tril_(-window);
          mask.handle.add_(past);
        }
      }
    }
    return mask;
  }

  /**
   * A float32 tensor that has a shape and no memory: operations on it give shapes and no values,
   * which is how a model's weights are checked against its configuration without being read.
   */
  public static Tensor shapeOnly(long... shape) {
    Torch.load();
    elements(shape);
    return new Tensor(
        torch.empty(
            shape,
            new TensorOptions(DType.FLOAT32.torch())
                .device(new DeviceOptional(new org.bytedeco.pytorch.Device("meta"))),
            new org.bytedeco.pytorch.MemoryFormatOptional()),
        null);
  }

  /** A float32 tensor on the CPU with these values. */
  public static Tensor of(float[] values, long... shape) {
    Tensor t =
        empty(Device.CPU, DType.FLOAT32, shape.length == 0 ? new long[] {values.length} : shape);
    MemorySegment.copy(values, 0, t.memory(), ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
    return t;
  }

  /** An int32 tensor on the CPU with these values. */
  public static Tensor of(int[] values, long... shape) {
    Tensor t =
        empty(Device.CPU, DType.INT32, shape.length == 0 ? new long[] {values.length} : shape);
    MemorySegment.copy(values, 0, t.memory(), ValueLayout.JAVA_INT_UNALIGNED, 0, values.length);
    return t;
  }

  private static long elements(long[] shape) {
    long n = 1;
    for (long s : shape) {
      if (s < 0) {
        throw new IllegalArgumentException("negative size in shape " + Arrays.toString(shape));
      }
      n = Math.multiplyExact(n, s);
    }
    return n;
  }

  /** The sizes, slowest dimension first. */
  public long[] shape() {
    long[] shape = new long[Math.toIntExact(handle.dim())];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = handle.size(i);
    }
    return shape;
  }

  /** The size of a dimension; negative numbers count from the last. */
  public int size(int dimension) {
    return Math.toIntExact(handle.size(dimension));
  }

  /** Our own memory on the CPU. */
  private MemorySegment memory() {
    return MemorySegment.ofAddress(handle.data_ptr().address())
        .reinterpret(handle.numel() * handle.element_size());
  }

  /**
   * Overwrites some elements of a float32 tensor on the CPU that is row-major without gaps.
   *
   * @param from the first element
   */
  public void set(long from, float[] values, int length) {
    try {
      MemorySegment.copy(
          values, 0, memory(), ValueLayout.JAVA_FLOAT_UNALIGNED, from * Float.BYTES, length);
    } finally {
      Reference.reachabilityFence(this); // its memory is written through a bare address
    }
  }

  /**
   * Copies all values, row-major and widened to float32, into native memory.
   *
   * @param into as many floats as this tensor has elements
   */
  public void copyTo(MemorySegment into) {
    try (TensorScope _ = TensorScope.open()) {
      Tensor plain = to(Device.CPU).to(DType.FLOAT32).contiguous();
      MemorySegment.copy(plain.memory(), 0, into, 0, into.byteSize());
    } finally {
      Reference.reachabilityFence(this); // its memory is read through a bare address
    }
  }

  /**
   * Copies the elements as they are, row-major, into native memory.
   *
   * @param into as many bytes as this tensor has
   */
  public void copyElementsTo(MemorySegment into) {
    try (TensorScope _ = TensorScope.open()) {
      MemorySegment.copy(to(Device.CPU).contiguous().memory(), 0, into, 0, into.byteSize());
    } finally {
      Reference.reachabilityFence(this); // its memory is read through a bare address
    }
  }

  /** All values in a heap array, row-major and widened to float32. */
  public float[] toArray() {
    float[] values = new float[Math.toIntExact(handle.numel())];
    try (TensorScope _ = TensorScope.open()) {
      Tensor plain = to(Device.CPU).to(DType.FLOAT32).contiguous();
      MemorySegment.copy(
          plain.memory(), ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values, 0, values.length);
    } finally {
      Reference.reachabilityFence(this); // its memory is read through a bare address
    }
    return values;
  }

  /** All values of an int32 tensor in a heap array, row-major. */
  public int[] toInts() {
    int[] values = new int[Math.toIntExact(handle.numel())];
    try (TensorScope _ = TensorScope.open()) {
      Tensor plain = to(Device.CPU).contiguous();
      MemorySegment.copy(
          plain.memory(), ValueLayout.JAVA_INT_UNALIGNED, 0, values, 0, values.length);
    } finally {
      Reference.reachabilityFence(this); // its memory is read through a bare address
    }
    return values;
  }

  /** The same values with another element type; itself when nothing changes. */
  public Tensor to(DType type) {
    return handle.scalar_type().intern() == type.torch() ? this : of(handle.to(type.torch()));
  }

  /** The same values on a device; itself when they are there. */
  public Tensor to(Device device) {
    boolean here = handle.is_cuda() == (device == Device.CUDA);
    return here
        ? this
        : of(
            handle.to(
                new org.bytedeco.pytorch.Device(device == Device.CUDA ? "cuda" : "cpu"),
                handle.scalar_type().intern()));
  }

  /** The kind of its elements. */
  public DType type() {
    for (DType type : DType.values()) {
      if (type.torch() == handle.scalar_type().intern()) {
        return type;
      }
    }
    throw new IllegalStateException("elements of kind " + handle.scalar_type());
  }

  public Device device() {
    return handle.is_cuda() ? Device.CUDA : Device.CPU;
  }

  /** Row-major without gaps; itself when it is so already. */
  public Tensor contiguous() {
    return handle.is_contiguous() ? this : of(handle.contiguous());
  }

  /** A copy with memory of its own. */
  public Tensor copy() {
    return of(handle.clone());
  }

  // ---- shape

  /** Another shape of the same elements; −1 stands for what is left over. */
  public Tensor reshape(long... shape) {
    return view(handle.reshape(shape));
  }

  /** A view with two dimensions exchanged. */
  public Tensor transpose(int a, int b) {
    return view(handle.transpose(a, b));
  }

  /** A view of {@code length} indices of a dimension from {@code start} on. */
  public Tensor narrow(int dimension, long start, long length) {
    return view(handle.narrow(dimension, start, length));
  }

  /** A view in which a dimension of size one repeats; −1 leaves a size as it is. */
  public Tensor expand(long... shape) {
    return view(handle.expand(shape));
  }

  /** One after the other along a dimension. */
  public static Tensor concatenate(int dimension, Tensor... parts) {
    try (TensorVector vector = new TensorVector()) {
      for (Tensor part : parts) {
        vector.push_back(part.handle);
      }
      return new Tensor(torch.cat(vector, dimension), null);
    }
  }

  // ---- products

  /**
   * x Wᵀ + b over the last dimension. When W is bfloat16 the product is computed in bfloat16 (sums
   * in float32) and the result has this tensor's type again.
   *
   * @param weight [out, in]
   * @param bias [out], or null for none
   * @return […, out]
   */
  public Tensor linear(Tensor weight, @Nullable Tensor bias) {
    torch.get_num_threads(); // hands the one thread that we allow on to this thread's OpenMP
    if (isForOneDnn(weight)) {
      return of(oneDnnLinear(weight, bias));
    }
    if (handle.scalar_type().intern() == weight.handle.scalar_type().intern()) {
      return of(
          bias == null
              ? torch.linear(handle, weight.handle)
              : torch.linear(
                  handle, weight.handle, new TensorOptional(bias.handle.to(handle.scalar_type()))));
    }
    org.bytedeco.pytorch.Tensor product =
        org.bytedeco
            .pytorch
            .global
            .torch
            .linear(handle.to(weight.handle.scalar_type()), weight.handle)
            .to(handle.scalar_type());
    if (bias != null) {
      product.add_(bias.handle);
    }
    return of(product);
  }

  /** Whether oneDNN computes the product, in about half the time of a BLAS library. */
  private boolean isForOneDnn(Tensor weight) {
    return Torch.hasOneDnn()
        && handle.scalar_type().intern() == DType.FLOAT32.torch()
        && weight.handle.scalar_type().intern() == DType.FLOAT32.torch()
        && !handle.is_cuda()
        && !handle.is_meta()
        && !weight.handle.is_meta();
  }

  private org.bytedeco.pytorch.Tensor oneDnnLinear(Tensor weight, @Nullable Tensor bias) {
    org.bytedeco.pytorch.Tensor packed = handle.to_mkldnn();
    org.bytedeco.pytorch.Tensor w = weight.contiguous().handle;
    org.bytedeco.pytorch.Tensor product =
        bias == null
            ? torch.mkldnn_linear(packed, w)
            : torch.mkldnn_linear(packed, w, new TensorOptional(bias.handle));
    packed.deallocate(); // a scope would hold these copies as long as the result
    org.bytedeco.pytorch.Tensor plain = product.to_dense();
    product.deallocate();
    return plain;
  }

  /** The product over the last two dimensions, batched over the others. */
  public Tensor matmul(Tensor other) {
    return of(torch.matmul(handle, other.handle));
  }

  /**
   * The rows of this table [rows, d] at {@code indices} […] (int32).
   *
   * @return […, d]
   */
  public Tensor rows(Tensor indices) {
    return of(torch.embedding(handle, indices.handle));
  }

  /**
   * softmax(scale · Q Kᵀ + mask) V, the softmax over keys.
   *
   * @param keys [batch, heads, keys, d]; this tensor, the queries, is [batch, heads, queries, d]
   * @param values [batch, heads, keys, d]
   * @param mask added to the scores, [queries, keys]; null for none
   * @param causal whether query i sees keys 0 … i only; then there is no mask
   */
  public Tensor attention(
      Tensor keys, Tensor values, @Nullable Tensor mask, boolean causal, double scale) {
    return of(
        torch.scaled_dot_product_attention(
            handle,
            keys.handle,
            values.handle,
            mask == null ? new TensorOptional() : new TensorOptional(mask.handle),
            0.0,
            causal,
            new DoubleOptional(scale),
            false));
  }

  // ---- normalisation

  /** (x − mean) / √(variance + ε) · gain + bias over the last dimension; the variance is 1/n. */
  public Tensor layerNorm(Tensor gain, @Nullable Tensor bias, double epsilon) {
    return of(
        torch.layer_norm(
            handle,
            new long[] {handle.size(-1)},
            new TensorOptional(gain.handle),
            bias == null ? new TensorOptional() : new TensorOptional(bias.handle),
            epsilon,
            false));
  }

  /** x / √(mean(x²) + ε) · gain over the last dimension. */
  public Tensor rmsNorm(Tensor gain, double epsilon) {
    return of(
        torch.rms_norm(
            handle,
            new long[] {handle.size(-1)},
            new TensorOptional(gain.handle),
            new DoubleOptional(epsilon)));
  }

  /** exp(x) / Σ exp(x) over the last dimension. */
  public Tensor softmax() {
    return of(torch.softmax(handle, -1));
  }

  // ---- element by element

  /** x Φ(x), with the exact normal distribution function. Overwrites this tensor. */
  public Tensor geluInPlace() {
    torch.gelu_(handle, "none");
    return this;
  }

  /**
   * x Φ(x) with the tanh approximation of Φ (Hendrycks and Gimpel 2016). Overwrites this tensor.
   */
  public Tensor geluTanhInPlace() {
    torch.gelu_(handle, "tanh");
    return this;
  }

  /** x · sigmoid(x). Overwrites this tensor. */
  public Tensor siluInPlace() {
    torch.silu_(handle);
    return this;
  }

  /** max(x, 0). Overwrites this tensor. */
  public Tensor reluInPlace() {
    torch.relu_(handle);
    return this;
  }

  /** cap · tanh(x / cap). */
  public Tensor softcap(double cap) {
    try (Scalar down = new Scalar(1 / cap);
        Scalar up = new Scalar(cap)) {
      org.bytedeco.pytorch.Tensor scaled = handle.mul(down);
      scaled.tanh_();
      scaled.mul_(up);
      return of(scaled);
    }
  }

  public Tensor plus(Tensor other) {
    return of(handle.add(other.handle));
  }

  public Tensor plus(double number) {
    try (Scalar scalar = new Scalar(number)) {
      return of(handle.add(scalar));
    }
  }

  public Tensor times(Tensor other) {
    return of(handle.mul(other.handle));
  }

  public Tensor times(double factor) {
    try (Scalar scalar = new Scalar(factor)) {
      return of(handle.mul(scalar));
    }
  }

  /** Adds a ⊙ b to this tensor and returns it. */
  public Tensor plusProductInPlace(Tensor a, Tensor b) {
    handle.addcmul_(a.handle, b.handle);
    return this;
  }

  /** Subtracts a ⊙ b from this tensor and returns it. */
  public Tensor minusProductInPlace(Tensor a, Tensor b) {
    try (Scalar minus = new Scalar(-1.0)) {
      handle.addcmul_(a.handle, b.handle, minus);
    }
    return this;
  }

  /** Adds to this tensor and returns it. */
  public Tensor plusInPlace(Tensor other) {
    handle.add_(other.handle);
    return this;
  }

  /** Multiplies this tensor and returns it. */
  public Tensor timesInPlace(Tensor other) {
    handle.mul_(other.handle);
    return this;
  }

  /** Multiplies this tensor and returns it. */
  public Tensor timesInPlace(double factor) {
    try (Scalar scalar = new Scalar(factor)) {
      handle.mul_(scalar);
    }
    return this;
  }

  /** Overwrites this tensor with the values of another of its shape and returns it. */
  public Tensor setInPlace(Tensor other) {
    handle.copy_(other.handle);
    return this;
  }

  /** Frees the memory now, whatever scope it belongs to. */
  @Override
  public void close() {
    handle.close();
  }
}
