package almagest.format;

import almagest.run.InputException;
import almagest.run.ResourceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The members of a memory-mapped zip (and ZIP64) file, read from its central directory and checked
 * against the local headers before any is used: equal names and methods, no duplicates, no names
 * that lead out of a directory, no two members over the same bytes, no sizes that the file cannot
 * hold. Nothing is ever written to disk.
 *
 * <p>Source: PKWARE's APPNOTE 6.3.10, sections 4.3 to 4.5.
 */
final class ZipArchive {
  /** DEFLATE cannot expand further: at best 258 bytes per 2 bits. */
  private static final long MOST_EXPANSION = 1032;

  private static final int END = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int END64 = 0x06064b50;
  private static final int END64_LOCATOR = 0x07064b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int LOCAL = 0x04034b50;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;
  private static final long IN_ZIP64 = 0xffff_ffffL;

  private final Path file;
  private final MemorySegment memory;
  private final Map<String, Member> members = new LinkedHashMap<>();

  /** A member: where its (compressed) bytes lie and what the directory says about them. */
  record Member(
      String name, int method, long crc, long packedSize, long size, long header, long data) {
    boolean isStored() {
      return method == STORED;
    }
  }

  /**
   * Reads the directory.
   *
   * @throws InputException when the file is no zip, is cut off, or lies
   */
  static ZipArchive open(Path file) {
    return new ZipArchive(file, MappedFile.map(file));
  }

  ZipArchive(Path file, MemorySegment memory) {
    this.file = file;
    this.memory = memory;
    long end = findEnd();
    long count = u16(end + 10);
    long size = u32(end + 12);
    long offset = u32(end + 16);
    long limit = end;
    long locator = end - 20;
    if (locator >= 0 && u32(locator) == END64_LOCATOR) {
      // Some writers (PyTorch) add this even to small files; then both must say the same.
      limit = i64(locator + 8);
      if (limit < 0 || limit > locator - 56 || u32(limit) != END64) {
        throw bad("byte " + locator, "the ZIP64 directory is not where the file says");
      }
      if ((count != 0xffff && count != i64(limit + 32))
          || (size != IN_ZIP64 && size != i64(limit + 40))
          || (offset != IN_ZIP64 && offset != i64(limit + 48))) {
        throw bad("byte " + end, "the two ends of the zip directory do not agree");
      }
      count = i64(limit + 32);
      size = i64(limit + 40);
      offset = i64(limit + 48);
    }
    if (offset < 0
        || size < 0
        || offset > limit
        || size != limit - offset
        || count < 0
        || count > size / 46) {
      throw bad(
          "byte " + end,
          "a directory of "
              + count
              + " members in "
              + size
              + " bytes from byte "
              + offset
              + ", which does not end where its end is marked, byte "
              + limit);
    }
    readDirectory(offset, limit, count);
    checkOverlaps(offset);
  }

  Map<String, Member> members() {
    return members;
  }

  private long findEnd() {
    long size = memory.byteSize();
    for (long at = size - END_BYTES; at >= 0 && at >= size - END_BYTES - 0xffff; at--) {
      if (u32(at) == END && u16(at + 20) == size - at - END_BYTES) {
        if (u16(at + 4) != 0 || u16(at + 6) != 0) {
          throw bad("byte " + at, "a zip in several volumes");
        }
        return at;
      }
    }
    throw bad("", "the end of the zip directory is missing; the file is cut off or no zip");
  }

  private void readDirectory(long offset, long limit, long count) {
    long at = offset;
    for (long i = 0; i < count; i++) {
      if (limit - at < 46 || u32(at) != CENTRAL) {
        throw bad("byte " + at, "expected entry " + i + " of the zip directory");
      }
      int nameBytes = u16(at + 28);
      int extraBytes = u16(at + 30);
      long next = at + 46 + nameBytes + extraBytes + u16(at + 32);
      if (next > limit) {
        throw bad("byte " + at, "entry " + i + " of the zip directory is cut off");
      }
      String name = name(at + 46, nameBytes);
      long[] wide = {u32(at + 24), u32(at + 20), u32(at + 42)};
      widen(name, at + 46 + nameBytes, extraBytes, wide);
      Member member =
          locate(name, u16(at + 8), u16(at + 10), u32(at + 16), wide[1], wide[0], wide[2], offset);
      if (members.put(name, member) != null) {
        throw bad(name, "two members have this name");
      }
      at = next;
    }
    if (at != limit) {
      throw bad("byte " + at, "the zip directory has more than its " + count + " entries");
    }
  }

  /**
   * Replaces values that are all ones by those of the ZIP64 extra field.
   *
   * @param wide size, packed size and (in the directory) offset, in the order of the field
   */
  private void widen(String name, long extra, int extraBytes, long[] wide) {
    long end = extra + extraBytes;
    for (long at = extra; end - at >= 4; ) {
      int length = u16(at + 2);
      if (length > end - at - 4) {
        return; // Padding that some writers put here follows no rule.
      }
      if (u16(at) == 1) {
        long value = at + 4;
        for (int i = 0; i < wide.length; i++) {
          if (wide[i] == IN_ZIP64 && value + 8 <= at + 4 + length) {
            wide[i] = i64(value);
            value += 8;
          }
        }
      }
      at += 4 + length;
    }
    for (long w : wide) {
      if (w < 0) {
        throw bad(name, "a negative size in the zip directory");
      }
    }
  }

  private Member locate(
      String name, int flags, int method, long crc, long packed, long size, long at, long limit) {
    if ((flags & 1) != 0) {
      throw bad(name, "the member is encrypted");
    }
    if (method != STORED && method != DEFLATED) {
      throw bad(name, "compression method " + method + ", expected stored or deflated");
    }
    if (at > limit - 30 || u32(at) != LOCAL) {
      throw bad(name, "there is no member at byte " + at);
    }
    int nameBytes = u16(at + 26);
    int extraBytes = u16(at + 28);
    long data = at + 30 + nameBytes + extraBytes;
    if (data > limit || packed > limit - data) {
      throw bad(
          name, packed + " bytes from byte " + data + " on, but the members end at byte " + limit);
    }
    String localName = name(at + 30, nameBytes);
    if (!localName.equals(name) || u16(at + 8) != method) {
      throw bad(name, "its own header says " + localName + ", method " + u16(at + 8));
    }
    long[] local = {u32(at + 22), u32(at + 18)};
    widen(name, at + 30 + nameBytes, extraBytes, local);
    boolean sizesFollow = (u16(at + 6) & 8) != 0 && local[0] == 0 && local[1] == 0;
    if (!sizesFollow && (local[0] != size || local[1] != packed || u32(at + 14) != crc)) {
      throw bad(
          name,
          "the directory says "
              + size
              + " bytes ("
              + packed
              + " packed), its own header "
              + local[0]
              + " ("
              + local[1]
              + ")"
              + (u32(at + 14) == crc ? "" : ", and the checksums differ"));
    }
    if (method == STORED ? size != packed : size / MOST_EXPANSION > packed) {
      throw bad(name, size + " bytes cannot come out of " + packed);
    }
    return new Member(name, method, crc, packed, size, at, data);
  }

  private void checkOverlaps(long limit) {
    List<Member> ordered = new ArrayList<>(members.values());
    ordered.sort(Comparator.comparingLong(Member::header));
    for (int i = 0; i < ordered.size(); i++) {
      Member m = ordered.get(i);
      long next = i + 1 < ordered.size() ? ordered.get(i + 1).header : limit;
      if (m.data + m.packedSize > next) {
        throw bad(m.name, "its bytes overlap those of the next member");
      }
    }
  }

  private String name(long at, int length) {
    String name;
    try {
      name =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(memory.asSlice(at, length).toArray(Tensor.BYTE)))
              .toString();
    } catch (CharacterCodingException e) {
      throw bad("byte " + at, "a member's name is not UTF-8");
    }
    boolean leadsOut =
        name.startsWith("/")
            || name.contains("\\")
            || name.contains(":")
            || List.of(name.split("/", -1)).contains("..");
    if (name.isEmpty() || leadsOut || name.chars().anyMatch(c -> c < ' ')) {
      throw bad("byte " + at, "a member with the name \"" + name.strip() + "\", which is no name");
    }
    return name;
  }

  /**
   * The bytes of a member: a view of the file when it is stored, else inflated into new memory. Its
   * length and CRC-32 are checked.
   */
  MemorySegment bytes(Member m) {
    MemorySegment packed = memory.asSlice(m.data, m.packedSize);
    MemorySegment bytes = m.isStored() ? packed : inflate(m, packed);
    CRC32 crc = new CRC32();
    long step = 1 << 30;
    for (long at = 0; at < bytes.byteSize(); at += step) {
      crc.update(bytes.asSlice(at, Math.min(step, bytes.byteSize() - at)).asByteBuffer());
    }
    if (crc.getValue() != m.crc) {
      throw bad(
          m.name,
          String.format(
              "the data has CRC-32 %08x, the directory says %08x", crc.getValue(), m.crc));
    }
    return bytes;
  }

  private MemorySegment inflate(Member m, MemorySegment packed) {
    MemorySegment into;
    try {
      into = Arena.ofAuto().allocate(m.size, 64);
    } catch (OutOfMemoryError e) {
      throw new ResourceException(
          file + ", " + m.name + ": there is no memory for its " + m.size + " bytes", e);
    }
    Inflater inflater = new Inflater(true);
    try {
      long in = 0;
      long out = 0;
      int step = 1 << 24;
      ByteBuffer sink = ByteBuffer.allocate(0);
      ByteBuffer beyond = ByteBuffer.allocate(1);
      while (!inflater.finished()) {
        if (inflater.needsInput() && in < packed.byteSize()) {
          long n = Math.min(step, packed.byteSize() - in);
          inflater.setInput(packed.asSlice(in, n).asByteBuffer());
          in += n;
        }
        if (!sink.hasRemaining() && out < m.size) {
          sink = into.asSlice(out, Math.min(step, m.size - out)).asByteBuffer();
        }
        int n = inflater.inflate(sink.hasRemaining() ? sink : beyond);
        out += n;
        if (!beyond.hasRemaining()) {
          throw bad(m.name, "the data goes on after the " + m.size + " bytes of the directory");
        }
        if (n == 0
            && !inflater.finished()
            && (in == packed.byteSize() || inflater.needsDictionary())) {
          break;
        }
      }
      if (out != m.size || !inflater.finished() || inflater.getBytesRead() != m.packedSize) {
        throw bad(m.name, "the data ends after " + out + " bytes, the directory says " + m.size);
      }
      return into;
    } catch (DataFormatException e) {
      throw bad(m.name, "the compressed data is damaged (" + e.getMessage() + ")");
    } finally {
      inflater.end();
    }
  }

  private int u16(long at) {
    return memory.get(Tensor.SHORT, at) & 0xffff;
  }

  private long u32(long at) {
    return memory.get(Tensor.INT, at) & 0xffff_ffffL;
  }

  private long i64(long at) {
    return memory.get(Tensor.LONG, at);
  }

  private InputException bad(String place, String problem) {
    return InputException.in(file, place, problem, "");
  }
}
