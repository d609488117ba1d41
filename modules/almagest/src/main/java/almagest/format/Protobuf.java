package almagest.format;

import almagest.run.InputException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A cursor over one message of the protobuf wire format: a sequence of (field number, wire type,
 * value). Every length is checked against the bytes that are left before it is used.
 */
final class Protobuf {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private final Path file;
  private final MemorySegment bytes;
  private final long base;
  private long at;
  private int field;
  private int wireType;

  /**
   * @param base the place of {@code bytes} in the file, for messages
   */
  Protobuf(Path file, MemorySegment bytes, long base) {
    this.file = file;
    this.bytes = bytes;
    this.base = base;
  }

  /** Moves to the next field; false at the end of the message. */
  boolean next() {
    if (at == bytes.byteSize()) {
      return false;
    }
    long key = varint();
    long number = key >>> 3;
    if (number < 1 || number > (1 << 29) - 1) {
      throw bad("a field number of " + number);
    }
    field = (int) number;
    wireType = (int) (key & 7);
    return true;
  }

  int field() {
    return field;
  }

  /** The value of an integer field. */
  long integer() {
    expect(VARINT);
    return varint();
  }

  /** The raw bytes of a length-delimited field. */
  MemorySegment segment() {
    expect(LENGTH_DELIMITED);
    long length = varint();
    if (length < 0 || length > bytes.byteSize() - at) {
      throw bad(
          "a length of "
              + Long.toUnsignedString(length)
              + " where "
              + (bytes.byteSize() - at)
              + " bytes are left");
    }
    at += length;
    return bytes.asSlice(at - length, length);
  }

  /** A nested message. */
  Protobuf message() {
    MemorySegment inner = segment();
    return new Protobuf(file, inner, base + at - inner.byteSize());
  }

  String string() {
    MemorySegment s = segment();
    if (s.byteSize() > 1 << 20) {
      throw bad("a text of " + s.byteSize() + " bytes, expected a name");
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(s.toArray(Tensor.BYTE)))
          .toString();
    } catch (CharacterCodingException e) {
      throw bad("a text that is not UTF-8");
    }
  }

  boolean isPacked() {
    return wireType == LENGTH_DELIMITED;
  }

  /** One varint after another in a packed field, used on the result of {@link #message}. */
  boolean hasMore() {
    return at < bytes.byteSize();
  }

  /** The next bare varint. */
  long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at >= bytes.byteSize()) {
        throw bad("the message ends inside a number");
      }
      byte b = bytes.get(Tensor.BYTE, at++);
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw bad("a number longer than 10 bytes");
  }

  /** Steps over the value of the field. */
  void skip() {
    switch (wireType) {
      case VARINT -> varint();
      case FIXED64 -> advance(8);
      case LENGTH_DELIMITED -> segment();
      case FIXED32 -> advance(4);
      default -> throw bad("wire type " + wireType);
    }
  }

  private void advance(long n) {
    if (n > bytes.byteSize() - at) {
      throw bad("the message ends inside a number");
    }
    at += n;
  }

  private void expect(int expected) {
    if (wireType != expected) {
      throw bad("field " + field + " has wire type " + wireType + ", expected " + expected);
    }
  }

  InputException bad(String problem) {
    return InputException.in(
        file, "byte " + (base + at), problem, "the file is damaged or no protobuf file");
  }
}
