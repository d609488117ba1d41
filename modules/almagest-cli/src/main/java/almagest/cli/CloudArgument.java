package almagest.cli;

import almagest.feature.Sae;
import almagest.format.Clouds;
import almagest.run.Hashes;
import almagest.run.ResourceException;
import almagest.tensor.FloatMatrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A cloud as users name one on the command line: a file, one array of a file, or the directory of a
 * sparse autoencoder, whose decoder is meant.
 */
record CloudArgument(String text) {
  /** Fetches what is published and not in the cache yet. */
  static CloudArgument of(String text, Common common) {
    return new CloudArgument(common.localArray(text));
  }

  static final String DESCRIPTION =
      "FILE.npy [n, d], FILE.npz:KEY, FILE.safetensors:KEY, an SAE directory or a Gemma Scope"
          + " params.npz (its decoder); hub:ORG/REPO:PATH or release/sae_id of a published one.";

  FloatMatrix open() {
    Path path = Path.of(text);
    return Files.isDirectory(path) ? Sae.open(path).wDec() : Clouds.open(text);
  }

  /** SHA-256 of the file, or of every file of the directory, by path. */
  Map<String, String> hashes() {
    Map<String, String> hashes = new TreeMap<>();
    Path path = Path.of(text);
    if (!Files.isDirectory(path)) {
      String file = text.replaceFirst("(\\.np[yz]|\\.safetensors|\\.pt):.*$", "$1");
      hashes.put(file, Hashes.sha256(Path.of(file)));
      return hashes;
    }
    try (Stream<Path> files = Files.list(path)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        hashes.put(file.toString(), Hashes.sha256(file));
      }
    } catch (IOException e) {
      throw new ResourceException("cannot list " + path + ": " + e.getMessage(), e);
    }
    return hashes;
  }
}
