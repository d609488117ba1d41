package almagest.format;

import java.lang.foreign.MemorySegment;

/**
 * The block-quantised kinds of GGML, back to float32. In the blocks of 32, a value is {@code d·q}
 * or {@code d·q + m} with float16 d and m; in the super-blocks of 256, eight or sixteen groups have
 * scales (and minima) of 6 or 8 bits over a float16 of their own. The order of operations is
 * GGML's, so that the values are the same bits.
 *
 * <p>Source: the block layouts of ggml-common.h and the reference dequantisation of ggml-quants.c.
 */
final class Quantised {
  /** What changes no value when it is added, not even the sign of a zero. */
  private static final float NO_MINIMUM = -0f;

  private Quantised() {}

  /** As {@link Tensor#widen}; {@code from} and {@code length} need not be whole blocks. */
  static void widen(
      ElementType type, MemorySegment data, long from, float[] into, int at, int length) {
    int size = type.blockSize();
    float[] block = new float[size];
    byte[] bytes = new byte[type.bytes()];
    int done = 0;
    while (done < length) {
      long index = (from + done) / size;
      int skip = (int) ((from + done) % size);
      int n = Math.min(length - done, size - skip);
      MemorySegment.copy(data, Tensor.BYTE, index * bytes.length, bytes, 0, bytes.length);
      decode(type, bytes, block);
      System.arraycopy(block, skip, into, at + done, n);
      done += n;
    }
  }

  private static void decode(ElementType type, byte[] b, float[] y) {
    switch (type) {
      case Q4_0 -> q4(b, 2, half(b, 0), NO_MINIMUM, -8, y);
      case Q4_1 -> q4(b, 4, half(b, 0), half(b, 2), 0, y);
      case Q5_0 -> q5(b, 2, half(b, 0), NO_MINIMUM, -16, y);
      case Q5_1 -> q5(b, 4, half(b, 0), half(b, 2), 0, y);
      case Q8_0 -> {
        float d = half(b, 0);
        for (int i = 0; i < 32; i++) {
          y[i] = d * b[2 + i];
        }
      }
      case Q4_K -> q45k(b, 16, -1, y);
      case Q5_K -> q45k(b, 48, 16, y);
      case Q6_K -> q6k(b, y);
      default -> throw new IllegalArgumentException(type + " is not quantised");
    }
  }

  private static float half(byte[] b, int at) {
    return Float.float16ToFloat((short) ((b[at] & 0xff) | b[at + 1] << 8));
  }

  /** Low nibbles are values 0 … 15 of the block, high nibbles 16 … 31. */
  private static void q4(byte[] b, int at, float d, float m, int zero, float[] y) {
    for (int i = 0; i < 16; i++) {
      y[i] = d * ((b[at + i] & 15) + zero) + m;
      y[i + 16] = d * (((b[at + i] >> 4) & 15) + zero) + m;
    }
  }

  /** As {@link #q4}, with a fifth bit of each value in the 32 bits before the nibbles. */
  private static void q5(byte[] b, int at, float d, float m, int zero, float[] y) {
    int high =
        (b[at] & 0xff)
            | (b[at + 1] & 0xff) << 8
            | (b[at + 2] & 0xff) << 16
            | (b[at + 3] & 0xff) << 24;
    for (int i = 0; i < 16; i++) {
      int low = b[at + 4 + i];
      y[i] = d * (((low & 15) | (high >>> i & 1) << 4) + zero) + m;
      y[i + 16] = d * (((low >> 4 & 15) | (high >>> (i + 16) & 1) << 4) + zero) + m;
    }
  }

  /**
   * Eight groups of 32: {@code d·scale·q − dmin·min}, scales and minima of 6 bits packed in 12
   * bytes.
   *
   * @param low where the nibbles begin
   * @param high where the fifth bits begin, or −1 where there are none
   */
  private static void q45k(byte[] b, int low, int high, float[] y) {
    float d = half(b, 0);
    float dmin = half(b, 2);
    for (int group = 0; group < 8; group++) {
      float scale = d * scale(b, group);
      float min = dmin * minimum(b, group);
      int shift = group % 2 * 4;
      for (int i = 0; i < 32; i++) {
        int q = b[low + group / 2 * 32 + i] >> shift & 15;
        if (high >= 0) {
          q |= (b[high + i] >> group & 1) << 4;
        }
        y[group * 32 + i] = scale * q - min;
      }
    }
  }

  private static int scale(byte[] b, int group) {
    return group < 4 ? b[4 + group] & 63 : (b[8 + group] & 15) | (b[group] >> 6 & 3) << 4;
  }

  private static int minimum(byte[] b, int group) {
    return group < 4 ? b[8 + group] & 63 : (b[8 + group] >> 4 & 15) | (b[4 + group] >> 6 & 3) << 4;
  }

  /** Sixteen groups of 16: {@code d·scale·(q − 32)} with q of 4 + 2 bits and scales of 8. */
  private static void q6k(byte[] b, float[] y) {
    float d = half(b, 208);
    for (int half = 0; half < 2; half++) {
      for (int quarter = 0; quarter < 4; quarter++) {
        for (int i = 0; i < 32; i++) {
          int low = b[half * 64 + quarter % 2 * 32 + i] >> (quarter / 2 * 4) & 15;
          int high = b[128 + half * 32 + i] >> (2 * quarter) & 3;
          int scale = b[192 + half * 8 + quarter * 2 + i / 16];
          y[half * 128 + quarter * 32 + i] = d * scale * ((low | high << 4) - 32);
        }
      }
    }
  }
}
