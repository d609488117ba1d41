package almagest.tensor;

/** Where tensors live and are computed on. */
public enum Device {
  /** The processor and its memory. */
  CPU,
  /** The first CUDA card; needs the {@code cuda} Maven profile and NVIDIA's driver. */
  CUDA
}
