package almagest.corpus;

import almagest.run.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A SHA-256 that changes when the files of a corpus do, without reading hundreds of gigabytes: over
 * each file's name and size, the whole content of files up to {@value #WHOLE} bytes, and the first
 * and last {@value #ENDS} bytes of larger ones. A change in the middle of a large file that keeps
 * its size goes unseen.
 */
final class Fingerprint {
  static final long WHOLE = 256L << 20;
  static final int ENDS = 1 << 20;

  private final MessageDigest digest;
  private final ByteBuffer buffer = ByteBuffer.allocate(ENDS);

  private Fingerprint() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * @param how what else the documents depend on
   */
  static String of(Path origin, List<Path> files, String how) {
    Fingerprint all = new Fingerprint();
    all.add(how);
    for (Path file : files) {
      all.add(Corpora.within(origin, file));
      all.add(file);
    }
    return HexFormat.of().formatHex(all.digest.digest());
  }

  private void add(String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  private void add(Path file) {
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      add(Long.toString(size));
      if (size <= WHOLE) {
        add(channel, 0, size);
      } else {
        add(channel, 0, ENDS);
        add(channel, size - ENDS, size);
      }
    } catch (IOException e) {
      throw InputException.in(file, "", "cannot be read (" + e.getMessage() + ")", "");
    }
  }

  private void add(FileChannel channel, long from, long to) throws IOException {
    long at = from;
    while (at < to) {
      buffer.clear().limit((int) Math.min(ENDS, to - at));
      int n = channel.read(buffer, at);
      if (n < 0) {
        return;
      }
      digest.update(buffer.flip());
      at += n;
    }
  }
}
