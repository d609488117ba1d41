package almagest.feature;

import almagest.run.InputException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds out which family of files a path is. */
final class SaeReader {
  private SaeReader() {}

  static Sae open(Path path) {
    if (!Files.exists(path)) {
      throw InputException.in(path, "", "there is no such file or directory", "");
    }
    if (!Files.isDirectory(path)) {
      String name = String.valueOf(path.getFileName());
      if (name.endsWith(".npz")) {
        return GemmaScope.readNpz(path);
      }
      if (name.endsWith(".pt") || name.endsWith(".pth")) {
        return TorchSaes.read(path);
      }
      Path parent = path.toAbsolutePath().getParent();
      if (parent != null && name.endsWith(".safetensors")) {
        return openDirectory(name.equals("final.safetensors") ? parent.resolveSibling("") : parent);
      }
      throw unknown(path);
    }
    return openDirectory(path);
  }

  private static Sae openDirectory(Path directory) {
    if (has(directory, "params.npz")) {
      return GemmaScope.readNpz(directory.resolve("params.npz"));
    }
    if (has(directory, "params.safetensors")) {
      return GemmaScope.readSafetensors(directory);
    }
    if (has(directory, "cfg.json") && has(directory, "sae_weights.safetensors")) {
      return SaeLensReader.read(directory);
    }
    if (has(directory, "cfg.json") && has(directory, "sae.safetensors")) {
      return Sparsify.read(directory);
    }
    if (has(directory, "hyperparams.json")) {
      return LlamaScope.read(directory);
    }
    if (has(directory, "ae.pt")) {
      return TorchSaes.read(directory.resolve("ae.pt"));
    }
    throw unknown(directory);
  }

  private static boolean has(Path directory, String name) {
    return Files.exists(directory.resolve(name));
  }

  private static InputException unknown(Path path) {
    return InputException.in(
        path,
        "",
        "expected an SAE: cfg.json with sae_weights.safetensors (SAELens) or sae.safetensors"
            + " (sparsify), params.npz or params.safetensors (Gemma Scope), hyperparams.json (Llama"
            + " Scope), ae.pt (dictionary_learning); found none of them",
        "");
  }
}
