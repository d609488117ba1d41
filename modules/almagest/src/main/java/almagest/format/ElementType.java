package almagest.format;

/**
 * How the elements of a tensor are stored, little endian. Names are those of safetensors, with the
 * block-quantised kinds of GGML after them.
 */
public enum ElementType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  F8_E4M3(1),
  F8_E5M2(1),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U64(8),
  U32(4),
  U16(2),
  U8(1),
  BOOL(1);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether the elements are floating-point numbers. */
  public boolean isFloating() {
    return switch (this) {
      case F64, F32, F16, BF16, F8_E4M3, F8_E5M2 -> true;
      case I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> false;
    };
  }

  /**
   * The memory that {@code count} elements take, in bytes.
   *
   * @throws ArithmeticException when it does not fit a long
   */
  public long bytes(long count) {
    return Math.multiplyExact(count, (long) bytes);
  }
}
