package almagest.corpus;

import almagest.run.InputException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a UTF-8 file, plain or packed by gzip or zstandard (by the name's ending). Nothing
 * is repaired: bytes that are not UTF-8, a stream that ends early, a wrong checksum and a line of
 * more than {@value #MAX_LINE} bytes are errors that name the line. Memory stays within a few times
 * the longest line.
 */
final class TextLines implements AutoCloseable {
  /** The longest line, in bytes: 64 MiB. */
  static final int MAX_LINE = 64 << 20;

  /** Windows of at most 128 MiB, as the zstandard program allows without being asked. */
  private static final int MAX_WINDOW_LOG = 27;

  private static final int BUFFER = 1 << 16;

  private final Path file;
  private final InputStream in;
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private final byte[] buffer = new byte[BUFFER];
  private int from;
  private int to;
  private byte[] line = new byte[BUFFER];
  private long number;

  TextLines(Path file) {
    this.file = file;
    this.in = open(file);
  }

  private static InputStream open(Path file) {
    String name = String.valueOf(file.getFileName());
    InputStream raw = null;
    try {
      raw = Files.newInputStream(file);
      if (name.endsWith(".zst")) {
        return new ZstdInputStream(new BufferedInputStream(raw, BUFFER)).setLongMax(MAX_WINDOW_LOG);
      }
      return name.endsWith(".gz") ? new GZIPInputStream(raw, BUFFER) : raw;
    } catch (NoSuchFileException e) {
      throw InputException.in(file, "", "there is no such file", "");
    } catch (IOException e) {
      closeQuietly(raw);
      throw InputException.in(
          file, "line 1", "cannot be read (" + e.getMessage() + ")", whatPacked(name));
    }
  }

  /** The 1-based number of the line that {@link #next} gave last. */
  long number() {
    return number;
  }

  /** The next line without its end ({@code \n} or {@code \r\n}), or null at the end. */
  @Nullable String next() {
    int length = 0;
    number++;
    try {
      while (true) {
        if (from == to) {
          from = 0;
          to = Math.max(in.read(buffer), 0);
          if (to == 0) {
            return length == 0 ? end() : text(length);
          }
        }
        int newline = indexOfNewline();
        int stop = newline < 0 ? to : newline;
        length = append(length, stop);
        from = newline < 0 ? to : newline + 1;
        if (newline >= 0) {
          return text(length);
        }
      }
    } catch (IOException e) {
      throw InputException.in(
          file,
          "line " + number,
          "the file breaks off or is damaged here (" + e.getMessage() + ")",
          whatPacked(file.toString()));
    }
  }

  private @Nullable String end() {
    number--;
    return null;
  }

  private int indexOfNewline() {
    for (int i = from; i < to; i++) {
      if (buffer[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  private int append(int length, int stop) {
    int more = stop - from;
    if (length + more > MAX_LINE) {
      throw InputException.in(
          file,
          "line " + number,
          "longer than " + (MAX_LINE >> 20) + " MiB, the longest line that is read",
          "is this one JSON object a line?");
    }
    if (length + more > line.length) {
      line = Arrays.copyOf(line, Math.clamp(2L * (length + more), 0, MAX_LINE));
    }
    System.arraycopy(buffer, from, line, length, more);
    return length + more;
  }

  private String text(int length) {
    int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
    try {
      String text = utf8.decode(ByteBuffer.wrap(line, 0, end)).toString();
      return number == 1 && text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw InputException.in(
          file, "line " + number, "is not UTF-8", "convert the file, e.g. with iconv");
    }
  }

  private static String whatPacked(String name) {
    return name.endsWith(".zst")
        ? "is it a whole zstandard file, with a window of at most 128 MiB?"
        : name.endsWith(".gz") ? "is it a whole gzip file?" : "";
  }

  private static void closeQuietly(@Nullable InputStream in) {
    try {
      if (in != null) {
        in.close();
      }
    } catch (IOException e) {
      // The failure that brought us here is the one to report.
    }
  }

  @Override
  public void close() {
    closeQuietly(in);
  }
}
