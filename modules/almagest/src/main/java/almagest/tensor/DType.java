package almagest.tensor;

import org.bytedeco.pytorch.global.torch.ScalarType;

/** What the elements of a {@link Tensor} are. */
public enum DType {
  /** IEEE single precision. */
  FLOAT32(4, ScalarType.Float),
  /** bfloat16: the upper half of a float32. */
  BF16(2, ScalarType.BFloat16),
  /** IEEE half precision. */
  FLOAT16(2, ScalarType.Half),
  /** Signed integers, for token ids. */
  INT32(4, ScalarType.Int);

  private final int bytes;
  private final ScalarType torch;

  DType(int bytes, ScalarType torch) {
    this.bytes = bytes;
    this.torch = torch;
  }

  /** The size of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether this processor has instructions that multiply such elements faster than float32. */
  public boolean isFast() {
    return this == BF16 && Torch.hasBf16();
  }

  ScalarType torch() {
    return torch;
  }
}
