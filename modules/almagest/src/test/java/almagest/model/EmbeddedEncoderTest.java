package almagest.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import almagest.corpus.Cache;
import almagest.run.Workers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Our forward pass against the model's own graph, run by ONNX Runtime on a padded batch. Runs where
 * the model has been fetched; a run of the program fetches it.
 */
class EmbeddedEncoderTest {
  private static final List<String> TEXTS =
      List.of(
          "Saturn has rings.",
          "for (int i = 0; i < n; i++) { total += weights[i] * values[i]; }",
          "The committee adopted the resolution, although three members had objections to it.",
          "Naïve café — 42 % of 1,024; see §3.");

  @ParameterizedTest
  @ValueSource(strings = {"all-minilm-l6-v2", "bge-small-en-v1.5"})
  void everyLayerEqualsTheModelsOwnGraph(String name) throws Exception {
    Path folder = Cache.directory().resolve("models").resolve(name);
    Path file = folder.resolve(name + ".onnx");
    assumeTrue(
        Files.exists(file), () -> name + " has not been fetched; comes back once it is at " + file);
    try (LanguageModel model = LanguageModel.open(folder, new LanguageModel.Options());
        Workers workers = new Workers(2)) {
      List<Context> contexts =
          TEXTS.stream().map(t -> Context.of(model.tokenizer().encode(t))).toList();
      Set<Hook> hooks = new TreeSet<>();
      IntStream.range(0, model.layers()).mapToObj(Hook::residPost).forEach(hooks::add);
      try (Activations ours = model.forward(contexts, LanguageModel.Request.of(hooks), workers)) {
        Map<Hook, float[]> theirs = onnx(file, contexts, hooks, model.layers());
        int longest = contexts.stream().mapToInt(Context::length).max().orElseThrow();
        for (Hook hook : hooks) {
          float[] expected = theirs.get(hook);
          for (int c = 0; c < contexts.size(); c++) {
            float[] found = ours.at(hook, c).toArray();
            double worst = 0;
            for (int i = 0; i < found.length; i++) {
              worst =
                  Math.max(worst, Math.abs(found[i] - expected[c * longest * model.dModel() + i]));
            }
            assertThat(worst).as("%s, text %d", hook.name(), c).isLessThan(1e-4);
          }
        }
      }
    }
  }

  private static Map<Hook, float[]> onnx(
      Path file, List<Context> contexts, Set<Hook> hooks, int layers)
      throws OrtException, IOException {
    Map<Hook, String> outputs = new java.util.TreeMap<>();
    for (Hook hook : hooks) {
      outputs.put(
          hook,
          hook.layer() == layers - 1
              ? "last_hidden_state"
              : "/encoder/layer." + hook.layer() + "/output/LayerNorm/Add_1_output_0");
    }
    int rows = contexts.size();
    int longest = contexts.stream().mapToInt(Context::length).max().orElseThrow();
    long[] ids = new long[rows * longest];
    long[] mask = new long[rows * longest];
    for (int r = 0; r < rows; r++) {
      int[] row = contexts.get(r).ids();
      for (int i = 0; i < row.length; i++) {
        ids[r * longest + i] = row[i];
        mask[r * longest + i] = 1;
      }
    }
    long[] shape = {rows, longest};
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session =
            environment.createSession(withOutputs(file, outputs), new OrtSession.SessionOptions());
        OnnxTensor idTensor = OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape);
        OnnxTensor maskTensor = OnnxTensor.createTensor(environment, LongBuffer.wrap(mask), shape);
        OnnxTensor typeTensor =
            OnnxTensor.createTensor(environment, LongBuffer.wrap(new long[ids.length]), shape)) {
      Map<String, OnnxTensorLike> inputs =
          Map.of("input_ids", idTensor, "attention_mask", maskTensor, "token_type_ids", typeTensor);
      Map<Hook, float[]> values = new java.util.TreeMap<>();
      try (OrtSession.Result result = session.run(inputs)) {
        for (Map.Entry<Hook, String> e : outputs.entrySet()) {
          FloatBuffer buffer =
              ((OnnxTensor) result.get(e.getValue()).orElseThrow()).getFloatBuffer();
          float[] copy = new float[buffer.remaining()];
          buffer.get(copy);
          values.put(e.getKey(), copy);
        }
      }
      return values;
    }
  }

  /**
   * The model's bytes with more graph outputs. Protobuf merges a message that comes twice, so they
   * can be appended: field 7 (graph) of field 12 (output) of a name and the type float.
   */
  private static byte[] withOutputs(Path file, Map<Hook, String> outputs) throws IOException {
    ByteArrayOutputStream graph = new ByteArrayOutputStream();
    for (String name : outputs.values()) {
      if (!name.equals("last_hidden_state")) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        field(output, 1, name.getBytes(StandardCharsets.UTF_8));
        field(output, 2, new byte[] {0x0a, 2, 0x08, 1});
        field(graph, 12, output.toByteArray());
      }
    }
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    model.write(Files.readAllBytes(file));
    field(model, 7, graph.toByteArray());
    return model.toByteArray();
  }

  private static void field(ByteArrayOutputStream out, int number, byte[] bytes) {
    out.write(number << 3 | 2);
    int n = bytes.length;
    while (n >= 0x80) {
      out.write(n & 0x7f | 0x80);
      n >>>= 7;
    }
    out.write(n);
    out.writeBytes(bytes);
  }
}
