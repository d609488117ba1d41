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

  static LanguageModel open(Path directory, LanguageModel.Options options) {
    if (directory.toString().endsWith(".gguf")) {
      return gguf(directory, options);
    }
    if (!Files.isDirectory(directory)) {
      throw InputException.in(
          directory, "", "expected a model's directory, found none", "check the path");
    }
    Path config = directory.resolve("config.json");
    if (Files.exists(config)) {
      return huggingFace(directory, config, options);
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
        directory, "", "expected config.json, or one .onnx or .gguf file, found neither", "");
  }

  private static LanguageModel gguf(Path file, LanguageModel.Options options) {
    GgufModel model = new GgufModel(file);
    Config config = model.config();
    String type = config.text("model_type");
    Weights weights = Weights.of(file, model.weights(), options.device(), options.products());
    String name = String.valueOf(file.getFileName());
    Path beside = file.resolveSibling("tokenizer.json");
    ObjectNode inside = Files.exists(beside) ? null : model.tokenizer();
    return new Transformer(
        name.substring(0, name.length() - ".gguf".length()),
        type,
        family(type, config, weights),
        inside == null ? tokenizer(beside) : Tokenizer.of(file, inside),
        config.beginning(),
        options);
  }

  private static LanguageModel huggingFace(
      Path directory, Path configFile, LanguageModel.Options options) {
    Config config = Config.read(configFile);
    String type = config.text("model_type");
    Weights weights =
        Weights.of(
            directory, Safetensors.open(directory).tensors(), options.device(), options.products());
    Path tokenizer = directory.resolve("tokenizer.json");
    return new Transformer(
        name(directory),
        type,
        family(type, config, weights),
        tokenizer(tokenizer),
        config.beginning(),
        options);
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
    String fileName = String.valueOf(onnx.getFileName());
    String name = fileName.substring(0, fileName.length() - ".onnx".length());
    Weights weights = Weights.of(onnx, stored, options.device(), options.products());
    return new Transformer(
        name,
        "bert",
        new Bert(Config.of(onnx, config), weights),
        tokenizer(directory.resolve(name + "-tokenizer.json")),
        new int[0],
        options);
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
