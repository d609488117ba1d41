package almagest.format;

import almagest.run.InputException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The metadata and tensors of a GGUF file (versions 2 and 3, little endian), memory-mapped;
 * quantised tensors are widened when their values are asked for. Shapes are given row-major, the
 * reverse of the order in the file.
 *
 * <p>Tensors have the names that llama.cpp gives them ({@code blk.0.attn_q.weight}).
 *
 * <p>Source: docs/gguf.md of ggml.
 */
public final class Gguf {
  private static final int MAGIC = 0x46554747;
  private static final int DIMENSIONS = 4;
  private static final int ALIGNMENT_LIMIT = 1 << 16;

  private final Path path;
  private final Map<String, Object> metadata;
  private final Map<String, Tensor> tensors;

  private Gguf(Path path, Map<String, Object> metadata, Map<String, Tensor> tensors) {
    this.path = path;
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Opens a file.
   *
   * @throws InputException when it is damaged, or holds tensors of a kind that is not read
   */
  public static Gguf open(Path file) {
    return read(file, MappedFile.map(file));
  }

  /**
   * Reads a file that is in memory.
   *
   * @param file where it is from, for messages
   * @throws InputException as {@link #open}
   */
  public static Gguf read(Path file, MemorySegment memory) {
    GgufCursor in = new GgufCursor(file, memory);
    if (memory.byteSize() < 24 || in.i32() != MAGIC) {
      throw InputException.in(file, "byte 0", "expected the magic GGUF, found another file", "");
    }
    int version = in.i32();
    if (version != 2 && version != 3) {
      throw in.bad("version " + version + ", expected 2 or 3 in little endian");
    }
    // The least that a tensor's entry takes is 8 + 4 + 4 + 8 bytes, a metadata entry 8 + 4 + 1.
    long tensorCount = in.count(24, "tensors");
    long entryCount = in.count(13, "entries");
    Map<String, Object> metadata = new TreeMap<>();
    for (long i = 0; i < entryCount; i++) {
      String key = in.string();
      if (metadata.put(key, in.value(in.i32())) != null) {
        throw in.bad("the key " + key + " twice");
      }
    }
    List<Info> infos = new ArrayList<>();
    for (long i = 0; i < tensorCount; i++) {
      infos.add(info(in));
    }
    return new Gguf(file, metadata, tensors(file, memory, infos, metadata, in.position()));
  }

  public Path path() {
    return path;
  }

  /**
   * The metadata: {@link Long}, {@link Double}, {@link Boolean} and {@link String}, and for arrays
   * {@code long[]}, {@code double[]}, {@code boolean[]} and {@code String[]}.
   */
  public Map<String, Object> metadata() {
    return metadata;
  }

  /**
   * The metadata entry of that name.
   *
   * @param kind one of the classes above
   * @throws InputException when it is missing or of another kind
   */
  public <T> T metadata(String key, Class<T> kind) {
    Object value = metadata.get(key);
    if (!kind.isInstance(value)) {
      throw InputException.in(
          path,
          key,
          "expected an entry of kind "
              + kind.getSimpleName()
              + ", found "
              + (value == null ? "none" : value.getClass().getSimpleName()),
          "");
    }
    return kind.cast(value);
  }

  /** The tensors by name, in alphabetical order. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** The tensor of that name, or an error that lists the names there are. */
  public Tensor tensor(String name) {
    return Safetensors.named(tensors, name, path);
  }

  private record Info(String name, ElementType type, long[] shape, long offset, long bytes) {}

  private static Info info(GgufCursor in) {
    String name = in.string();
    int rank = in.i32();
    if (rank < 0 || rank > DIMENSIONS) {
      throw in.bad("tensor " + name + " has " + rank + " dimensions, expected at most 4");
    }
    long[] shape = new long[rank];
    for (int i = rank - 1; i >= 0; i--) {
      shape[i] = in.i64();
    }
    ElementType type = type(in, name, in.i32());
    long offset = in.i64();
    long bytes;
    try {
      bytes = type.bytes(Tensor.count(shape));
    } catch (ArithmeticException e) {
      throw in.bad(
          "tensor " + name + ": " + type + Arrays.toString(shape) + " (" + e.getMessage() + ")");
    }
    if (type.isQuantised() && (rank == 0 || shape[rank - 1] % type.blockSize() != 0)) {
      throw in.bad("tensor " + name + ": rows that are no whole number of blocks of " + type);
    }
    return new Info(name, type, shape, offset, bytes);
  }

  private static Map<String, Tensor> tensors(
      Path file, MemorySegment memory, List<Info> infos, Map<String, Object> metadata, long at) {
    long alignment = metadata.get("general.alignment") instanceof Long a ? a : 32;
    if (alignment < 1 || alignment > ALIGNMENT_LIMIT || Long.bitCount(alignment) != 1) {
      throw InputException.in(
          file, "general.alignment", "expected a power of two, found " + alignment, "");
    }
    long start = infos.isEmpty() ? at : (at + alignment - 1) / alignment * alignment;
    long available = memory.byteSize() - start;
    List<Info> ordered = new ArrayList<>(infos);
    ordered.sort(Comparator.comparingLong(Info::offset).thenComparingLong(Info::bytes));
    Map<String, Tensor> tensors = new TreeMap<>();
    long end = 0;
    for (Info t : ordered) {
      if (t.offset < 0 || t.offset % alignment != 0 || t.bytes > available - t.offset) {
        throw InputException.in(
            file,
            "tensor " + t.name,
            t.bytes
                + " bytes from byte "
                + t.offset
                + " of the data on, which has "
                + Math.max(0, available)
                + " bytes and an alignment of "
                + alignment,
            "the file may be cut off");
      }
      if (t.offset < end) {
        throw InputException.in(file, "tensor " + t.name, "overlaps the tensor before it", "");
      }
      end = t.offset + t.bytes;
      Tensor tensor =
          new Tensor(
              file + ", tensor " + t.name,
              t.type,
              t.shape,
              memory.asSlice(start + t.offset, t.bytes));
      if (tensors.put(t.name, tensor) != null) {
        throw InputException.in(file, "tensor " + t.name, "this name is given twice", "");
      }
    }
    return tensors;
  }

  private static ElementType type(GgufCursor in, String name, int kind) {
    return switch (kind) {
      case 0 -> ElementType.F32;
      case 1 -> ElementType.F16;
      case 2 -> ElementType.Q4_0;
      case 3 -> ElementType.Q4_1;
      case 6 -> ElementType.Q5_0;
      case 7 -> ElementType.Q5_1;
      case 8 -> ElementType.Q8_0;
      case 12 -> ElementType.Q4_K;
      case 13 -> ElementType.Q5_K;
      case 14 -> ElementType.Q6_K;
      case 24 -> ElementType.I8;
      case 25 -> ElementType.I16;
      case 26 -> ElementType.I32;
      case 27 -> ElementType.I64;
      case 28 -> ElementType.F64;
      case 30 -> ElementType.BF16;
      default ->
          throw in.bad(
              "tensor "
                  + name
                  + " has GGML kind "
                  + kind
                  + ", expected F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K or Q6_K");
    };
  }
}
