package almagest.model;

import almagest.format.Json;
import almagest.format.Tensor;
import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * A checkpoint of llama2.c, version 0: seven int32 (width, inner width, layers, heads, key heads,
 * vocabulary, context; a negative vocabulary says that the output matrix is not the embedding
 * table), then float32 weights kind by kind. Neighbouring dimensions are rotated together.
 */
final class Llama2c {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int HEADER = 7 * Integer.BYTES;

  private final Path path;
  private final MemorySegment memory;
  private final Map<String, Tensor> stored = new TreeMap<>();
  private long at = HEADER;

  private Llama2c(Path path, MemorySegment memory) {
    this.path = path;
    this.memory = memory;
  }

  /** The checkpoint under the names of a Hugging Face one. */
  record Parts(Config config, Map<String, Tensor> stored) {}

  static Parts open(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment memory =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
      return read(path, memory);
    } catch (IOException e) {
      throw InputException.in(path, "", "cannot be read (" + e.getMessage() + ")", "");
    }
  }

  static Parts read(Path path, MemorySegment memory) {
    return new Llama2c(path, memory).read();
  }

  private Parts read() {
    if (memory.byteSize() < HEADER) {
      throw InputException.in(path, "byte 0", "expected seven sizes, found the file's end", "");
    }
    int d = size(0, "width");
    int inner = size(1, "inner width");
    int layers = size(2, "layers");
    int heads = size(3, "heads");
    int groups = size(4, "key heads");
    int signed = memory.get(INT, 5L * Integer.BYTES);
    if (signed == Integer.MIN_VALUE) {
      throw InputException.in(
          path, "byte 20", "vocabulary of " + signed, "no llama2.c checkpoint?");
    }
    int vocabulary = Math.abs(signed);
    int context = size(6, "context");
    if (d % heads != 0 || heads % groups != 0 || vocabulary == 0) {
      throw InputException.in(
          path,
          "byte 0",
          "width %d, %d heads, %d key heads, vocabulary %d do not fit together"
              .formatted(d, heads, groups, vocabulary),
          "");
    }
    int width = d / heads;
    take("model.embed_tokens.weight", vocabulary, d);
    each(layers, "input_layernorm.weight", d);
    each(layers, "self_attn.q_proj.weight", d, d);
    each(layers, "self_attn.k_proj.weight", groups * width, d);
    each(layers, "self_attn.v_proj.weight", groups * width, d);
    each(layers, "self_attn.o_proj.weight", d, d);
    each(layers, "post_attention_layernorm.weight", d);
    each(layers, "mlp.gate_proj.weight", inner, d);
    each(layers, "mlp.down_proj.weight", d, inner);
    each(layers, "mlp.up_proj.weight", inner, d);
    take("model.norm.weight", d);
    at += (long) context * width * Float.BYTES; // tables of cosines and sines, not needed
    if (signed < 0) {
      take("lm_head.weight", vocabulary, d);
    }
    if (at != memory.byteSize()) {
      throw InputException.in(
          path, "", "the sizes promise " + at + " bytes, the file has " + memory.byteSize(), "");
    }
    ObjectNode config = Json.object();
    config.put("model_type", "llama");
    config.put("hidden_size", d);
    config.put("intermediate_size", inner);
    config.put("num_hidden_layers", layers);
    config.put("num_attention_heads", heads);
    config.put("num_key_value_heads", groups);
    config.put("vocab_size", vocabulary);
    config.put("max_position_embeddings", context);
    config.put("rms_norm_eps", 1e-5);
    config.put("rope_theta", 10_000.0);
    config.put("hidden_act", "silu");
    config.put("tie_word_embeddings", signed > 0);
    config.put("bos_token_id", 1);
    config.put(Rope.INTERLEAVED, true);
    return new Parts(Config.of(path, config), stored);
  }

  private int size(int index, String what) {
    int value = memory.get(INT, (long) index * Integer.BYTES);
    if (value < 1 || value > 1_000_000) {
      throw InputException.in(
          path, "byte " + index * Integer.BYTES, what + " of " + value, "no llama2.c checkpoint?");
    }
    return value;
  }

  private void each(int layers, String name, int... shape) {
    for (int l = 0; l < layers; l++) {
      take("model.layers." + l + "." + name, shape);
    }
  }

  private void take(String name, int... shape) {
    long rows = shape.length == 1 ? 1 : shape[0];
    int columns = shape[shape.length - 1];
    long bytes = rows * columns * Float.BYTES;
    if (bytes > memory.byteSize() - at) {
      throw InputException.in(
          path, "byte " + at, name + " needs " + bytes + " bytes", "the file is cut off");
    }
    long[] wide = Arrays.stream(shape).asLongStream().toArray();
    stored.put(name, Tensor.of(FloatMatrix.view(memory.asSlice(at, bytes), rows, columns), wide));
    at += bytes;
  }
}
