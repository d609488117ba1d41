package almagest.format;

import almagest.run.AtomicFile;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes safetensors in one order: wide elements first, then by name, so that every tensor is
 * aligned to its elements; the header is padded with spaces to a multiple of 8.
 */
final class SafetensorsWriter {
  private SafetensorsWriter() {}

  static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    List<Map.Entry<String, Tensor>> ordered = new ArrayList<>(tensors.entrySet());
    ordered.sort(
        Comparator.<Map.Entry<String, Tensor>>comparingInt(e -> -e.getValue().type().bytes())
            .thenComparing(Map.Entry::getKey));
    ObjectNode header = Json.object();
    if (!metadata.isEmpty()) {
      ObjectNode m = header.putObject("__metadata__");
      new TreeMap<>(metadata).forEach(m::put);
    }
    long at = 0;
    for (Map.Entry<String, Tensor> e : ordered) {
      Tensor t = e.getValue();
      ObjectNode info = header.putObject(e.getKey());
      info.put("dtype", t.type().name());
      ArrayNode shape = info.putArray("shape");
      for (long s : t.shape()) {
        shape.add(s);
      }
      info.putArray("data_offsets").add(at).add(at + t.data().byteSize());
      at += t.data().byteSize();
    }
    byte[] json = Json.line(header).getBytes(StandardCharsets.UTF_8);
    int padded = (json.length + 7) / 8 * 8;
    AtomicFile.write(
        file,
        out -> {
          out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).array());
          out.write(json);
          out.write(" ".repeat(padded - json.length).getBytes(StandardCharsets.US_ASCII));
          for (Map.Entry<String, Tensor> e : ordered) {
            copy(e.getValue().data(), out);
          }
        });
  }

  /** Writes memory of any size through a small buffer. */
  static void copy(MemorySegment from, OutputStream out) throws IOException {
    byte[] buffer = new byte[(int) Math.min(1 << 16, from.byteSize())];
    for (long at = 0; at < from.byteSize(); at += buffer.length) {
      int n = (int) Math.min(buffer.length, from.byteSize() - at);
      MemorySegment.copy(from, Tensor.BYTE, at, buffer, 0, n);
      out.write(buffer, 0, n);
    }
  }
}
