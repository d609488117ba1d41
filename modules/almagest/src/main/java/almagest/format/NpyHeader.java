package almagest.format;

import almagest.run.InputException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The header of an {@code .npy} array: magic, version 1 to 3, and a Python dictionary of exactly
 * {@code descr}, {@code fortran_order} and {@code shape}, which is matched against its grammar and
 * never evaluated.
 *
 * @param type how the elements are stored
 * @param fortranOrder whether the first index runs fastest
 * @param shape at most 32 dimensions, none negative; empty for a scalar
 * @param bytes the length of magic and header; the data begins there
 */
record NpyHeader(ElementType type, boolean fortranOrder, long[] shape, long bytes) {
  /** numpy's own limit for headers that are not trusted. */
  private static final int LIMIT = 10_000;

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern ENTRY =
      Pattern.compile(
          "\\s*(['\"])([a-z_]{1,20})\\1\\s*:\\s*('[^']{1,20}'|True|False|\\([0-9L, ]*+\\))\\s*(,|$)");
  private static final Pattern DESCRIPTION = Pattern.compile("'([<>|=])([a-zA-Z])(\\d{1,4})'");

  /**
   * Reads and checks the header at the start of {@code memory}.
   *
   * @param member the name inside an archive, for messages; empty for a plain file
   */
  static NpyHeader read(MemorySegment memory, Path file, String member) {
    if (memory.byteSize() < 10 || !startsWithMagic(memory)) {
      throw bad(file, member, 0, "expected the numpy magic \\x93NUMPY, found another file");
    }
    int version = memory.get(Tensor.BYTE, 6);
    if (version < 1 || version > 3) {
      throw bad(file, member, 6, "format version " + version + ", expected 1, 2 or 3");
    }
    int lengthBytes = version == 1 ? 2 : 4;
    if (memory.byteSize() < 8 + lengthBytes) {
      throw bad(file, member, 8, "the header is cut off");
    }
    long length =
        version == 1
            ? memory.get(Tensor.SHORT, 8) & 0xffff
            : memory.get(Tensor.INT, 8) & 0xffff_ffffL;
    long start = 8L + lengthBytes;
    if (length > LIMIT || length > memory.byteSize() - start) {
      throw bad(
          file,
          member,
          8,
          "a header of "
              + length
              + " bytes, expected at most "
              + Math.min(LIMIT, memory.byteSize() - start));
    }
    byte[] text = memory.asSlice(start, length).toArray(Tensor.BYTE);
    return parse(new String(text, StandardCharsets.UTF_8), start + length, file, member);
  }

  private static boolean startsWithMagic(MemorySegment memory) {
    return Arrays.equals(memory.asSlice(0, MAGIC.length).toArray(Tensor.BYTE), MAGIC);
  }

  private static NpyHeader parse(String header, long bytes, Path file, String member) {
    String text = header.strip();
    String descr = null;
    String order = null;
    String shape = null;
    if (text.length() < 2 || text.charAt(0) != '{' || text.charAt(text.length() - 1) != '}') {
      throw notPlain(file, member, text);
    }
    String body = text.substring(1, text.length() - 1).strip();
    Matcher m = ENTRY.matcher(body);
    int at = 0;
    while (at < body.length()) {
      if (!m.find(at) || m.start() != at) {
        throw notPlain(file, member, text);
      }
      String value = m.group(3);
      switch (m.group(2)) {
        case "descr" -> descr = once(descr, value, file, member, text);
        case "fortran_order" -> order = once(order, value, file, member, text);
        case "shape" -> shape = once(shape, value, file, member, text);
        default -> throw notPlain(file, member, text);
      }
      at = m.end();
    }
    if (descr == null || order == null || shape == null) {
      throw notPlain(file, member, text);
    }
    boolean fortran = order.equals("True");
    if ((!fortran && !order.equals("False")) || !shape.startsWith("(")) {
      throw notPlain(file, member, text);
    }
    return new NpyHeader(
        type(descr, file, member, text), fortran, shape(shape, file, member, text), bytes);
  }

  private static String once(
      @Nullable String before, String value, Path file, String member, String text) {
    if (before != null) {
      throw notPlain(file, member, text);
    }
    return value;
  }

  private static ElementType type(String descr, Path file, String member, String text) {
    Matcher m = DESCRIPTION.matcher(descr);
    if (!m.matches()) {
      throw notPlain(file, member, text);
    }
    String kind = m.group(2) + m.group(3);
    if (m.group(1).equals(">") && !m.group(3).equals("1")) {
      throw bad(
          file, member, 10, "big-endian values; save it as little endian, e.g. x.astype('<f4')");
    }
    for (ElementType type : ElementType.values()) {
      String code = code(type);
      if (code != null && code.equals(kind)) {
        return type;
      }
    }
    throw bad(
        file,
        member,
        10,
        "elements of kind "
            + kind
            + ", expected numbers (f2, f4, f8, i1 … i8, u1 … u8, b1); object and structured arrays"
            + " are refused");
  }

  private static long[] shape(String shape, Path file, String member, String text) {
    String inside = shape.substring(1, shape.length() - 1).strip();
    String[] parts = inside.isEmpty() ? new String[0] : inside.split(",", -1);
    int count = parts.length;
    if (count > 0 && parts[count - 1].isBlank()) {
      count--;
    } else if (count == 1) {
      throw notPlain(file, member, text);
    }
    if (count > 32) {
      throw bad(file, member, 10, count + " dimensions, expected at most 32");
    }
    long[] sizes = new long[count];
    for (int i = 0; i < count; i++) {
      String digits = parts[i].strip();
      digits = digits.endsWith("L") ? digits.substring(0, digits.length() - 1) : digits;
      if (!digits.matches("\\d{1,18}")) {
        throw notPlain(file, member, text);
      }
      sizes[i] = Long.parseLong(digits);
    }
    return sizes;
  }

  /** numpy's name of a kind, e.g. {@code f4}; null where numpy has none. */
  static @Nullable String code(ElementType type) {
    return switch (type) {
      case F64, F32, F16, I64, I32, I16, I8, U64, U32, U16, U8 ->
          type.name().substring(0, 1).toLowerCase(Locale.ROOT) + type.bytes();
      case BOOL -> "b1";
      default -> null;
    };
  }

  /** The bytes of the header as numpy writes them, padded so that the data begins at 64 × n. */
  static byte[] write(ElementType type, long[] shape) {
    String code = code(type);
    if (code == null) {
      throw new IllegalArgumentException("numpy has no elements of kind " + type);
    }
    StringBuilder sizes = new StringBuilder();
    for (int i = 0; i < shape.length; i++) {
      sizes.append(i == 0 ? "" : " ").append(shape[i]);
      sizes.append(i + 1 < shape.length || shape.length == 1 ? "," : "");
    }
    String header =
        "{'descr': '"
            + (type.bytes() == 1 ? '|' : '<')
            + code
            + "', 'fortran_order': False, 'shape': ("
            + sizes
            + "), }";
    int padded = (10 + header.length() + 1 + 63) / 64 * 64 - 10;
    byte[] bytes = new byte[10 + padded];
    System.arraycopy(MAGIC, 0, bytes, 0, MAGIC.length);
    bytes[6] = 1;
    bytes[8] = (byte) padded;
    bytes[9] = (byte) (padded >> 8);
    byte[] text =
        (header + " ".repeat(padded - header.length() - 1) + "\n")
            .getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(text, 0, bytes, 10, padded);
    return bytes;
  }

  private static InputException notPlain(Path file, String member, String text) {
    String shown = text.length() <= 200 ? text : text.substring(0, 200) + " …";
    return bad(file, member, 10, "a header that is not a plain array's: " + shown);
  }

  private static InputException bad(Path file, String member, long offset, String problem) {
    return InputException.in(
        file, (member.isEmpty() ? "" : member + ", ") + "byte " + offset, problem, "");
  }
}
