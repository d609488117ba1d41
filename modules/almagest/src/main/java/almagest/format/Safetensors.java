package almagest.format;

import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Named tensors of a safetensors file, of several shards, or of a model directory, memory-mapped.
 * Layout: an unsigned 64-bit length N (at most 100,000,000), N bytes of JSON that begin with <code>
 * {</code>, then the data; the spans of the tensors must cover the data exactly, without holes or
 * overlaps.
 *
 * <p>Source: the format's specification in the README of huggingface/safetensors.
 */
public final class Safetensors {
  /** The largest header that the specification allows, in bytes. */
  static final long HEADER_LIMIT = 100_000_000;

  private static final String METADATA = "__metadata__";

  private final Path path;
  private final Map<String, Tensor> tensors;
  private final Map<String, String> metadata;

  private Safetensors(Path path, Map<String, Tensor> tensors, Map<String, String> metadata) {
    this.path = path;
    this.tensors = Collections.unmodifiableMap(tensors);
    this.metadata = Collections.unmodifiableMap(metadata);
  }

  /**
   * Opens a {@code .safetensors} file; a {@code *.safetensors.index.json} with the shards beside
   * it; or a directory that holds {@code model.safetensors} or its index.
   *
   * @throws InputException when the file does not keep to the format; nothing is allocated on the
   *     word of a length in it
   */
  public static Safetensors open(Path path) {
    if (Files.isDirectory(path)) {
      Path single = path.resolve("model.safetensors");
      Path index = path.resolve("model.safetensors.index.json");
      if (Files.exists(single)) {
        return openFile(single);
      }
      if (Files.exists(index)) {
        return openIndex(index);
      }
      throw InputException.in(
          path,
          "",
          "expected model.safetensors or model.safetensors.index.json in this directory, found"
              + " neither",
          "check that the download is complete");
    }
    return path.toString().endsWith(".json") ? openIndex(path) : openFile(path);
  }

  /** Writes tensors and metadata, atomically; equal content gives equal bytes. */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    SafetensorsWriter.write(file, tensors, metadata);
  }

  /** The file, index or directory that was opened. */
  public Path path() {
    return path;
  }

  /** The tensors by name, in alphabetical order. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** The tensor of that name, or an error that lists the names there are. */
  public Tensor tensor(String name) {
    return named(tensors, name, path);
  }

  /** What {@code __metadata__} says; empty when there is none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** The tensor of that name, or an error that lists (the first of) the names there are. */
  static Tensor named(Map<String, Tensor> tensors, String name, Path path) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      List<String> names = new ArrayList<>(new TreeSet<>(tensors.keySet()));
      String found =
          names.size() <= 12
              ? names.toString()
              : names.subList(0, 12) + " and " + (names.size() - 12) + " more";
      throw InputException.in(path, "", "expected a tensor \"" + name + "\", found " + found, "");
    }
    return tensor;
  }

  private static Safetensors openIndex(Path index) {
    JsonNode map = Json.read(index).path("weight_map");
    if (!map.isObject()) {
      throw InputException.in(index, "weight_map", "expected an object of tensor name to file", "");
    }
    Map<String, Safetensors> shards = new TreeMap<>();
    Map<String, Tensor> all = new TreeMap<>();
    Map<String, String> metadata = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : map.properties()) {
      String shard = e.getValue().isTextual() ? e.getValue().textValue() : "";
      if (!shard.matches("[A-Za-z0-9_][A-Za-z0-9._-]*")) {
        throw InputException.in(
            index,
            "weight_map, " + e.getKey(),
            "expected the name of a file in the same directory, found " + e.getValue(),
            "");
      }
      Safetensors opened = shards.get(shard);
      if (opened == null) {
        opened = openFile(index.resolveSibling(shard));
        shards.put(shard, opened);
        metadata.putAll(opened.metadata);
        for (Map.Entry<String, Tensor> t : opened.tensors.entrySet()) {
          if (all.put(t.getKey(), t.getValue()) != null) {
            throw InputException.in(
                index.resolveSibling(shard),
                "tensor " + t.getKey(),
                "this name is in another shard too",
                "");
          }
        }
      }
      opened.tensor(e.getKey());
    }
    return new Safetensors(index, all, metadata);
  }

  private static Safetensors openFile(Path file) {
    return read(file, MappedFile.map(file));
  }

  static Safetensors read(Path file, MemorySegment memory) {
    if (memory.byteSize() < 8) {
      throw InputException.in(
          file, "byte 0", "expected an 8-byte length, found " + memory.byteSize() + " bytes", "");
    }
    long length = memory.get(Tensor.LONG, 0);
    if (length < 2 || length > HEADER_LIMIT || length > memory.byteSize() - 8) {
      throw InputException.in(
          file,
          "byte 0",
          "a header of "
              + Long.toUnsignedString(length)
              + " bytes, expected 2 to "
              + Math.max(2, Math.min(HEADER_LIMIT, memory.byteSize() - 8)),
          "the file is cut off or no safetensors file");
    }
    JsonNode header = header(file, memory.asSlice(8, length));
    MemorySegment data = memory.asSlice(8 + length);
    Map<String, String> metadata = new TreeMap<>();
    List<Span> spans = new ArrayList<>();
    for (Map.Entry<String, JsonNode> e : header.properties()) {
      if (e.getKey().equals(METADATA)) {
        metadata.putAll(metadata(file, e.getValue()));
      } else {
        spans.add(span(file, e.getKey(), e.getValue()));
      }
    }
    checkCover(file, spans, data.byteSize());
    Map<String, Tensor> tensors = new TreeMap<>();
    for (Span s : spans) {
      tensors.put(
          s.name,
          new Tensor(
              file + ", tensor " + s.name,
              s.type,
              s.shape,
              data.asSlice(s.begin, s.end - s.begin)));
    }
    return new Safetensors(file, tensors, metadata);
  }

  private static JsonNode header(Path file, MemorySegment bytes) {
    if (bytes.get(Tensor.BYTE, 0) != '{') {
      throw InputException.in(file, "byte 8", "expected a JSON object that begins with {", "");
    }
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes.toArray(Tensor.BYTE)))
              .toString();
      return Json.parse(text);
    } catch (CharacterCodingException e) {
      throw InputException.in(file, "header", "expected UTF-8 text", "");
    } catch (JsonProcessingException e) {
      throw InputException.in(file, "header", "not valid JSON (" + Json.reason(e) + ")", "");
    }
  }

  private static Map<String, String> metadata(Path file, JsonNode node) {
    Map<String, String> metadata = new LinkedHashMap<>();
    if (!node.isObject()) {
      throw InputException.in(file, METADATA, "expected an object of strings", "");
    }
    for (Map.Entry<String, JsonNode> e : node.properties()) {
      if (!e.getValue().isTextual()) {
        throw InputException.in(
            file, METADATA + ", " + e.getKey(), "expected a string, found " + e.getValue(), "");
      }
      metadata.put(e.getKey(), e.getValue().textValue());
    }
    return metadata;
  }

  /** Where a tensor lies: bytes [begin, end) of the data. */
  private record Span(String name, ElementType type, long[] shape, long begin, long end) {}

  private static Span span(Path file, String name, JsonNode info) {
    String place = "tensor " + name;
    List<String> fields = new ArrayList<>();
    info.fieldNames().forEachRemaining(fields::add);
    Collections.sort(fields);
    if (!info.isObject() || !fields.equals(List.of("data_offsets", "dtype", "shape"))) {
      throw InputException.in(
          file, place, "expected the fields dtype, shape and data_offsets, found " + fields, "");
    }
    ElementType type = type(file, place, info.get("dtype"));
    long[] shape = longs(file, place + ", shape", info.get("shape"));
    long[] offsets = longs(file, place + ", data_offsets", info.get("data_offsets"));
    if (offsets.length != 2 || offsets[1] < offsets[0]) {
      throw InputException.in(
          file,
          place,
          "expected data_offsets [begin, end] with begin ≤ end, found " + Arrays.toString(offsets),
          "");
    }
    long needed;
    try {
      needed = type.bytes(Tensor.count(shape));
    } catch (ArithmeticException e) {
      throw InputException.in(
          file, place, "the shape " + Arrays.toString(shape) + " is too large for any file", "");
    }
    if (needed != offsets[1] - offsets[0]) {
      throw InputException.in(
          file,
          place,
          type
              + Arrays.toString(shape)
              + " needs "
              + needed
              + " bytes, data_offsets span "
              + (offsets[1] - offsets[0]),
          "");
    }
    return new Span(name, type, shape, offsets[0], offsets[1]);
  }

  private static ElementType type(Path file, String place, JsonNode node) {
    for (ElementType type : ElementType.values()) {
      if (!type.isQuantised() && node.isTextual() && type.name().equals(node.textValue())) {
        return type;
      }
    }
    throw InputException.in(
        file, place, "elements of kind " + node + ", expected numbers, e.g. F32, BF16, I64", "");
  }

  private static long[] longs(Path file, String place, JsonNode node) {
    if (!node.isArray()) {
      throw InputException.in(file, place, "expected a list of whole numbers", "");
    }
    long[] values = new long[node.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode v = node.get(i);
      if (!v.isIntegralNumber() || !v.canConvertToLong() || v.longValue() < 0) {
        throw InputException.in(
            file, place, "expected whole numbers from 0 to 2^63 − 1, found " + v, "");
      }
      values[i] = v.longValue();
    }
    return values;
  }

  private static void checkCover(Path file, List<Span> spans, long size) {
    spans.sort(Comparator.comparingLong(Span::begin).thenComparingLong(Span::end));
    long at = 0;
    for (Span s : spans) {
      if (s.begin != at) {
        throw InputException.in(
            file,
            "tensor " + s.name,
            "begins at byte "
                + s.begin
                + " of the data, expected "
                + at
                + (s.begin < at ? " (it overlaps another tensor)" : " (a hole)"),
            "");
      }
      at = s.end;
    }
    if (at != size) {
      throw InputException.in(
          file,
          "end",
          "the tensors take " + at + " bytes, the data has " + size,
          at > size ? "the file is cut off" : "");
    }
  }
}
