package almagest.model;

import almagest.format.Json;
import almagest.format.Onnx;
import almagest.format.Safetensors;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds out what a directory holds and opens it. */
final class ModelDirectory {
  private ModelDirectory() {}

  static LanguageModel open(Path path, LanguageModel.Options options) {
    options.device().require();
    if (path.toString().endsWith(".gguf")) {
      return gguf(path, options);
    }
    if (path.toString().endsWith(".bin")) {
      Llama2c.Parts parts = Llama2c.open(path);
      return new Transformer(
          stem(path, ".bin"),
          "llama",
          checked("llama", parts.config(), path, parts.stored(), options),
          tokenizer(path.resolveSibling("tokenizer.json")),
          parts.config().beginning(),
          options);
    }
    if (!Files.isDirectory(path)) {
      throw InputException.in(
          path, "", "expected a model's directory, found none", "check the path");
    }
    Path directory = snapshot(path);
    Path config = directory.resolve("config.json");
    if (Files.exists(config)) {
      return huggingFace(directory, config, name(path), options);
    }
    List<Path> onnx = withSuffix(directory, ".onnx");
    if (onnx.size() == 1) {
      return embedded(directory, onnx.getFirst(), options);
    }
    List<Path> gguf = withSuffix(directory, ".gguf");
    if (gguf.size() == 1) {
      return gguf(gguf.getFirst(), options);
    }
    throw InputException.in(
        directory,
        "",
        "expected config.json, or one .onnx or .gguf file, found neither",
        "check that the download is complete");
  }

  private static LanguageModel gguf(Path file, LanguageModel.Options options) {
    GgufModel model = new GgufModel(file);
    Config config = model.config();
    String type = config.text("model_type");
    Family family = checked(type, config, file, model.weights(), options);
    Path beside = file.resolveSibling("tokenizer.json");
    ObjectNode inside = Files.exists(beside) ? null : model.tokenizer();
    return new Transformer(
        stem(file, ".gguf"),
        type,
        family,
        inside == null ? tokenizer(beside) : Tokenizer.of(file, inside),
        config.beginning(),
        options);
  }

  /**
   * A repository's folder in the hub's cache stands for the snapshot that {@code refs/main} names,
   * or for the only one there is.
   */
  private static Path snapshot(Path directory) {
    Path snapshots = directory.resolve("snapshots");
    if (Files.exists(directory.resolve("config.json")) || !Files.isDirectory(snapshots)) {
      return directory;
    }
    Path main = directory.resolve("refs").resolve("main");
    if (Files.isRegularFile(main)) {
      try {
        String commit = Files.readString(main).strip();
        if (commit.matches("[0-9a-zA-Z_-]{1,64}") && Files.isDirectory(snapshots.resolve(commit))) {
          return snapshots.resolve(commit);
        }
      } catch (IOException e) {
        throw InputException.in(main, "", "cannot be read (" + e.getMessage() + ")", "");
      }
    }
    List<Path> all = withSuffix(snapshots, "");
    if (all.size() != 1) {
      throw InputException.in(
          directory,
          "refs/main",
          "expected the name of one of " + all.size() + " snapshots",
          "name the snapshot's own folder");
    }
    return all.getFirst();
  }

  private static LanguageModel huggingFace(
      Path directory, Path configFile, String name, LanguageModel.Options options) {
    Config config = Config.read(configFile);
    String type = config.text("model_type");
    return new Transformer(
        name,
        type,
        checked(type, config, directory, Safetensors.open(directory).tensors(), options),
        tokenizer(directory.resolve("tokenizer.json")),
        config.beginning(),
        options);
  }

  /** A family whose blocks' weights have the names and shapes that its configuration asks for. */
  private static Family checked(
      String type,
      Config config,
      Path file,
      Map<String, almagest.format.Tensor> stored,
      LanguageModel.Options options) {
    Weights weights = Weights.of(file, stored, options.device(), options.products());
    Family family = family(type, config, weights);
    weights.check(() -> {
      for (int layer = 0; layer < family.sizes().layers(); layer++) {
        family.block(layer);
      }
    });
    return family;
  }

  private static Family family(String type, Config config, Weights weights) {
    return switch (type) {
      case "bert" -> new Bert(config, weights);
      case "gemma" -> new Gemma(config, weights);
      case "gemma2" -> new Gemma2(config, weights);
      case "gemma3_text" -> new Gemma3(config, weights);
      case "gpt2" -> new Gpt2(config, weights);
      case "gpt_neox" -> new GptNeoX(config, weights);
      case "llama" -> new Llama(config, weights);
      case "mistral" -> new Mistral(config, weights);
      case "opt" -> new Opt(config, weights);
      case "phi3" -> new Phi3(config, weights);
      case "qwen2" -> new Qwen2(config, weights);
      case "qwen3" -> new Qwen3(config, weights);
      default ->
          throw InputException.in(
              config.file(),
              "model_type",
              "expected bert, gemma, gemma2, gemma3_text, gpt2, gpt_neox, llama, mistral, opt, phi3, qwen2 or"
                  + " qwen3, found "
                  + type,
              "other architectures are not computed");
    };
  }

  /** A BERT encoder exported to ONNX, with no configuration: the shapes of its weights are it. */
  private static LanguageModel embedded(Path directory, Path onnx, LanguageModel.Options options) {
    Map<String, almagest.format.Tensor> stored = Onnx.open(onnx).weights();
    long[] words = shape(onnx, stored, "embeddings.word_embeddings.weight");
    long[] places = shape(onnx, stored, "embeddings.position_embeddings.weight");
    long[] types = shape(onnx, stored, "embeddings.token_type_embeddings.weight");
    long[] up = shape(onnx, stored, "encoder.layer.0.intermediate.dense.weight");
    int layers = 0;
    while (stored.containsKey("encoder.layer." + layers + ".output.dense.weight")) {
      layers++;
    }
    ObjectNode config = Json.object();
    config.put("model_type", "bert");
    config.put("num_hidden_layers", layers);
    config.put("hidden_size", words[1]);
    // The head count leaves no trace in any weight; these encoders have heads of 32.
    config.put("num_attention_heads", words[1] / 32);
    config.put("intermediate_size", up[0]);
    config.put("max_position_embeddings", places[0]);
    config.put("vocab_size", words[0]);
    config.put("type_vocab_size", types[0]);
    config.put("hidden_act", "gelu");
    config.put("layer_norm_eps", 1e-12);
    String name = stem(onnx, ".onnx");
    return new Transformer(
        name,
        "bert",
        checked("bert", Config.of(onnx, config), onnx, stored, options),
        tokenizer(directory.resolve(name + "-tokenizer.json")),
        new int[0],
        options);
  }

  /** A file's name without its suffix. */
  private static String stem(Path file, String suffix) {
    String name = String.valueOf(file.getFileName());
    return name.substring(0, name.length() - suffix.length());
  }

  private static long[] shape(Path file, Map<String, almagest.format.Tensor> stored, String name) {
    almagest.format.Tensor tensor = stored.get(name);
    if (tensor == null || tensor.rank() != 2) {
      throw InputException.in(
          file, name, "expected a matrix of this name, found none", "only BERT encoders are read");
    }
    return tensor.shape();
  }

  private static @Nullable Tokenizer tokenizer(Path file) {
    return Files.exists(file) ? Tokenizer.open(file) : null;
  }

  private static String name(Path directory) {
    return String.valueOf(directory.toAbsolutePath().normalize().getFileName());
  }

  private static List<Path> withSuffix(Path directory, String suffix) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (String.valueOf(file.getFileName()).endsWith(suffix)) {
          found.add(file);
        }
      }
    } catch (IOException e) {
      throw InputException.in(directory, "", "cannot be listed (" + e.getMessage() + ")", "");
    }
    return found;
  }
}
