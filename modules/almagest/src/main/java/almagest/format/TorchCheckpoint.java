package almagest.format;

import almagest.run.InputException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The tensors of a PyTorch checkpoint ({@code .pt}, {@code .pth}, {@code .bin}: what {@code
 * torch.save} has written since PyTorch 1.6), read without running anything in it: a zip whose
 * pickle may only describe tensors in dictionaries. Anything else that the pickle asks for is
 * refused by name. Contiguous tensors are views of the memory-mapped file, others are brought into
 * row-major order in new memory.
 *
 * <p>Nested dictionaries are flattened with dots: {@code {"encoder": {"weight": t}}} has the tensor
 * {@code encoder.weight}.
 */
public final class TorchCheckpoint {
  private static final long PICKLE_LIMIT = 1L << 26;
  private static final int DEPTH_LIMIT = 16;

  private final Path path;
  private final ZipArchive zip;
  private final String root;
  private final Map<String, MemorySegment> storages = new TreeMap<>();
  private final Map<String, Tensor> tensors = new TreeMap<>();
  private final Map<String, Object> values = new TreeMap<>();

  /**
   * Opens a checkpoint.
   *
   * @throws InputException when it is no such archive, asks for code, or describes tensors that lie
   *     outside their storage
   */
  public static TorchCheckpoint open(Path file) {
    return new TorchCheckpoint(file, ZipArchive.open(file));
  }

  TorchCheckpoint(Path file, ZipArchive zip) {
    this.path = file;
    this.zip = zip;
    ZipArchive.Member pickle = pickle();
    this.root = pickle.name().substring(0, pickle.name().length() - "data.pkl".length());
    ZipArchive.Member order = zip.members().get(root + "byteorder");
    if (order != null && (order.size() > 16 || !text(order).strip().equals("little"))) {
      throw InputException.in(file, order.name(), "expected the byte order little", "");
    }
    if (pickle.size() > PICKLE_LIMIT) {
      throw InputException.in(
          file,
          pickle.name(),
          pickle.size() + " bytes of description, expected at most " + PICKLE_LIMIT,
          "");
    }
    Object top = Pickle.read(file, pickle.name(), zip.bytes(pickle));
    if (!(top instanceof Map<?, ?> map)) {
      throw InputException.in(
          file, pickle.name(), "expected a dictionary of tensors, found another value", "");
    }
    flatten("", map, 0, Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  private ZipArchive.Member pickle() {
    ZipArchive.Member found = null;
    for (ZipArchive.Member m : zip.members().values()) {
      if (m.name().equals("data.pkl") || m.name().endsWith("/data.pkl")) {
        if (found != null) {
          throw InputException.in(path, m.name(), "a second pickle beside " + found.name(), "");
        }
        found = m;
      }
    }
    if (found == null) {
      throw InputException.in(
          path, "", "expected a PyTorch checkpoint with a member data.pkl, found none", "");
    }
    return found;
  }

  private String text(ZipArchive.Member member) {
    return new String(zip.bytes(member).toArray(Tensor.BYTE), StandardCharsets.US_ASCII);
  }

  public Path path() {
    return path;
  }

  /** The tensors by name, in alphabetical order. */
  public Map<String, Tensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** The tensor of that name, or an error that lists the names there are. */
  public Tensor tensor(String name) {
    return Safetensors.named(tensors, name, path);
  }

  /**
   * The other entries of the dictionaries that are a {@link Long}, {@link Double}, {@link Boolean}
   * or {@link String}, by name; lists and tuples are left out.
   */
  public Map<String, Object> values() {
    return Collections.unmodifiableMap(values);
  }

  private void flatten(String prefix, Map<?, ?> map, int depth, Set<Object> seen) {
    if (depth > DEPTH_LIMIT || !seen.add(map)) {
      throw InputException.in(
          path, prefix, "dictionaries within dictionaries too deep, or one in two places", "");
    }
    for (Map.Entry<?, ?> e : map.entrySet()) {
      String name = prefix + e.getKey();
      switch (e.getValue()) {
        case Pickle.Strided strided -> put(tensors, name, tensor(name, strided));
        case Map<?, ?> inner -> flatten(name + ".", inner, depth + 1, seen);
        case Long v -> put(values, name, v);
        case Double v -> put(values, name, v);
        case Boolean v -> put(values, name, v);
        case String v -> put(values, name, v);
        default -> {}
      }
    }
  }

  private <T> void put(Map<String, T> into, String name, T value) {
    if (into.put(name, value) != null) {
      throw InputException.in(path, name, "two entries have this name", "");
    }
  }

  private Tensor tensor(String name, Pickle.Strided t) {
    String place = path + ", tensor " + name;
    MemorySegment storage = storage(place, t.storage());
    long[] shape = t.shape();
    long[] stride = t.stride();
    if (shape.length != stride.length) {
      throw new InputException(
          place
              + ": the shape "
              + Arrays.toString(shape)
              + " does not go with the strides "
              + Arrays.toString(stride));
    }
    long count;
    long last;
    try {
      count = Tensor.count(shape);
      last = t.offset();
      for (int i = 0; i < shape.length; i++) {
        if (stride[i] < 0) {
          throw new ArithmeticException("negative stride");
        }
        last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape[i] - 1), stride[i]));
      }
    } catch (ArithmeticException e) {
      last = Long.MAX_VALUE;
      count = Long.MAX_VALUE;
    }
    if (t.offset() < 0
        || (count > 0 && last >= t.storage().count())
        || count > t.storage().count()) {
      throw new InputException(
          place
              + ": the shape "
              + Arrays.toString(shape)
              + " with strides "
              + Arrays.toString(stride)
              + " from element "
              + t.offset()
              + " on leaves its storage of "
              + t.storage().count()
              + " elements");
    }
    int size = t.storage().type().bytes();
    MemorySegment data;
    if (count == 0) {
      data = storage.asSlice(0, 0);
    } else if (isContiguous(shape, stride)) {
      data = storage.asSlice(t.offset() * size, count * size);
    } else {
      data = gather(storage.asSlice(t.offset() * size), shape, stride, size, count);
    }
    return new Tensor(place, t.storage().type(), shape, data);
  }

  private MemorySegment storage(String place, Pickle.Storage storage) {
    String member = root + "data/" + storage.key();
    MemorySegment data = storages.get(member);
    if (data == null) {
      ZipArchive.Member m = zip.members().get(member);
      if (m == null) {
        throw new InputException(place + ": its storage " + member + " is not in the archive");
      }
      data = zip.bytes(m);
      storages.put(member, data);
    }
    long size = storage.type().bytes();
    if (storage.count() < 0
        || storage.count() != data.byteSize() / size
        || data.byteSize() % size != 0) {
      throw new InputException(
          place
              + ": expected a storage of "
              + storage.count()
              + " elements of "
              + storage.type()
              + ", found "
              + data.byteSize()
              + " bytes in "
              + member);
    }
    return data;
  }

  private static boolean isContiguous(long[] shape, long[] stride) {
    long expected = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] != 1 && stride[i] != expected) {
        return false;
      }
      expected *= shape[i];
    }
    return true;
  }

  /** Copies elements into row-major order, the last two dimensions in tiles that stay in cache. */
  private static MemorySegment gather(
      MemorySegment from, long[] shape, long[] stride, int size, long count) {
    MemorySegment to = Arena.ofAuto().allocate(count * size, 64);
    int d = shape.length;
    long columns = shape[d - 1];
    long rows = d > 1 ? shape[d - 2] : 1;
    long rowStride = d > 1 ? stride[d - 2] : 0;
    long planes = count / (rows * columns);
    for (long p = 0; p < planes; p++) {
      long base = 0;
      long rest = p;
      for (int i = d - 3; i >= 0; i--) {
        base += rest % shape[i] * stride[i];
        rest /= shape[i];
      }
      for (long r0 = 0; r0 < rows; r0 += 32) {
        for (long c0 = 0; c0 < columns; c0 += 32) {
          for (long r = r0; r < Math.min(rows, r0 + 32); r++) {
            for (long c = c0; c < Math.min(columns, c0 + 32); c++) {
              copy(
                  from,
                  base + r * rowStride + c * stride[d - 1],
                  to,
                  (p * rows + r) * columns + c,
                  size);
            }
          }
        }
      }
    }
    return to;
  }

  private static void copy(MemorySegment from, long i, MemorySegment to, long j, int size) {
    switch (size) {
      case 4 -> to.set(Tensor.INT, j * 4, from.get(Tensor.INT, i * 4));
      case 8 -> to.set(Tensor.LONG, j * 8, from.get(Tensor.LONG, i * 8));
      case 2 -> to.set(Tensor.SHORT, j * 2, from.get(Tensor.SHORT, i * 2));
      default -> to.set(Tensor.BYTE, j, from.get(Tensor.BYTE, i));
    }
  }
}
