package almagest.format;

import almagest.run.AtomicFile;
import almagest.run.InputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The {@code .npz} format: a zip of {@code .npy} members. A member that is stored (numpy's {@code
 * savez}) is used where it lies in the memory-mapped file, whatever its size; a deflated one
 * ({@code savez_compressed}) is inflated into native memory, at most as much as its compressed
 * bytes can yield. Archives that lie about names, sizes or checksums are refused.
 *
 * <p>Written uncompressed and without times, so that equal content is equal bytes.
 */
public final class Npz {
  private static final String SUFFIX = ".npy";
  private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final Path path;
  private final ZipArchive zip;
  private final Set<String> names;

  Npz(Path path, ZipArchive zip) {
    this.path = path;
    this.zip = zip;
    Set<String> all = new TreeSet<>();
    for (String member : zip.members().keySet()) {
      if (!member.endsWith(SUFFIX)) {
        throw InputException.in(path, member, "a member that is not an .npy array", "");
      }
      all.add(member.substring(0, member.length() - SUFFIX.length()));
    }
    this.names = Collections.unmodifiableSet(all);
  }

  /** Opens an archive and checks its directory; arrays are read when they are asked for. */
  public static Npz open(Path file) {
    return new Npz(file, ZipArchive.open(file));
  }

  public Path path() {
    return path;
  }

  /** The names of the arrays, without {@code .npy}. */
  public Set<String> names() {
    return names;
  }

  public boolean has(String name) {
    return names.contains(name);
  }

  /**
   * The array of that name, of any size; its checksum is verified.
   *
   * @throws InputException when there is none (the message lists those there are) or it is damaged
   */
  public Tensor tensor(String name) {
    ZipArchive.Member member = zip.members().get(name + SUFFIX);
    if (member == null) {
      throw missing(name, names, path);
    }
    return Npy.tensor(zip.bytes(member), path, member.name());
  }

  /** The array of that name in the heap; for fewer than 2^31 elements. */
  public NpyArray array(String name) {
    return NpyArray.of(tensor(name));
  }

  /** Reads all members into the heap, in the order of the file, by name without {@code .npy}. */
  public static Map<String, NpyArray> read(Path file) {
    Npz npz = open(file);
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    for (String member : npz.zip.members().keySet()) {
      String name = member.substring(0, member.length() - SUFFIX.length());
      arrays.put(name, npz.array(name));
    }
    return arrays;
  }

  /** The array of that name, or an error that lists the names there are. */
  public static NpyArray get(Map<String, NpyArray> arrays, String key, Path file) {
    NpyArray array = arrays.get(key);
    if (array == null) {
      throw missing(key, new TreeSet<>(arrays.keySet()), file);
    }
    return array;
  }

  private static InputException missing(String name, Set<String> names, Path file) {
    return InputException.in(file, "", "expected an array \"" + name + "\", found " + names, "");
  }

  /** Writes the arrays in the order of the map, atomically. */
  public static void write(Path file, Map<String, NpyArray> arrays) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    arrays.forEach((name, array) -> tensors.put(name, array.tensor()));
    writeTensors(file, tensors);
  }

  /** Writes tensors of any size in the order of the map, atomically and in pieces. */
  public static void writeTensors(Path file, Map<String, Tensor> tensors) {
    Map<String, Content> contents = new LinkedHashMap<>();
    tensors.forEach((name, tensor) ->
        contents.put(
            name,
            new Content(
                tensor.type(), tensor.shape(), out -> SafetensorsWriter.copy(tensor.data(), out))));
    writeContents(file, contents);
  }

  /** Writes the values of an array, little endian and row-major. */
  public interface Values {
    /** Called twice, and to write the same both times. */
    void writeTo(OutputStream out) throws IOException;
  }

  /** An array whose values are made while it is written. */
  public record Content(ElementType type, long[] shape, Values values) {}

  /** Writes arrays that need never be in memory, in the order of the map, atomically. */
  public static void writeContents(Path file, Map<String, Content> contents) {
    AtomicFile.write(
        file,
        out -> {
          ZipOutputStream zip = new ZipOutputStream(out);
          zip.setMethod(ZipOutputStream.STORED);
          for (Map.Entry<String, Content> e : contents.entrySet()) {
            Content content = e.getValue();
            zip.putNextEntry(entry(e.getKey() + SUFFIX, content));
            zip.write(NpyHeader.write(content.type(), content.shape()));
            content.values().writeTo(zip);
            zip.closeEntry();
          }
          zip.finish();
        });
  }

  /** A stored member's size and checksum must be known before its data, hence a first pass. */
  private static ZipEntry entry(String name, Content content) throws IOException {
    byte[] header = NpyHeader.write(content.type(), content.shape());
    CRC32 crc = new CRC32();
    CheckedOutputStream checked = new CheckedOutputStream(OutputStream.nullOutputStream(), crc);
    checked.write(header);
    content.values().writeTo(checked);
    ZipEntry entry = new ZipEntry(name);
    entry.setTimeLocal(NO_TIME);
    entry.setSize(header.length + content.type().bytes(Tensor.count(content.shape())));
    entry.setCrc(crc.getValue());
    return entry;
  }
}
