package almagest.format;

import almagest.run.InputException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Maps whole files read-only; the pages are given back when nothing refers to them any more. */
final class MappedFile {
  private MappedFile() {}

  static MemorySegment map(Path file) {
    try {
      if (Files.isDirectory(file)) {
        throw InputException.in(file, "", "expected a file, found a directory", "");
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
      }
    } catch (NoSuchFileException e) {
      throw InputException.in(file, "", "there is no such file", "");
    } catch (IOException e) {
      throw InputException.in(file, "", "cannot be read (" + e.getMessage() + ")", "");
    }
  }
}
