package almagest.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * A reader accepts any small change of a valid file or refuses it by name: no other exception, no
 * endless loop, no memory beyond what the bytes can hold.
 */
class MutationTest {
  private static final int CHANGES = 2000;
  private static final long[] TELLING = {
    0, 1, -1, 0x7f, 0xff, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL, Long.MAX_VALUE, Long.MIN_VALUE
  };

  @TestFactory
  Stream<DynamicTest> anyChangeIsReadOrRefusedByName() throws IOException {
    return seeds().entrySet().stream()
        .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> mutate(e.getKey(), e.getValue())));
  }

  private static Map<String, List<byte[]>> seeds() throws IOException {
    Path hostile = HostileFilesTest.hostile();
    byte[] checkpoint = bytes(hostile.resolveSibling("torch").resolve("tensors.pt"));
    ZipArchive zip = ZipArchive.open(hostile.resolveSibling("torch").resolve("tensors.pt"));
    byte[] pickle = zip.bytes(zip.members().get("tensors/data.pkl")).toArray(Tensor.BYTE);
    return Map.of(
        "safetensors", List.of(bytes(hostile.resolve("st-valid.safetensors"))),
        "npy", List.of(bytes(hostile.resolve("npy-valid.npy"))),
        "npz", List.of(bytes(hostile.resolve("npz-valid.npz"))),
        "pt", List.of(checkpoint, bytes(hostile.resolveSibling("torch").resolve("nested.pt"))),
        "pkl", List.of(pickle),
        "gguf", List.of(bytes(hostile.resolveSibling("gguf").resolve("kinds.gguf"))),
        "onnx", List.of(OnnxTest.model()),
        "json", List.of("{\"a\": [1, 2.5e3, null, \"x\\u00e9\"], \"b\": {}}".getBytes()));
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void mutate(String ending, List<byte[]> seeds) {
    List<byte[]> pool = new ArrayList<>(seeds);
    int refused = 0;
    for (byte[] seed : seeds) {
      assertThat(ReaderFuzz.accepts(ending, seed)).isTrue();
    }
    for (int i = 0; i < CHANGES; i++) {
      Random random = new Random(i);
      byte[] changed = change(pool.get(random.nextInt(pool.size())), random);
      try {
        if (!ReaderFuzz.accepts(ending, changed)) {
          refused++;
        } else if (pool.size() < 200) {
          pool.add(changed);
        }
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        fail("change " + i + " of " + ending + " ends in " + e, e);
      }
    }
    assertThat(refused).isPositive();
  }

  private static byte[] change(byte[] from, Random random) {
    byte[] to = from.clone();
    int times = 1 + random.nextInt(3);
    for (int t = 0; t < times && to.length > 8; t++) {
      int at = random.nextInt(to.length - 8);
      switch (random.nextInt(6)) {
        case 0 -> to[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> to[at] = (byte) random.nextInt(256);
        case 2 -> number(to, at, 8, TELLING[random.nextInt(TELLING.length)]);
        case 3 -> number(to, at, 4, TELLING[random.nextInt(TELLING.length)]);
        case 4 -> to = Arrays.copyOf(to, at + random.nextInt(to.length - at));
        default -> {
          int source = random.nextInt(to.length - 8);
          System.arraycopy(to, source, to, at, 1 + random.nextInt(8));
        }
      }
    }
    return to;
  }

  private static void number(byte[] to, int at, int size, long value) {
    ByteBuffer b = ByteBuffer.wrap(to).order(ByteOrder.LITTLE_ENDIAN);
    if (size == 8) {
      b.putLong(at, value);
    } else {
      b.putInt(at, (int) value);
    }
  }
}
