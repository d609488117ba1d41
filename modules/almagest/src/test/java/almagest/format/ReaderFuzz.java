package almagest.format;

import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What a reader may do with any bytes: read them, or refuse them by an {@link InputException}.
 * {@link MutationTest} runs this on small changes of valid files; the nested classes are targets
 * for a fuzzer that is guided by coverage (see docs/files.md).
 */
final class ReaderFuzz {
  private static final Path FILE = Path.of("fuzzed");

  /** All readers by the ending of the files they read. */
  static final Map<String, Consumer<byte[]>> READERS = readers();

  private ReaderFuzz() {}

  private static Map<String, Consumer<byte[]>> readers() {
    Map<String, Consumer<byte[]>> readers = new TreeMap<>();
    readers.put("safetensors", b -> values(Safetensors.read(FILE, memory(b)).tensors().values()));
    readers.put("npy", b -> NpyArray.of(Npy.tensor(memory(b), FILE, "")));
    readers.put(
        "npz",
        b -> {
          Npz npz = new Npz(FILE, new ZipArchive(FILE, memory(b)));
          npz.names().forEach(npz::array);
        });
    readers.put(
        "pt",
        b -> values(new TorchCheckpoint(FILE, new ZipArchive(FILE, memory(b))).tensors().values()));
    readers.put("pkl", b -> Pickle.read(FILE, "", memory(b)));
    readers.put("gguf", b -> values(Gguf.read(FILE, memory(b)).tensors().values()));
    readers.put("onnx", b -> values(Onnx.read(FILE, memory(b)).weights().values()));
    readers.put(
        "json",
        b -> {
          try {
            Json.parse(new String(b, StandardCharsets.UTF_8));
          } catch (JsonProcessingException e) {
            throw new InputException(Json.reason(e), e);
          }
        });
    return readers;
  }

  private static MemorySegment memory(byte[] bytes) {
    return MemorySegment.ofArray(bytes).asReadOnly();
  }

  private static void values(Collection<Tensor> tensors) {
    for (Tensor t : tensors) {
      t.floats();
    }
  }

  /** Runs a reader; whether it accepted the bytes. Anything but a refusal by name is thrown. */
  static boolean accepts(String ending, byte[] bytes) {
    Consumer<byte[]> reader = READERS.get(ending);
    if (reader == null) {
      throw new IllegalArgumentException("no reader for " + ending);
    }
    try {
      reader.accept(bytes);
      return true;
    } catch (InputException e) {
      return false;
    }
  }

  /** Target for safetensors. */
  static final class OfSafetensors {
    public static void fuzzerTestOneInput(byte[] data) {
      accepts("safetensors", data);
    }
  }

  /** Target for npy. */
  static final class OfNpy {
    public static void fuzzerTestOneInput(byte[] data) {
      accepts("npy", data);
    }
  }

  /** Target for npz. */
  static final class OfNpz {
    public static void fuzzerTestOneInput(byte[] data) {
      accepts("npz", data);
    }
  }

  /** Target for PyTorch checkpoints. */
  static final class OfTorch {
    public static void fuzzerTestOneInput(byte[] data) {
      accepts("pt", data);
    }
  }

  /** Target for the pickle inside them. */
  static final class OfPickle {
    public static void fuzzerTestOneInput(byte[] data) {
      accepts("pkl", data);
    }
  }

  /** Target for GGUF. */
  static final class OfGguf {
    public static void fuzzerTestOneInput(byte[] data) {
      accepts("gguf", data);
    }
  }

  /** Target for ONNX. */
  static final class OfOnnx {
    public static void fuzzerTestOneInput(byte[] data) {
      accepts("onnx", data);
    }
  }

  /** Target for JSON. */
  static final class OfJson {
    public static void fuzzerTestOneInput(byte[] data) {
      accepts("json", data);
    }
  }
}
