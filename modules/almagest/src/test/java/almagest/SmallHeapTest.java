package almagest;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.corpus.Corpora;
import almagest.corpus.Corpus;
import almagest.corpus.Document;
import almagest.feature.Sae;
import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.Npz;
import almagest.format.Safetensors;
import almagest.format.Tensor;
import almagest.format.TorchCheckpoint;
import almagest.model.LanguageModel;
import almagest.model.Tokenizer;
import almagest.run.InputException;
import almagest.run.Progress;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every damaged or malicious file ends as its manifest says in a process with 256 MB of heap,
 * opened by whatever a user would open it with.
 */
class SmallHeapTest {
  private static final Path RESOURCES = Path.of("src/test/resources").toAbsolutePath();

  @TempDir Path folder;

  @Test
  void hostileFilesEndAsTheirManifestSaysIn256Megabytes() throws Exception {
    Path log = folder.resolve("log.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                All.class.getName(),
                folder.resolve("work").toString(),
                RESOURCES.resolve("almagest/format/hostile").toString(),
                RESOURCES.resolve("corpus").toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(log)).isZero();
    assertThat(Files.readAllLines(folder.resolve("work/result.txt")))
        .containsExactly("83 files end as they should");
  }

  /** Arguments: a folder to work in, then folders with the files; the first holds the manifest. */
  static final class All {
    private All() {}

    public static void main(String[] args) throws IOException {
      Path work = Files.createDirectories(Path.of(args[0]));
      List<Path> folders = new ArrayList<>();
      for (int i = 1; i < args.length; i++) {
        folders.add(Path.of(args[i]));
      }
      int good = 0;
      List<String> bad = new ArrayList<>();
      for (JsonNode entry : Json.read(folders.getFirst().resolve("manifest.json"))) {
        String name = entry.path("file").asText();
        Path file =
            folders.stream()
                .map(f -> f.resolve(name))
                .filter(Files::exists)
                .findFirst()
                .orElse(null);
        String end = file == null ? "is not there" : end(entry.path("reader").asText(), file, work);
        boolean as =
            switch (entry.path("expect").asText()) {
              case "refuse" -> end.equals("refused");
              case "accept" -> end.equals("accepted");
              default -> end.equals("refused") || end.equals("accepted");
            };
        if (as) {
          good++;
        } else {
          bad.add(name + ": " + end + ", expected " + entry.path("expect").asText());
        }
      }
      bad.addFirst(good + " files end as they should");
      Files.write(work.resolve("result.txt"), bad);
    }

    private static String end(String reader, Path file, Path work) throws IOException {
      try {
        open(reader, file, work);
        return "accepted";
      } catch (InputException e) {
        return e.getMessage().contains("\n") ? "refused in several lines" : "refused";
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        return "failed with " + e;
      }
    }

    private static void open(String reader, Path file, Path work) throws IOException {
      switch (reader.split(" ", 2)[0] + (reader.startsWith("model index") ? " index" : "")) {
        case "safetensors" -> Safetensors.open(file).tensors().values().forEach(Tensor::matrix);
        case "npy" -> Npy.read(file);
        case "npz" -> Npz.read(file);
        case "json" -> Json.read(file);
        case "pt" -> {
          TorchCheckpoint.open(file).tensors().values().forEach(Tensor::floats);
          Sae.open(file);
        }
        case "jsonl", "jsonl.zst" -> {
          try (Corpus corpus = Corpora.open(file, Corpora.Options.defaults(), Progress.NONE);
              Stream<Document> documents = corpus.documents()) {
            documents.forEach(d -> {});
          }
        }
        case "tokenizer.json" -> Tokenizer.open(file).close();
        case "model" ->
            model(
                work,
                file,
                RESOURCES.resolve("almagest/format/hostile/st-valid.safetensors"),
                "model.safetensors");
        case "model index" ->
            model(
                work,
                RESOURCES.resolve("almagest/model/llama/config.json"),
                file,
                "model.safetensors.index.json");
        default -> throw new IllegalStateException("no reader for " + reader);
      }
    }

    /** Opens a model directory of these files. */
    private static void model(Path work, Path config, Path weights, String name)
        throws IOException {
      Path directory = Files.createTempDirectory(work, "model");
      Files.copy(config, directory.resolve("config.json"));
      Files.copy(weights, directory.resolve(name));
      LanguageModel.open(directory, new LanguageModel.Options()).close();
    }
  }
}
