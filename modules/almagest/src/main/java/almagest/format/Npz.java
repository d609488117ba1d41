package almagest.format;

import almagest.run.AtomicFile;
import almagest.run.InputException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * The {@code .npz} format: a zip of {@code .npy} members, written uncompressed and without times,
 * so that equal content is equal bytes.
 */
public final class Npz {
  private Npz() {}

  /** Reads all members, by name without {@code .npy}. */
  public static Map<String, NpyArray> read(Path file) {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        String name = entry.getName();
        if (!name.endsWith(".npy")) {
          throw InputException.in(file, name, "a member that is not an .npy array", "");
        }
        try (InputStream in = new BufferedInputStream(zip.getInputStream(entry), 1 << 16)) {
          arrays.put(
              name.substring(0, name.length() - 4), Npy.read(in, entry.getSize(), file, name));
        }
      }
    } catch (IOException e) {
      throw InputException.in(file, "", "not a readable npz (" + e.getMessage() + ")", "");
    }
    return arrays;
  }

  /** The array of that name, or an error that lists the names there are. */
  public static NpyArray get(Map<String, NpyArray> arrays, String key, Path file) {
    NpyArray array = arrays.get(key);
    if (array == null) {
      Set<String> names = new TreeSet<>(arrays.keySet());
      throw InputException.in(file, "", "expected an array \"" + key + "\", found " + names, "");
    }
    return array;
  }

  /** Writes the arrays in the order of the map, atomically. */
  public static void write(Path file, Map<String, NpyArray> arrays) {
    AtomicFile.write(
        file,
        out -> {
          ZipOutputStream zip = new ZipOutputStream(out);
          zip.setMethod(ZipOutputStream.STORED);
          for (Map.Entry<String, NpyArray> e : arrays.entrySet()) {
            byte[] bytes = Npy.bytes(e.getValue());
            ZipEntry entry = new ZipEntry(e.getKey() + ".npy");
            entry.setTimeLocal(java.time.LocalDateTime.of(1980, 1, 1, 0, 0));
            entry.setSize(bytes.length);
            CRC32 crc = new CRC32();
            crc.update(bytes);
            entry.setCrc(crc.getValue());
            zip.putNextEntry(entry);
            zip.write(bytes);
            zip.closeEntry();
          }
          zip.finish();
        });
  }
}
