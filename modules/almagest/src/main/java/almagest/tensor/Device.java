package almagest.tensor;

import almagest.run.ResourceException;

/** Where tensors live and are computed on. */
public enum Device {
  /** The processor and its memory. */
  CPU,
  /** The first CUDA card; needs the {@code cuda} Maven profile and NVIDIA's driver. */
  CUDA;

  /** Whether this machine and this build have it. */
  public boolean isAvailable() {
    return this == CPU || Torch.hasCuda();
  }

  /**
   * Makes sure that the device is there.
   *
   * @throws ResourceException when it is not
   */
  public void require() {
    if (!isAvailable()) {
      throw new ResourceException(
          "--device cuda: no CUDA card is seen; it takes a build with -Pcuda, NVIDIA's driver and the"
              + " CUDA 13 libraries on the library path");
    }
  }
}
