package almagest.corpus;

import almagest.run.Hashes;
import almagest.run.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The entries of zip files and folders as texts, in the order of their names. */
final class Archives {
  /** The largest entry that is read, in bytes; archives are not trusted to say their sizes. */
  static final int MAX_ENTRY = 256 << 20;

  private Archives() {}

  /**
   * Hands over each wanted entry's name and text. Entries that end in {@code .gz} are unpacked;
   * what is not UTF-8 is read as ISO 8859-1.
   */
  static void read(Path archive, Predicate<String> wanted, BiConsumer<String, String> text) {
    try {
      if (Files.isDirectory(archive)) {
        for (Path file : files(archive)) {
          String name = archive.relativize(file).toString().replace('\\', '/');
          if (wanted.test(name)) {
            try (InputStream in = Files.newInputStream(file)) {
              text.accept(name, decode(archive, name, in));
            }
          }
        }
        return;
      }
      try (ZipFile zip = new ZipFile(archive.toFile())) {
        List<? extends ZipEntry> entries =
            zip.stream()
                .filter(e -> !e.isDirectory() && wanted.test(e.getName()))
                .sorted(Comparator.comparing(ZipEntry::getName))
                .toList();
        for (ZipEntry entry : entries) {
          try (InputStream in = zip.getInputStream(entry)) {
            text.accept(entry.getName(), decode(archive, entry.getName(), in));
          }
        }
      }
    } catch (IOException e) {
      throw InputException.in(
          archive, "", "cannot be read as a zip file or folder (" + e.getMessage() + ")", "");
    }
  }

  private static String decode(Path archive, String name, InputStream in) throws IOException {
    byte[] bytes = (name.endsWith(".gz") ? new GZIPInputStream(in) : in).readNBytes(MAX_ENTRY + 1);
    if (bytes.length > MAX_ENTRY) {
      throw InputException.in(
          archive, name, "the entry holds more than " + (MAX_ENTRY >> 20) + " MiB", "");
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      text = new String(bytes, StandardCharsets.ISO_8859_1);
    }
    text = text.startsWith("\uFEFF") ? text.substring(1) : text;
    return text.indexOf('\r') < 0 ? text : text.replace("\r\n", "\n").replace('\r', '\n');
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** Changes when the content of a local archive does. */
  static String fingerprint(Path archive) {
    if (!Files.isDirectory(archive)) {
      return Hashes.sha256(archive);
    }
    try {
      StringBuilder all = new StringBuilder();
      for (Path file : files(archive)) {
        all.append(archive.relativize(file)).append('\0').append(Hashes.sha256(file));
      }
      return Hashes.sha256(all.toString().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw InputException.in(archive, "", "cannot be read (" + e.getMessage() + ")", "");
    }
  }
}
