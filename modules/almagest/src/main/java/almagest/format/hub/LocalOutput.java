package almagest.format.hub;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Tells a failure of the disk from one of the network, where both are an IOException. */
final class LocalOutput extends FilterOutputStream {
  LocalOutput(OutputStream out) {
    super(out);
  }

  /** The disk failed. */
  static final class Failed extends IOException {
    private static final long serialVersionUID = 1;

    Failed(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    try {
      out.write(bytes, from, length);
    } catch (IOException e) {
      throw new Failed(e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      super.close();
    } catch (IOException e) {
      throw new Failed(e);
    }
  }
}
