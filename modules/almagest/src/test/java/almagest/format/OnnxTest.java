package almagest.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxTest {
  @TempDir Path folder;

  @Test
  void anonymousWeightsAreNamedByTheirNodeAndTransposed() throws IOException {
    Path file = write(model());
    Onnx onnx = Onnx.open(file);
    assertThat(onnx.nodes()).hasSize(1);
    assertThat(onnx.nodes().getFirst().operation()).isEqualTo("MatMul");
    Tensor weight = onnx.weights().get("encoder.layer.0.output.dense.weight");
    assertThat(weight.shape()).containsExactly(3, 2);
    assertThat(weight.floats()).containsExactly(1, 4, 2, 5, 3, 6);
    Tensor bias = onnx.weights().get("encoder.layer.0.output.dense.bias");
    assertThat(bias.floats()).containsExactly(7, 8, 9);
    assertThat(onnx.weights()).hasSize(2);
    assertThat(onnx.initializers()).containsKey("onnx::MatMul_1");
  }

  @Test
  void everyPrefixIsRefusedOrReadWithoutDamage() throws IOException {
    byte[] whole = model();
    for (int length = 0; length < whole.length; length++) {
      Path file = write(Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Onnx.open(file))
          .as("the first %d of %d bytes", length, whole.length)
          .isInstanceOf(InputException.class);
    }
  }

  @Test
  void aLengthBeyondTheFileIsRefused() throws IOException {
    byte[] bad = {0x3a, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f};
    Path file = write(bad);
    assertThatThrownBy(() -> Onnx.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("byte 6");
  }

  private Path write(byte[] bytes) throws IOException {
    Path file = folder.resolve("model.onnx");
    Files.write(file, bytes);
    return file;
  }

  static byte[] model() {
    byte[] node =
        join(
            field(1, text("x")),
            field(1, text("onnx::MatMul_1")),
            field(2, text("y")),
            field(3, text("/encoder/layer.0/output/dense/MatMul")),
            field(4, text("MatMul")));
    byte[] weight =
        join(
            new byte[] {0x08, 2, 0x08, 3, 0x10, 1},
            field(8, text("onnx::MatMul_1")),
            field(9, floats(1, 2, 3, 4, 5, 6)));
    byte[] bias =
        join(
            field(1, new byte[] {3}),
            new byte[] {0x10, 1},
            field(4, floats(7, 8, 9)),
            field(8, text("encoder.layer.0.output.dense.bias")));
    return field(7, join(field(1, node), field(5, weight), field(5, bias)));
  }

  static byte[] field(int number, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    varint(out, number << 3 | 2);
    varint(out, content.length);
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static void varint(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest > 0x7f) {
      out.write(rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private static byte[] text(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] floats(float... values) {
    ByteBuffer b = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : values) {
      b.putFloat(v);
    }
    return b.array();
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] p : parts) {
      out.writeBytes(p);
    }
    return out.toByteArray();
  }
}
