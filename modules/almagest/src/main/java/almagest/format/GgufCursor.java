package almagest.format;

import almagest.run.InputException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reads the head of a GGUF file, value by value; every length is checked before it is used. */
final class GgufCursor {
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final int STRING_LIMIT = 1 << 24;

  private final Path file;
  private final MemorySegment memory;
  private long at;

  GgufCursor(Path file, MemorySegment memory) {
    this.file = file;
    this.memory = memory;
  }

  long position() {
    return at;
  }

  int i32() {
    return memory.get(Tensor.INT, step(4));
  }

  long i64() {
    return memory.get(Tensor.LONG, step(8));
  }

  /**
   * A number of things that are still to come.
   *
   * @param least how many bytes each takes at least
   */
  long count(int least, String what) {
    long count = i64();
    if (count < 0 || count > (memory.byteSize() - at) / least) {
      throw bad(
          Long.toUnsignedString(count)
              + " "
              + what
              + ", more than fit into the "
              + (memory.byteSize() - at)
              + " bytes that are left");
    }
    return count;
  }

  String string() {
    long length = count(1, "bytes of text");
    if (length > STRING_LIMIT) {
      throw bad("a text of " + length + " bytes, expected at most " + STRING_LIMIT);
    }
    byte[] text = memory.asSlice(step(length), length).toArray(Tensor.BYTE);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
    } catch (CharacterCodingException e) {
      throw bad("a text that is not UTF-8");
    }
  }

  /** A metadata value of a GGUF kind, as {@link Gguf#metadata()} gives it. */
  Object value(int kind) {
    return switch (kind) {
      case STRING -> string();
      case ARRAY -> array(i32());
      case 6, 12 -> floating(kind);
      case 7 -> integer(kind) != 0;
      default -> integer(kind);
    };
  }

  private Object array(int kind) {
    int length = (int) Math.min(Integer.MAX_VALUE, count(bytes(kind), "array elements"));
    return switch (kind) {
      case STRING -> {
        String[] texts = new String[length];
        for (int i = 0; i < length; i++) {
          texts[i] = string();
        }
        yield texts;
      }
      case 6, 12 -> {
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
          values[i] = floating(kind);
        }
        yield values;
      }
      case 7 -> {
        boolean[] values = new boolean[length];
        for (int i = 0; i < length; i++) {
          values[i] = integer(kind) != 0;
        }
        yield values;
      }
      default -> {
        long[] values = new long[length];
        for (int i = 0; i < length; i++) {
          values[i] = integer(kind);
        }
        yield values;
      }
    };
  }

  /** The bytes of a value, at least. */
  private int bytes(int kind) {
    return switch (kind) {
      case 0, 1, 7 -> 1;
      case 2, 3 -> 2;
      case 4, 5, 6 -> 4;
      case STRING, 10, 11, 12 -> 8;
      default -> throw bad("metadata of kind " + kind + " in an array");
    };
  }

  private double floating(int kind) {
    return kind == 6 ? memory.get(Tensor.FLOAT, step(4)) : memory.get(Tensor.DOUBLE, step(8));
  }

  private long integer(int kind) {
    return switch (kind) {
      case 0, 7 -> memory.get(Tensor.BYTE, step(1)) & 0xff;
      case 1 -> memory.get(Tensor.BYTE, step(1));
      case 2 -> memory.get(Tensor.SHORT, step(2)) & 0xffff;
      case 3 -> memory.get(Tensor.SHORT, step(2));
      case 4 -> i32() & 0xffff_ffffL;
      case 5 -> i32();
      case 10, 11 -> i64();
      default -> throw bad("metadata of kind " + kind);
    };
  }

  /** Moves on, and gives the place before. */
  private long step(long bytes) {
    if (bytes > memory.byteSize() - at) {
      throw bad("the file ends here, expected " + bytes + " more bytes");
    }
    at += bytes;
    return at - bytes;
  }

  InputException bad(String problem) {
    return InputException.in(file, "byte " + at, problem, "");
  }
}
