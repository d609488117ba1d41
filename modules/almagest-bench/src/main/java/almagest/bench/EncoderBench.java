package almagest.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import almagest.model.Activations;
import almagest.model.Context;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.Seed;
import almagest.run.Workers;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * An embedded encoder's forward pass to its last layer on a batch of 16 contexts of 256 tokens,
 * beside ONNX Runtime on the same file, batch and threads. Arguments: the folder with {@code
 * NAME.onnx}, and how often to repeat.
 */
final class EncoderBench {
  private static final int BATCH = 16;
  private static final int LENGTH = 256;

  private EncoderBench() {}

  public static void main(String[] args) throws OrtException {
    Path folder = Path.of(args[0]);
    int repeat = Integer.parseInt(args[1]);
    int threads = Runtime.getRuntime().availableProcessors();
    RandomGenerator random = new Seed(0).generator();
    List<Context> contexts = new ArrayList<>();
    for (int b = 0; b < BATCH; b++) {
      int[] ids = random.ints(LENGTH, 1000, 30_000).toArray();
      ids[0] = 101;
      ids[LENGTH - 1] = 102;
      contexts.add(Context.of(ids));
    }
    double tokens = BATCH * LENGTH;
    try (LanguageModel model = LanguageModel.open(folder, new LanguageModel.Options());
        Workers workers = new Workers(threads)) {
      Hook last = Hook.residPost(model.layers() - 1);
      LanguageModel.Request request = LanguageModel.Request.of(last);
      float[] ours =
          Timing.measure(
              "forward, almagest",
              repeat,
              () -> {
                try (Activations a = model.forward(contexts, request, workers)) {
                  return a.at(last).toArray();
                }
              },
              x -> Map.of("tokens", tokens));
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      OrtSession.SessionOptions options = new OrtSession.SessionOptions();
      options.setIntraOpNumThreads(threads);
      try (OrtSession session =
          environment.createSession(folder.resolve(model.name() + ".onnx").toString(), options)) {
        long[] ids =
            contexts.stream().flatMapToInt(c -> Arrays.stream(c.ids())).asLongStream().toArray();
        float[] theirs =
            Timing.measure(
                "forward, ONNX Runtime",
                repeat,
                () -> onnx(environment, session, ids),
                x -> Map.of("tokens", tokens));
        double largest = 0;
        for (int i = 0; i < ours.length; i++) {
          largest = Math.max(largest, Math.abs(ours[i] - theirs[i]));
        }
        System.out.println("{\"name\":\"largest difference\",\"value\":" + largest + "}");
      }
    }
  }

  private static float[] onnx(OrtEnvironment environment, OrtSession session, long[] ids) {
    long[] shape = {BATCH, LENGTH};
    long[] ones = new long[ids.length];
    Arrays.fill(ones, 1);
    try (OnnxTensor input = OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape);
        OnnxTensor mask = OnnxTensor.createTensor(environment, LongBuffer.wrap(ones), shape);
        OnnxTensor types =
            OnnxTensor.createTensor(environment, LongBuffer.wrap(new long[ids.length]), shape);
        OrtSession.Result result =
            session.run(
                Map.of("input_ids", input, "attention_mask", mask, "token_type_ids", types))) {
      OnnxTensor output = (OnnxTensor) result.get(0);
      float[] values = new float[output.getFloatBuffer().remaining()];
      output.getFloatBuffer().get(values);
      return values;
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
