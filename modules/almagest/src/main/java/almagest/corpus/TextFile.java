package almagest.corpus;

import almagest.run.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A text file below a folder as one document, whose type is the first folder on the way down to it.
 * A file with a zero byte in its first 8 kB is taken for a picture or the like and passed over, any
 * other must be UTF-8.
 */
final class TextFile implements DocumentReader {
  private static final int MAX_BYTES = TextLines.MAX_LINE;
  private static final int SNIFF = 8192;

  private final Path root;
  private final Path file;
  private final Oddities oddities;
  private boolean read;

  TextFile(Path root, Path file, Oddities oddities) {
    this.root = root;
    this.file = file;
    this.oddities = oddities;
  }

  @Override
  public @Nullable Document next() {
    if (read) {
      return null;
    }
    read = true;
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw InputException.in(
            file,
            "",
            "holds " + size + " bytes; the largest text that is read has " + MAX_BYTES,
            "cut it into several files");
      }
      byte[] bytes = Files.readAllBytes(file);
      for (int i = 0; i < Math.min(bytes.length, SNIFF); i++) {
        if (bytes[i] == 0) {
          oddities.picture();
          return null;
        }
      }
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (text.startsWith("\uFEFF")) {
        text = text.substring(1);
      }
      String id = root.relativize(file).toString().replace('\\', '/');
      int slash = id.indexOf('/');
      if (text.isBlank()) {
        oddities.blank();
        return null;
      }
      if (slash < 0) {
        oddities.untyped();
      }
      String type = slash < 0 ? PileLines.UNTYPED : id.substring(0, slash);
      return new Document(id, text, type, id);
    } catch (CharacterCodingException e) {
      throw InputException.in(
          file, "", "is not UTF-8 text", "convert it, e.g. with iconv, or take it out");
    } catch (IOException e) {
      throw InputException.in(file, "", "cannot be read (" + e.getMessage() + ")", "");
    }
  }

  @Override
  public void close() {}
}
