package almagest.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files in {@code gguf/} were made by the script beside them. */
class GgufTest {
  @TempDir Path folder;

  private static Path made(String name) {
    return HostileFilesTest.hostile().resolveSibling("gguf").resolve(name);
  }

  @Test
  void everyKindDecodesToTheBitsOfAnIndependentReader() {
    Gguf gguf = Gguf.open(made("kinds.gguf"));
    Npz expected = Npz.open(made("kinds.npz"));
    assertThat(gguf.tensors().keySet()).isEqualTo(expected.names());
    for (String name : expected.names()) {
      assertThat(gguf.tensor(name).shape()).as(name).isEqualTo(expected.tensor(name).shape());
      assertThat(gguf.tensor(name).matrix().toArray())
          .as(name)
          .isEqualTo(expected.tensor(name).floats());
    }
  }

  @Test
  void anyRangeOfAQuantisedTensorIsTheSameRangeOfAllOfIt() {
    for (String name : new String[] {"Q4_1", "Q6_K"}) {
      Tensor t = Gguf.open(made("kinds.gguf")).tensor(name);
      float[] all = t.floats();
      for (int from : new int[] {0, 1, 31, 32, 100}) {
        for (int length : new int[] {0, 1, 31, 33, 90}) {
          float[] part = new float[length + 2];
          t.widen(from, part, 1, length);
          assertThat(Arrays.copyOfRange(part, 1, length + 1))
              .isEqualTo(Arrays.copyOfRange(all, from, from + length));
        }
      }
    }
  }

  @Test
  void metadataHasItsKinds() {
    Gguf gguf = Gguf.open(made("kinds.gguf"));
    assertThat(gguf.metadata("general.architecture", String.class)).isEqualTo("llama");
    assertThat(gguf.metadata("llama.block_count", Long.class)).isEqualTo(2);
    assertThat(gguf.metadata("llama.rope.freq_base", Double.class)).isEqualTo(10000);
    assertThat(gguf.metadata("flag", Boolean.class)).isTrue();
    assertThat(gguf.metadata("negative", Long.class)).isEqualTo(-7);
    assertThat(gguf.metadata("tokens", String[].class)).containsExactly("<s>", "é", "");
    assertThat(gguf.metadata("scores", double[].class)).containsExactly(0.5, -1.5);
    assertThat(gguf.metadata("kinds", long[].class)).containsExactly(1, 2, 300);
    assertThatThrownBy(() -> gguf.metadata("absent", Long.class))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("absent");
  }

  @Test
  void everyPrefixIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(made("kinds.gguf"));
    for (int length = 0; length < whole.length - 64; length += length < 700 ? 1 : 97) {
      Path file = write(Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Gguf.open(file))
          .as("%d bytes", length)
          .isInstanceOf(InputException.class);
    }
  }

  @Test
  void countsThatCannotBeAreRefusedBeforeAnythingIsAllocated() throws IOException {
    for (long count : new long[] {-1, 1L << 62, 1000, Long.MIN_VALUE}) {
      for (int field : new int[] {8, 16}) {
        byte[] head = head().putLong(field, count).array();
        Path file = write(head);
        assertThatThrownBy(() -> Gguf.open(file)).isInstanceOf(InputException.class);
      }
    }
    // One metadata entry: an array of 2^40 strings.
    ByteBuffer bomb = head().putLong(16, 1);
    bomb.position(24).putLong(1).put((byte) 'a').putInt(9).putInt(8).putLong(1L << 40);
    Path file = write(bomb.array());
    assertThatThrownBy(() -> Gguf.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("array elements");
  }

  private static ByteBuffer head() {
    ByteBuffer b = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN);
    return b.put("GGUF".getBytes(StandardCharsets.US_ASCII)).putInt(3);
  }

  private Path write(byte[] bytes) throws IOException {
    Path file = folder.resolve("a.gguf");
    Files.write(file, bytes);
    return file;
  }
}
