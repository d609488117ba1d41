package almagest.cli.pipeline;

import almagest.corpus.Corpora;
import almagest.corpus.Corpus;
import almagest.corpus.EmbeddedModel;
import almagest.corpus.Licence;
import almagest.format.hub.Hub;
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
  private final @Nullable Path published;
  private final Map<Integer, Path> clouds;

  private Sources(
      Path modelFolder,
      @Nullable EmbeddedModel embedded,
      Corpus corpus,
      @Nullable Path published,
      Map<Integer, Path> clouds,
      LanguageModel.Options modelOptions) {
    this.modelFolder = modelFolder;
    this.embedded = embedded;
    this.corpus = corpus;
    this.modelOptions = modelOptions;
    this.published = published;
    this.clouds = clouds;
    this.modelHashes = hashesOf(modelFolder);
  }

  /** Fetches what is embedded or on the hub and not in the cache yet. */
  static Sources open(
      Settings settings,
      Corpora.Options corpusOptions,
      LanguageModel.Options modelOptions,
      Progress progress) {
    Optional<EmbeddedModel> known = EmbeddedModel.named(settings.reading().model());
    Path folder =
        known.isPresent()
            ? known.get().folder(progress)
            : Hub.pathOf(settings.reading().model(), progress);
    if (!Files.exists(folder)) {
      throw new InputException(
          "--model "
              + settings.reading().model()
              + ": no such folder, no hub:ORG/REPO, and not an embedded model ("
              + String.join(", ", EmbeddedModel.ALL.stream().map(EmbeddedModel::name).toList())
              + ")");
    }
    return new Sources(
        folder,
        known.orElse(null),
        Corpora.open(
            Hub.pathOf(settings.reading().corpus(), progress).toString(),
            settings.reading().documents() < 0
                ? corpusOptions
                : corpusOptions.withDocuments(settings.reading().documents()),
            progress),
        settings.features().published() == null
            ? null
            : Hub.pathOf(settings.features().published(), progress),
        clouds(settings, progress),
        modelOptions);
  }

  private static Map<Integer, Path> clouds(Settings settings, Progress progress) {
    Map<Integer, Path> clouds = new TreeMap<>();
    for (int layer = 0; layer < settings.clouds().size(); layer++) {
      clouds.put(layer, Hub.pathOf(settings.clouds().get(layer), progress));
    }
    return clouds;
  }

  /** The published SAEs of the galaxy by layer; empty when it is of the run's own. */
  Map<Integer, Path> clouds() {
    return clouds;
  }

  LanguageModel openModel() {
    return LanguageModel.open(modelFolder, modelOptions);
  }

  /** The published SAE of the middle layer, or null when there is none. */
  @Nullable Path published() {
    return published;
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

  /** A file in the hub's cache was verified against the SHA-256 that its blob is named after. */
  private static String hashOf(Path file) throws IOException {
    Path real = file.toRealPath();
    Path parent = real.getParent();
    String name = String.valueOf(real.getFileName());
    return parent != null && parent.endsWith("blobs") && name.matches("[0-9a-f]{64}")
        ? name
        : Hashes.sha256(file);
  }

  /** SHA-256 of a file, or of every file in a folder, by its name there. */
  static Map<String, String> hashesOf(Path path) {
    Map<String, String> hashes = new TreeMap<>();
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        hashes.put(path.relativize(file).toString().replace('\\', '/'), hashOf(file));
      }
    } catch (IOException e) {
      throw InputException.in(path, "", "cannot be listed (" + e.getMessage() + ")", "");
    }
    return hashes;
  }
}
