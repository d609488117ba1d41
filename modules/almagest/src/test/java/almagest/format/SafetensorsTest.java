package almagest.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadBack() {
    Path file = folder.resolve("a.safetensors");
    Map<String, Tensor> tensors = new TreeMap<>();
    tensors.put("matrix", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
    tensors.put("vector", Tensor.of(new float[] {-0f, Float.NaN, Float.MAX_VALUE}));
    tensors.put("scalar", new Tensor("x", ElementType.U8, new long[0], bytes(200)));
    tensors.put("empty", Tensor.of(new float[0], 0, 4));
    tensors.put("longs", Tensor.of(new long[] {Long.MIN_VALUE, 7}));
    Safetensors.write(file, tensors, Map.of("format", "pt"));
    Safetensors back = Safetensors.open(file);
    assertThat(back.metadata()).containsExactly(Map.entry("format", "pt"));
    assertThat(back.tensors().keySet()).isEqualTo(tensors.keySet());
    for (String name : tensors.keySet()) {
      assertThat(back.tensor(name).shape()).isEqualTo(tensors.get(name).shape());
      assertThat(back.tensor(name).data().mismatch(tensors.get(name).data())).isEqualTo(-1);
    }
    assertThat(back.tensor("scalar").longs()).containsExactly(200);
    FloatMatrix matrix = back.tensor("matrix").matrix();
    assertThat(matrix.row(1)).containsExactly(4, 5, 6);
    assertThat(back.tensor("matrix").transposed().shape()).containsExactly(3, 2);
    assertThat(back.tensor("matrix").transposedMatrix().row(1)).containsExactly(2, 5);
  }

  @Test
  void float32IsAViewOfTheFile() {
    Path file = folder.resolve("a.safetensors");
    Safetensors.write(file, Map.of("w", Tensor.of(new float[12], 3, 4)), Map.of());
    Tensor w = Safetensors.open(file).tensor("w");
    assertThat(w.matrix().data().address()).isEqualTo(w.data().address());
    assertThat(w.data().isMapped()).isTrue();
  }

  @Test
  void equalContentIsEqualBytes() throws IOException {
    Map<String, Tensor> tensors = new HashMap<>();
    for (int i = 0; i < 50; i++) {
      tensors.put("t" + i * 7919, Tensor.of(new float[] {i}));
    }
    Safetensors.write(folder.resolve("a"), tensors, Map.of("b", "1", "a", "2"));
    Safetensors.write(folder.resolve("b"), new TreeMap<>(tensors), Map.of("a", "2", "b", "1"));
    assertThat(Files.mismatch(folder.resolve("a"), folder.resolve("b"))).isEqualTo(-1);
  }

  @Test
  void halfPrecisionIsWidenedExactly() {
    float[] values = {0, -0f, 1, -2.5f, 0.0009765625f, 448, -57344};
    for (ElementType type : new ElementType[] {ElementType.F16, ElementType.BF16}) {
      byte[] raw = new byte[values.length * 2];
      for (int i = 0; i < values.length; i++) {
        int bits =
            type == ElementType.F16
                ? Float.floatToFloat16(values[i])
                : Float.floatToRawIntBits(values[i]) >>> 16;
        raw[2 * i] = (byte) bits;
        raw[2 * i + 1] = (byte) (bits >> 8);
      }
      Tensor t = new Tensor("x", type, new long[] {values.length}, MemorySegment.ofArray(raw));
      assertThat(t.floats()).as(type.name()).containsExactly(values);
    }
  }

  @Test
  void eightBitFloatsHaveTheValuesOfTheirDefinition() {
    // 0, smallest subnormal, 1, largest, NaN; then with the sign.
    float[] e4m3 = widened(ElementType.F8_E4M3, 0x00, 0x01, 0x38, 0x7e, 0x7f, 0xb8);
    assertThat(e4m3).containsExactly(0, 0x1p-9f, 1, 448, Float.NaN, -1);
    float[] e5m2 = widened(ElementType.F8_E5M2, 0x00, 0x01, 0x3c, 0x7b, 0x7c, 0x7d, 0xbc);
    assertThat(e5m2).containsExactly(0, 0x1p-16f, 1, 57344, Float.POSITIVE_INFINITY, Float.NaN, -1);
  }

  @Test
  void shardsAreOneModel() throws IOException {
    Safetensors.write(
        folder.resolve("model-1.safetensors"), Map.of("a", Tensor.of(new float[] {1})), Map.of());
    Safetensors.write(
        folder.resolve("model-2.safetensors"), Map.of("b", Tensor.of(new float[] {2})), Map.of());
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(
        index,
        "{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\": \"model-2.safetensors\"}}");
    Safetensors model = Safetensors.open(folder);
    assertThat(model.tensor("a").scalar()).isEqualTo(1);
    assertThat(model.tensor("b").scalar()).isEqualTo(2);
    Files.writeString(index, "{\"weight_map\": {\"c\": \"model-1.safetensors\"}}");
    assertThatThrownBy(() -> Safetensors.open(folder))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("model-1.safetensors")
        .hasMessageContaining("\"c\"");
  }

  @Test
  void aMissingTensorIsNamedBesideThoseThatAreThere() {
    Path file = folder.resolve("a.safetensors");
    Safetensors.write(file, Map.of("W_enc", Tensor.of(new float[1])), Map.of());
    assertThatThrownBy(() -> Safetensors.open(file).tensor("W_dec"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("W_dec")
        .hasMessageContaining("[W_enc]");
  }

  private static float[] widened(ElementType type, int... raw) {
    return new Tensor("x", type, new long[] {raw.length}, bytes(raw)).floats();
  }

  private static MemorySegment bytes(int... values) {
    byte[] raw = new byte[values.length];
    for (int i = 0; i < raw.length; i++) {
      raw[i] = (byte) values[i];
    }
    return MemorySegment.ofArray(raw);
  }
}
