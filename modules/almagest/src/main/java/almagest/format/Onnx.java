package almagest.format;

import almagest.run.InputException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The stored weights of an ONNX file, memory-mapped, and the nodes of its graph. Only what is
 * needed to take weights out is read; nothing is run.
 *
 * <p>Source: the messages ModelProto, GraphProto, NodeProto and TensorProto of onnx.proto (ONNX IR
 * version 3 and later).
 */
public final class Onnx {
  private final Path path;
  private final Map<String, Tensor> initializers;
  private final List<Node> nodes;

  /**
   * A node of the graph.
   *
   * @param name e.g. {@code /encoder/layer.0/attention/self/query/MatMul}; may be empty
   * @param operation e.g. {@code MatMul}
   * @param inputs names of tensors
   * @param outputs names of tensors
   */
  public record Node(String name, String operation, List<String> inputs, List<String> outputs) {
    public Node {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
    }
  }

  private Onnx(Path path, Map<String, Tensor> initializers, List<Node> nodes) {
    this.path = path;
    this.initializers = Collections.unmodifiableMap(initializers);
    this.nodes = List.copyOf(nodes);
  }

  /**
   * Opens a file.
   *
   * @throws InputException when it is damaged, or holds weights in another file or of an unknown
   *     kind
   */
  public static Onnx open(Path path) {
    return read(path, MappedFile.map(path));
  }

  static Onnx read(Path path, MemorySegment memory) {
    Map<String, Tensor> initializers = new TreeMap<>();
    List<Node> nodes = new ArrayList<>();
    boolean found = false;
    Protobuf model = new Protobuf(path, memory, 0);
    while (model.next()) {
      if (model.field() == 7) {
        found = true;
        graph(path, model.message(), initializers, nodes);
      } else {
        model.skip();
      }
    }
    if (!found) {
      throw InputException.in(path, "", "expected an ONNX model with a graph, found none", "");
    }
    return new Onnx(path, initializers, nodes);
  }

  public Path path() {
    return path;
  }

  /** The stored tensors under the names that the file gives them. */
  public Map<String, Tensor> initializers() {
    return initializers;
  }

  public List<Node> nodes() {
    return nodes;
  }

  /**
   * The weights under the names of the Hugging Face checkpoint that was exported. Named
   * initializers keep their names. The weight of a linear layer is anonymous ({@code
   * onnx::MatMul_787}), stored [in, out] and multiplied by a node such as {@code
   * /encoder/layer.0/output/dense/MatMul}; it is given as {@code
   * encoder.layer.0.output.dense.weight} [out, in], transposed into new memory.
   */
  public Map<String, Tensor> weights() {
    Map<String, String> names = new HashMap<>();
    for (Node node : nodes) {
      if (node.operation.equals("MatMul")
          && node.inputs.size() == 2
          && node.name.startsWith("/")
          && node.name.endsWith("/MatMul")) {
        String weight = node.inputs.get(1);
        Tensor tensor = initializers.get(weight);
        if (tensor != null && tensor.rank() == 2 && weight.contains("::")) {
          String layer = node.name.substring(1, node.name.length() - "/MatMul".length());
          names.put(weight, layer.replace('/', '.') + ".weight");
        }
      }
    }
    Map<String, Tensor> weights = new TreeMap<>();
    for (Map.Entry<String, Tensor> e : initializers.entrySet()) {
      String name = names.get(e.getKey());
      Tensor before =
          name == null
              ? weights.put(e.getKey(), e.getValue())
              : weights.put(name, e.getValue().transposed());
      if (before != null) {
        throw InputException.in(
            path, "initializer " + e.getKey(), "a second tensor under the name " + name, "");
      }
    }
    return weights;
  }

  private static void graph(
      Path path, Protobuf graph, Map<String, Tensor> initializers, List<Node> nodes) {
    while (graph.next()) {
      switch (graph.field()) {
        case 1 -> nodes.add(node(graph.message()));
        case 5 -> initializer(path, graph.message(), initializers);
        default -> graph.skip();
      }
    }
  }

  private static Node node(Protobuf node) {
    String name = "";
    String operation = "";
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    while (node.next()) {
      switch (node.field()) {
        case 1 -> inputs.add(node.string());
        case 2 -> outputs.add(node.string());
        case 3 -> name = node.string();
        case 4 -> operation = node.string();
        default -> node.skip();
      }
    }
    return new Node(name, operation, inputs, outputs);
  }

  private static void initializer(Path path, Protobuf tensor, Map<String, Tensor> initializers) {
    List<Long> dimensions = new ArrayList<>();
    long kind = 0;
    String name = "";
    MemorySegment raw = MemorySegment.NULL;
    MemorySegment floats = MemorySegment.NULL;
    List<Long> integers = new ArrayList<>();
    boolean external = false;
    while (tensor.next()) {
      switch (tensor.field()) {
        case 1 -> numbers(tensor, dimensions);
        case 2 -> kind = tensor.integer();
        case 4 -> floats = tensor.segment();
        case 5, 7 -> numbers(tensor, integers);
        case 8 -> name = tensor.string();
        case 9 -> raw = tensor.segment();
        case 14 -> external = tensor.integer() != 0;
        default -> tensor.skip();
      }
    }
    String place = "initializer " + name;
    if (external) {
      throw InputException.in(
          path, place, "its data lies in another file", "export the model into one file");
    }
    ElementType type = type(path, place, kind);
    long[] shape = dimensions.stream().mapToLong(Long::longValue).toArray();
    MemorySegment data;
    if (!integers.isEmpty() && (type == ElementType.I64 || type == ElementType.I32)) {
      long[] values = integers.stream().mapToLong(Long::longValue).toArray();
      type = ElementType.I64;
      data = MemorySegment.ofArray(values);
    } else {
      data = type == ElementType.F32 && floats.byteSize() > 0 ? floats : raw;
    }
    long needed;
    try {
      needed = type.bytes(Tensor.count(shape));
    } catch (ArithmeticException e) {
      needed = -1;
    }
    if (needed != data.byteSize()) {
      throw InputException.in(
          path,
          place,
          type
              + Arrays.toString(shape)
              + " needs "
              + (needed < 0 ? "more than any file has" : needed)
              + " bytes, found "
              + data.byteSize(),
          "");
    }
    Tensor before = initializers.put(name, new Tensor(path + ", " + place, type, shape, data));
    if (before != null) {
      throw InputException.in(path, place, "this name is given twice", "");
    }
  }

  private static void numbers(Protobuf message, List<Long> into) {
    if (message.isPacked()) {
      Protobuf packed = message.message();
      while (packed.hasMore()) {
        into.add(packed.varint());
      }
    } else {
      into.add(message.integer());
    }
  }

  private static ElementType type(Path path, String place, long kind) {
    return switch (Math.clamp(kind, 0, 99)) {
      case 1 -> ElementType.F32;
      case 2 -> ElementType.U8;
      case 3 -> ElementType.I8;
      case 4 -> ElementType.U16;
      case 5 -> ElementType.I16;
      case 6 -> ElementType.I32;
      case 7 -> ElementType.I64;
      case 9 -> ElementType.BOOL;
      case 10 -> ElementType.F16;
      case 11 -> ElementType.F64;
      case 12 -> ElementType.U32;
      case 13 -> ElementType.U64;
      case 16 -> ElementType.BF16;
      default ->
          throw InputException.in(
              path, place, "elements of ONNX kind " + kind + ", expected numbers", "");
    };
  }
}
