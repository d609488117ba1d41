package almagest.atlas;

import almagest.format.Json;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Numbers and texts on their way into the page: each column is little-endian and gzipped, and the
 * index refers to it by number with its element type and shape. Values that a reader sees with
 * three digits are stored in 16 bits.
 */
final class Columns {
  private final List<byte[]> blobs = new ArrayList<>();

  /** The gzipped columns, in the order of their numbers. */
  List<byte[]> blobs() {
    return blobs;
  }

  ObjectNode floats(float[] values, int... shape) {
    ByteBuffer b = buffer(values.length, Float.BYTES);
    for (float v : values) {
      b.putFloat(v);
    }
    return add("f32", shape, b);
  }

  ObjectNode doubles(double[] values, int... shape) {
    ByteBuffer b = buffer(values.length, Double.BYTES);
    for (double v : values) {
      b.putDouble(v);
    }
    return add("f64", shape, b);
  }

  /** Integers in the narrowest type that holds them all. */
  ObjectNode ints(int[] values, int... shape) {
    int low = 0;
    int high = 0;
    for (int v : values) {
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
    if (low >= 0 && high <= 0xff) {
      ByteBuffer b = buffer(values.length, 1);
      for (int v : values) {
        b.put((byte) v);
      }
      return add("u8", shape, b);
    }
    if (low >= 0 ? high <= 0xffff : low >= Short.MIN_VALUE && high <= Short.MAX_VALUE) {
      ByteBuffer b = buffer(values.length, Short.BYTES);
      for (int v : values) {
        b.putShort((short) v);
      }
      return add(low >= 0 ? "u16" : "i16", shape, b);
    }
    ByteBuffer b = buffer(values.length, Integer.BYTES);
    for (int v : values) {
      b.putInt(v);
    }
    return add("i32", shape, b);
  }

  /**
   * Values in [−limit, limit] as 16-bit multiples of limit / 32767; the index carries the {@code
   * scale} to multiply with. What is not finite becomes 0.
   */
  ObjectNode scaled(float[] values, double limit, int... shape) {
    double scale = limit > 0 ? limit / Short.MAX_VALUE : 1;
    ByteBuffer b = buffer(values.length, Short.BYTES);
    for (float v : values) {
      double q = Float.isFinite(v) ? Math.rint(v / scale) : 0;
      b.putShort((short) Math.clamp(q, -Short.MAX_VALUE, Short.MAX_VALUE));
    }
    return add("i16", shape, b).put("scale", scale);
  }

  /** Any JSON, as text. */
  ObjectNode json(Object value) {
    byte[] text = Json.line(Json.tree(value)).getBytes(StandardCharsets.UTF_8);
    return add("json", new int[0], ByteBuffer.allocate(text.length).put(text));
  }

  private static ByteBuffer buffer(int count, int size) {
    return ByteBuffer.allocate(Math.multiplyExact(count, size)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private ObjectNode add(String type, int[] shape, ByteBuffer written) {
    byte[] bytes = new byte[written.flip().remaining()];
    written.get(bytes);
    ObjectNode column = Json.object();
    column.put("blob", blobs.size());
    column.put("type", type);
    column.set("shape", Json.tree(shape));
    blobs.add(gzip(bytes));
    return column;
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length / 3 + 64);
    try (GZIPOutputStream zip =
        new GZIPOutputStream(out, 1 << 16) {
          {
            def.setLevel(Deflater.BEST_COMPRESSION);
          }
        }) {
      zip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
