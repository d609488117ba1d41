package almagest.format;

import almagest.run.AtomicFile;
import almagest.run.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The {@code .npy} format, versions 1 to 3, little endian, C order; object arrays (pickle) are
 * refused.
 */
public final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int HEADER_LIMIT = 10_000;

  private static final Pattern HEADER =
      Pattern.compile(
          "\\{\\s*'descr':\\s*'([<>|=])([a-zA-Z])(\\d+)',\\s*'fortran_order':\\s*(True|False),\\s*'shape':\\s*\\(([0-9L, ]*)\\),?\\s*\\}\\s*");

  private Npy() {}

  public static NpyArray read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, Files.size(file), file, "");
    } catch (IOException e) {
      throw InputException.in(file, "", "cannot be read (" + e.getMessage() + ")", "");
    }
  }

  /**
   * Reads an array from a stream.
   *
   * @param size how many bytes there are, header included
   * @param member the name inside an archive, for messages; empty for a plain file
   */
  static NpyArray read(InputStream in, long size, Path file, String member) throws IOException {
    byte[] head = in.readNBytes(8);
    for (int i = 0; i < MAGIC.length; i++) {
      if (head.length < 8 || head[i] != MAGIC[i]) {
        throw InputException.in(
            file, at(member, 0), "expected the numpy magic \\x93NUMPY, found another file", "");
      }
    }
    int lengthBytes = head[6] == 1 ? 2 : 4;
    byte[] lengthField = in.readNBytes(lengthBytes);
    if (lengthField.length < lengthBytes) {
      throw InputException.in(file, at(member, 8), "the header is cut off", "");
    }
    long headerLength = 0;
    for (int i = lengthBytes - 1; i >= 0; i--) {
      headerLength = headerLength << 8 | (lengthField[i] & 0xff);
    }
    long dataStart = 8 + lengthBytes + headerLength;
    if (headerLength > HEADER_LIMIT || dataStart > size) {
      throw InputException.in(
          file,
          at(member, 8),
          "a header of "
              + headerLength
              + " bytes, expected at most "
              + HEADER_LIMIT
              + " and inside the file",
          "");
    }
    String header = new String(in.readNBytes((int) headerLength), StandardCharsets.UTF_8);
    Matcher m = HEADER.matcher(header);
    if (!m.matches()) {
      throw InputException.in(
          file,
          at(member, 10),
          "a header that is not a plain array's: " + header.strip(),
          "object and structured arrays are refused");
    }
    if (m.group(4).equals("True")) {
      throw InputException.in(
          file, at(member, 10), "Fortran order", "save it with numpy.ascontiguousarray");
    }
    int itemSize = Integer.parseInt(m.group(3));
    if (m.group(1).equals(">") && itemSize > 1) {
      throw InputException.in(
          file, at(member, 10), "big-endian values", "save it as little endian");
    }
    String[] parts = m.group(5).isBlank() ? new String[0] : m.group(5).trim().split("\\s*,\\s*");
    int[] shape = new int[parts.length];
    long count = 1;
    for (int i = 0; i < parts.length; i++) {
      long s = Long.parseLong(parts[i].replace("L", ""));
      count = Math.multiplyExact(count, s);
      shape[i] = Math.toIntExact(s);
    }
    long bytes = Math.multiplyExact(count, (long) itemSize);
    if (bytes != size - dataStart) {
      throw InputException.in(
          file,
          at(member, dataStart),
          "the header promises " + bytes + " bytes of data, the file has " + (size - dataStart),
          "");
    }
    return new NpyArray(
        shape, values(m.group(2) + itemSize, Math.toIntExact(count), in, file, member));
  }

  private static String at(String member, long offset) {
    return (member.isEmpty() ? "" : member + ", ") + "byte " + offset;
  }

  private static Object values(String kind, int count, InputStream in, Path file, String member)
      throws IOException {
    return switch (kind) {
      case "f4" -> {
        float[] v = new float[count];
        fill(in, count, 4, (b, i) -> v[i] = b.getFloat());
        yield v;
      }
      case "f8" -> {
        double[] v = new double[count];
        fill(in, count, 8, (b, i) -> v[i] = b.getDouble());
        yield v;
      }
      case "f2" -> {
        float[] v = new float[count];
        fill(in, count, 2, (b, i) -> v[i] = Float.float16ToFloat(b.getShort()));
        yield v;
      }
      case "i4" -> {
        int[] v = new int[count];
        fill(in, count, 4, (b, i) -> v[i] = b.getInt());
        yield v;
      }
      case "i8" -> {
        long[] v = new long[count];
        fill(in, count, 8, (b, i) -> v[i] = b.getLong());
        yield v;
      }
      case "i2" -> {
        short[] v = new short[count];
        fill(in, count, 2, (b, i) -> v[i] = b.getShort());
        yield v;
      }
      case "i1", "u1", "b1" -> in.readNBytes(count);
      default ->
          throw InputException.in(
              file,
              at(member, 10),
              "elements of kind " + kind,
              "expected float16/32/64 or int8/16/32/64");
    };
  }

  private interface Sink {
    void take(ByteBuffer from, int index);
  }

  private static void fill(InputStream in, int count, int size, Sink sink) throws IOException {
    byte[] buffer = new byte[1 << 16];
    int done = 0;
    while (done < count) {
      int n = Math.min(count - done, buffer.length / size);
      if (in.readNBytes(buffer, 0, n * size) < n * size) {
        throw new IOException("the data ends early");
      }
      ByteBuffer b = ByteBuffer.wrap(buffer).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < n; i++) {
        sink.take(b, done + i);
      }
      done += n;
    }
  }

  /** Writes an array, atomically. */
  public static void write(Path file, NpyArray array) {
    AtomicFile.write(file, out -> write(out, array));
  }

  static void write(OutputStream out, NpyArray array) throws IOException {
    StringBuilder shape = new StringBuilder();
    for (int s : array.shape()) {
      shape.append(s).append(", ");
    }
    String text = shape.toString();
    text =
        array.shape().length == 1
            ? text.stripTrailing()
            : text.isEmpty() ? "" : text.substring(0, text.length() - 2);
    String header =
        "{'descr': '"
            + descr(array.values())
            + "', 'fortran_order': False, 'shape': ("
            + text
            + "), }";
    int padded = (10 + header.length() + 1 + 63) / 64 * 64 - 10;
    header = header + " ".repeat(padded - header.length() - 1) + "\n";
    out.write(MAGIC);
    out.write(new byte[] {1, 0, (byte) padded, (byte) (padded >> 8)});
    out.write(header.getBytes(StandardCharsets.US_ASCII));
    writeValues(out, array.values());
  }

  private static String descr(Object values) {
    return switch (values) {
      case float[] v -> "<f4";
      case double[] v -> "<f8";
      case long[] v -> "<i8";
      case int[] v -> "<i4";
      case short[] v -> "<i2";
      case byte[] v -> "|i1";
      default -> throw new IllegalArgumentException("no numpy kind for " + values.getClass());
    };
  }

  private static void writeValues(OutputStream out, Object values) throws IOException {
    switch (values) {
      case float[] v -> drain(out, v.length, 4, (b, i) -> b.putFloat(v[i]));
      case double[] v -> drain(out, v.length, 8, (b, i) -> b.putDouble(v[i]));
      case long[] v -> drain(out, v.length, 8, (b, i) -> b.putLong(v[i]));
      case int[] v -> drain(out, v.length, 4, (b, i) -> b.putInt(v[i]));
      case short[] v -> drain(out, v.length, 2, (b, i) -> b.putShort(v[i]));
      case byte[] v -> out.write(v);
      default -> throw new IllegalArgumentException("no numpy kind for " + values.getClass());
    }
  }

  private static void drain(OutputStream out, int count, int size, Sink source) {
    ByteBuffer b = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    try {
      for (int i = 0; i < count; i++) {
        if (b.remaining() < size) {
          out.write(b.array(), 0, b.position());
          b.clear();
        }
        source.take(b, i);
      }
      out.write(b.array(), 0, b.position());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How many bytes {@link #write} writes. */
  static byte[] bytes(NpyArray array) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    try {
      write(out, array);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
