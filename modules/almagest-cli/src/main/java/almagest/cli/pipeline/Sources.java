package almagest.cli.pipeline;

import almagest.corpus.Corpora;
import almagest.corpus.Corpus;
import almagest.corpus.EmbeddedModel;
import almagest.corpus.Licence;
import almagest.model.LanguageModel;
import almagest.run.Hashes;
import almagest.run.InputException;
import almagest.run.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where model and corpus come from, and what they are known by: names in settings become folders,
 * folders become hashes.
 */
final class Sources {
  private final Path modelFolder;
  private final @Nullable EmbeddedModel embedded;
  private final Corpus corpus;
  private final LanguageModel.Options modelOptions;
  private final Map<String, String> modelHashes;

  private Sources(
      Path modelFolder,
      @Nullable EmbeddedModel embedded,
      Corpus corpus,
      LanguageModel.Options modelOptions) {
    this.modelFolder = modelFolder;
    this.embedded = embedded;
    this.corpus = corpus;
    this.modelOptions = modelOptions;
    this.modelHashes = hashesOf(modelFolder);
  }

  /** Fetches what is embedded and not in the cache yet. */
  static Sources open(
      Settings settings,
      Corpora.Options corpusOptions,
      LanguageModel.Options modelOptions,
      Progress progress) {
    Optional<EmbeddedModel> known = EmbeddedModel.named(settings.reading().model());
    Path folder =
        known.isPresent() ? known.get().folder(progress) : Path.of(settings.reading().model());
    if (!Files.isDirectory(folder)) {
      throw new InputException(
          "--model "
              + settings.reading().model()
              + ": no such folder, and not an embedded model ("
              + String.join(", ", EmbeddedModel.ALL.stream().map(EmbeddedModel::name).toList())
              + ")");
    }
    return new Sources(
        folder,
        known.orElse(null),
        Corpora.open(settings.reading().corpus(), corpusOptions, progress),
        modelOptions);
  }

  LanguageModel openModel() {
    return LanguageModel.open(modelFolder, modelOptions);
  }

  Corpus corpus() {
    return corpus;
  }

  /** The licences of corpus and model, for the page. */
  List<Licence> licences() {
    List<Licence> all = new ArrayList<>(corpus.licences());
    if (embedded != null) {
      all.addFirst(embedded.licence());
    }
    return all;
  }

  /** SHA-256 by file name of everything in the model's folder that decides about its numbers. */
  Map<String, String> modelHashes() {
    return modelHashes;
  }

  /** SHA-256 of a file, or of every file in a folder, by its name there. */
  static Map<String, String> hashesOf(Path path) {
    Map<String, String> hashes = new TreeMap<>();
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        hashes.put(path.relativize(file).toString().replace('\\', '/'), Hashes.sha256(file));
      }
    } catch (IOException e) {
      throw InputException.in(path, "", "cannot be listed (" + e.getMessage() + ")", "");
    }
    return hashes;
  }
}
