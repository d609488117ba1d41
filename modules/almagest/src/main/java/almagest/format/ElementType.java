package almagest.format;

/**
 * How the elements of a tensor are stored, little endian: plain kinds under their safetensors
 * names, then the block-quantised kinds of GGML, in which {@link #blockSize} neighbours of a row
 * share their scales.
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
  BOOL(1),
  Q4_0(32, 18),
  Q4_1(32, 20),
  Q5_0(32, 22),
  Q5_1(32, 24),
  Q8_0(32, 34),
  Q4_K(256, 144),
  Q5_K(256, 176),
  Q6_K(256, 210);

  private final int blockSize;
  private final int bytes;

  ElementType(int bytes) {
    this(1, bytes);
  }

  ElementType(int blockSize, int bytes) {
    this.blockSize = blockSize;
    this.bytes = bytes;
  }

  /** How many elements are stored together; 1 for the plain kinds. */
  public int blockSize() {
    return blockSize;
  }

  /** Bytes of one block; of one element for the plain kinds. */
  public int bytes() {
    return bytes;
  }

  public boolean isQuantised() {
    return blockSize > 1;
  }

  /** Whether the elements are floating-point numbers. */
  public boolean isFloating() {
    return switch (this) {
      case F64, F32, F16, BF16, F8_E4M3, F8_E5M2 -> true;
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K -> true;
      case I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> false;
    };
  }

  /**
   * The memory that {@code count} elements take, in bytes.
   *
   * @throws ArithmeticException when it does not fit a long, or the elements do not fill whole
   *     blocks
   */
  public long bytes(long count) {
    if (count % blockSize != 0) {
      throw new ArithmeticException(count + " elements do not fill blocks of " + blockSize);
    }
    return Math.multiplyExact(count / blockSize, (long) bytes);
  }
}
