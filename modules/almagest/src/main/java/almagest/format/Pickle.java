package almagest.format;

import almagest.run.InputException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the data in a pickle stream without running any of its code. A pickle is a program for a
 * stack machine, whose instructions GLOBAL and REDUCE call anything by name; here they call a
 * closed list of names, which build dictionaries and describe tensors, and every other name or
 * instruction is refused where it stands.
 *
 * <p>Values are {@link Long}, {@link Double}, {@link Boolean}, {@link String}, {@link List}, {@link
 * Map} (with text or whole numbers as keys), {@link None}, {@link Tuple}, {@link Global}, {@link
 * Storage} and {@link Strided}. The result may hold one list many times over, so it must not be
 * walked without keeping count.
 *
 * <p>Source: the opcodes of Python's {@code pickletools}, protocols 2 to 5.
 */
final class Pickle {
  private static final Set<String> STORAGES =
      Set.of(
          "DoubleStorage",
          "FloatStorage",
          "HalfStorage",
          "BFloat16Storage",
          "LongStorage",
          "IntStorage",
          "ShortStorage",
          "CharStorage",
          "ByteStorage",
          "BoolStorage");

  private final Path file;
  private final String member;
  private final MemorySegment bytes;
  private long at;
  private final Deque<Object> stack = new ArrayDeque<>();
  private final Map<Long, Object> memo = new HashMap<>();

  /** Python's None. */
  enum None {
    NONE
  }

  /** The bottom of a group of values on the stack. */
  private enum Mark {
    MARK
  }

  record Tuple(List<Object> items) {}

  /** An allowed name, e.g. {@code collections.OrderedDict}. */
  record Global(String name) {}

  /** Where the elements of tensors lie: the member {@code data/KEY} of the archive. */
  record Storage(ElementType type, String key, long count) {}

  /** A tensor over a storage; offset and strides count elements, as yet unchecked. */
  record Strided(Storage storage, long offset, long[] shape, long[] stride) {}

  private Pickle(Path file, String member, MemorySegment bytes) {
    this.file = file;
    this.member = member;
    this.bytes = bytes;
  }

  /** The value of the stream, which ends with its STOP. */
  static Object read(Path file, String member, MemorySegment bytes) {
    return new Pickle(file, member, bytes).run();
  }

  private Object run() {
    while (true) {
      long start = at;
      int op = u8();
      switch (op) {
        case 0x80 -> {
          int protocol = u8();
          if (protocol < 2 || protocol > 5) {
            throw bad(start, "pickle protocol " + protocol + ", expected 2 to 5");
          }
        }
        case 0x95 -> at = checked(at, 8) + 8; // FRAME: only tells how far to read ahead
        case '.' -> {
          Object value = pop(start);
          if (!stack.isEmpty()) {
            throw bad(start, "values are left over at the end");
          }
          return value;
        }
        case 'N' -> stack.push(None.NONE);
        case 0x88 -> stack.push(true);
        case 0x89 -> stack.push(false);
        case 'K' -> stack.push((long) u8());
        case 'M' -> stack.push((long) u8() | (long) u8() << 8);
        case 'J' -> stack.push((long) (int) little(4));
        case 0x8a -> stack.push(longOf(start, u8()));
        case 'G' -> stack.push(Double.longBitsToDouble(Long.reverseBytes(little(8))));
        case 'X' -> stack.push(text(little(4)));
        case 0x8c -> stack.push(text(u8()));
        case '}' -> stack.push(new LinkedHashMap<Object, Object>());
        case ']' -> stack.push(new ArrayList<>());
        case ')' -> stack.push(new Tuple(List.of()));
        case '(' -> stack.push(Mark.MARK);
        case 't' -> stack.push(new Tuple(popToMark(start)));
        case 0x85 -> stack.push(new Tuple(popMany(start, 1)));
        case 0x86 -> stack.push(new Tuple(popMany(start, 2)));
        case 0x87 -> stack.push(new Tuple(popMany(start, 3)));
        case 'a' -> appendAll(start, popMany(start, 1));
        case 'e' -> appendAll(start, popToMark(start));
        case 's' -> putAll(start, popMany(start, 2));
        case 'u' -> putAll(start, popToMark(start));
        case 'q' -> memo.put((long) u8(), top(start));
        case 'r' -> memo.put(little(4), top(start));
        case 0x94 -> memo.put((long) memo.size(), top(start));
        case 'h' -> stack.push(remembered(start, u8()));
        case 'j' -> stack.push(remembered(start, little(4)));
        case 'c' -> stack.push(global(start, line(), line()));
        case 0x93 -> {
          List<Object> names = popMany(start, 2);
          if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
            throw bad(start, "a global without a name");
          }
          stack.push(global(start, module, name));
        }
        case 'Q' -> stack.push(storage(start, pop(start)));
        case 'R' -> {
          List<Object> call = popMany(start, 2);
          stack.push(call(start, call.get(0), call.get(1)));
        }
        case 'b' -> {
          // Attributes of a dictionary (torch keeps versions of modules there) are not data.
          pop(start);
          if (!(top(start) instanceof Map)) {
            throw bad(start, "a state for something that is no dictionary");
          }
        }
        default -> throw bad(start, "instruction 0x" + Integer.toHexString(op) + " is not allowed");
      }
    }
  }

  private Object global(long start, String module, String name) {
    String whole = module + "." + name;
    boolean allowed =
        switch (module) {
          case "collections" -> name.equals("OrderedDict");
          case "torch._utils" ->
              name.equals("_rebuild_tensor_v2") || name.equals("_rebuild_parameter");
          case "torch" -> STORAGES.contains(name);
          default -> false;
        };
    if (!allowed) {
      throw bad(
          start,
          "it asks for "
              + shown(whole)
              + ", which is not among what rebuilds a tensor; nothing of it was run");
    }
    return new Global(whole);
  }

  private Object call(long start, Object callee, Object arguments) {
    if (!(callee instanceof Global(String name)) || !(arguments instanceof Tuple(var items))) {
      throw bad(start, "a call of something that is no name");
    }
    return switch (name) {
      case "collections.OrderedDict" -> {
        if (!items.isEmpty()) {
          throw bad(start, "an OrderedDict with arguments");
        }
        yield new LinkedHashMap<Object, Object>();
      }
      case "torch._utils._rebuild_tensor_v2" -> {
        if (items.size() < 6
            || !(items.get(0) instanceof Storage storage)
            || !(items.get(1) instanceof Long offset)) {
          throw bad(start, "a tensor without a storage");
        }
        yield new Strided(storage, offset, longs(start, items.get(2)), longs(start, items.get(3)));
      }
      case "torch._utils._rebuild_parameter" -> {
        if (items.isEmpty() || !(items.get(0) instanceof Strided tensor)) {
          throw bad(start, "a parameter without a tensor");
        }
        yield tensor;
      }
      default -> throw bad(start, "a call of " + name);
    };
  }

  private Object storage(long start, Object id) {
    if (id instanceof Tuple(var items)
        && items.size() == 5
        && "storage".equals(items.get(0))
        && items.get(1) instanceof Global(String name)
        && items.get(2) instanceof String key
        && items.get(4) instanceof Long count) {
      return new Storage(type(start, name), key, count);
    }
    throw bad(start, "a persistent id that is no storage");
  }

  private ElementType type(long start, String name) {
    return switch (name) {
      case "torch.DoubleStorage" -> ElementType.F64;
      case "torch.FloatStorage" -> ElementType.F32;
      case "torch.HalfStorage" -> ElementType.F16;
      case "torch.BFloat16Storage" -> ElementType.BF16;
      case "torch.LongStorage" -> ElementType.I64;
      case "torch.IntStorage" -> ElementType.I32;
      case "torch.ShortStorage" -> ElementType.I16;
      case "torch.CharStorage" -> ElementType.I8;
      case "torch.ByteStorage" -> ElementType.U8;
      case "torch.BoolStorage" -> ElementType.BOOL;
      default -> throw bad(start, name + " is no storage");
    };
  }

  private long[] longs(long start, Object value) {
    if (!(value instanceof Tuple(var items)) || items.size() > 32) {
      throw bad(start, "a shape or stride that is no tuple of up to 32 numbers");
    }
    long[] longs = new long[items.size()];
    for (int i = 0; i < longs.length; i++) {
      if (!(items.get(i) instanceof Long n)) {
        throw bad(start, "a shape or stride that is no whole number");
      }
      longs[i] = n;
    }
    return longs;
  }

  @SuppressWarnings("unchecked") // Only this class makes the lists on the stack.
  private void appendAll(long start, List<Object> items) {
    if (!(top(start) instanceof List<?> list)) {
      throw bad(start, "an append to something that is no list");
    }
    ((List<Object>) list).addAll(items);
  }

  @SuppressWarnings("unchecked") // Only this class makes the maps on the stack.
  private void putAll(long start, List<Object> items) {
    if (!(top(start) instanceof Map<?, ?> map) || items.size() % 2 != 0) {
      throw bad(start, "entries for something that is no dictionary");
    }
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      if (!(key instanceof String) && !(key instanceof Long)) {
        throw bad(start, "a key that is neither text nor a whole number");
      }
      if (((Map<Object, Object>) map).put(key, items.get(i + 1)) != null) {
        throw bad(start, "the key " + shown(key.toString()) + " twice");
      }
    }
  }

  private Object remembered(long start, long index) {
    Object value = memo.get(index);
    if (value == null) {
      throw bad(start, "nothing was remembered under " + index);
    }
    return value;
  }

  private Object top(long start) {
    Object value = stack.peek();
    if (value == null || value == Mark.MARK) {
      throw bad(start, "the stack is empty");
    }
    return value;
  }

  private Object pop(long start) {
    top(start);
    return stack.pop();
  }

  private List<Object> popMany(long start, int count) {
    List<Object> items = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      items.addFirst(pop(start));
    }
    return items;
  }

  private List<Object> popToMark(long start) {
    List<Object> items = new ArrayList<>();
    @Nullable Object value = stack.poll();
    while (value != null && value != Mark.MARK) {
      items.add(value);
      value = stack.poll();
    }
    if (value == null) {
      throw bad(start, "a group that was not begun");
    }
    return items.reversed();
  }

  private long longOf(long start, int length) {
    if (length > 8) {
      throw bad(start, "a whole number of " + length + " bytes, expected at most 8");
    }
    long value = little(length);
    int unused = 64 - 8 * length;
    return length == 0 ? 0 : value << unused >> unused;
  }

  private String text(long length) {
    checked(at, length);
    if (length > 1 << 16) {
      throw bad(at, "a text of " + length + " bytes, expected at most " + (1 << 16));
    }
    String text = utf8(bytes.asSlice(at, length));
    at += length;
    return text;
  }

  private String line() {
    long end = at;
    while (end - at < 1000 && bytes.get(Tensor.BYTE, checked(end, 1)) != '\n') {
      end++;
    }
    String text = utf8(bytes.asSlice(at, end - at));
    at = end + 1;
    return text;
  }

  private String utf8(MemorySegment text) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(text.toArray(Tensor.BYTE)))
          .toString();
    } catch (CharacterCodingException e) {
      throw bad(at, "a text that is not UTF-8");
    }
  }

  private int u8() {
    return bytes.get(Tensor.BYTE, checked(at++, 1)) & 0xff;
  }

  private long little(int length) {
    checked(at, length);
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (bytes.get(Tensor.BYTE, at++) & 0xffL) << (8 * i);
    }
    return value;
  }

  private long checked(long offset, long length) {
    if (length > bytes.byteSize() - offset) {
      throw bad(offset, "the pickle is cut off");
    }
    return offset;
  }

  private static String shown(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", "?");
    return clean.length() <= 100 ? clean : clean.substring(0, 100) + " …";
  }

  private InputException bad(long offset, String problem) {
    return InputException.in(
        file, (member.isEmpty() ? "" : member + ", ") + "byte " + offset, problem, "");
  }
}
