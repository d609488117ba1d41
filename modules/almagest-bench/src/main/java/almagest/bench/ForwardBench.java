package almagest.bench;

import almagest.format.Json;
import almagest.model.Activations;
import almagest.model.Context;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.Seed;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Tokens per second of a forward pass to the middle layer, batch 16 of 256 tokens, all processors;
 * {@code forward.py} does the same with transformers. Arguments: model directory, {@code float32}
 * or {@code bf16}, repetitions. Processor seconds are printed beside the clock's, for machines that
 * are not quiet.
 */
final class ForwardBench {
  private static final int BATCH = 16;
  private static final int LENGTH = 256;

  private ForwardBench() {}

  public static void main(String[] args) {
    Path directory = Path.of(args[0]);
    int repeat = Integer.parseInt(args[2]);
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    try (LanguageModel model =
            LanguageModel.open(directory, LanguageModel.Options.of("cpu", args[1]));
        Workers workers = Workers.ofAllProcessors()) {
      RandomGenerator random = new Seed(0).generator();
      List<Context> contexts = new ArrayList<>();
      for (int b = 0; b < BATCH; b++) {
        contexts.add(Context.of(random.ints(LENGTH, 3, model.vocabulary()).toArray()));
      }
      Hook middle = Hook.residPost(model.layers() / 2 - 1);
      ObjectNode line = Json.object().put("name", "forward " + args[1]);
      var seconds = line.putArray("seconds");
      var processor = line.putArray("processor_seconds");
      for (int r = -1; r < repeat; r++) {
        long start = System.nanoTime();
        long used = system.getProcessCpuTime();
        try (Activations a = model.forward(contexts, LanguageModel.Request.of(middle), workers)) {
          line.put("first", a.at(middle).get(1, 0));
        }
        if (r >= 0) {
          seconds.add((System.nanoTime() - start) / 1e9);
          processor.add((system.getProcessCpuTime() - used) / 1e9);
        }
      }
      line.put("tokens", BATCH * LENGTH);
      line.put("layers", middle.layer() + 1);
      line.put("threads", workers.threads());
      System.out.println(Json.line(line));
    }
  }
}
