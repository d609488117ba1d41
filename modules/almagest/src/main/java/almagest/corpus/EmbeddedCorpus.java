package almagest.corpus;

import almagest.format.Json;
import almagest.run.AtomicFile;
import almagest.run.Hashes;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Turns a manifest into a corpus: fetches its artifacts, cuts documents out of them once, and keeps
 * these in the cache as JSON lines in the form of The Pile, from where they are streamed.
 *
 * <p>Of a type's documents those are taken that a seeded shuffle brings to the front, one of each
 * entry before a second of any. Types take turns, so that every prefix of the corpus holds the
 * types in equal parts as far as they reach.
 */
final class EmbeddedCorpus {
  static final List<String> NAMES = List.of("quick", "default");

  /** Part of the name of what is kept; raise it when the same manifest gives other documents. */
  private static final String EXTRACTION = "3";

  private EmbeddedCorpus() {}

  static Corpus open(Manifest manifest, Corpora.Options options, Progress progress) {
    return open(manifest, options, new MavenArtifacts(options.cache()), progress);
  }

  static Corpus open(
      Manifest manifest, Corpora.Options options, MavenArtifacts maven, Progress progress) {
    Map<String, Path> archives = fetch(manifest, maven, progress);
    Path file =
        options
            .cache()
            .resolve("corpora")
            .resolve(safe(manifest.name()) + "-" + key(manifest, archives) + ".jsonl");
    if (!Files.exists(file)) {
      Cache.alone(
          options.cache(),
          progress,
          () -> {
            if (!Files.exists(file)) {
              keep(extract(manifest, archives, progress), file);
            }
          });
    }
    return new FileCorpus(
        manifest.name(),
        file,
        List.of(file),
        options,
        licences(manifest),
        (f, oddities) ->
            new PileLines(
                f,
                manifest.name(),
                new PileLines.Fields("text", PileLines.TYPE_FIELD, "meta.id", "meta.source"),
                oddities));
  }

  private static void keep(List<Document> documents, Path file) {
    AtomicFile.write(
        file,
        out -> {
          for (Document document : documents) {
            ObjectNode line = Json.object();
            line.put("text", document.text());
            line.putObject("meta")
                .put("pile_set_name", document.type())
                .put("id", document.id())
                .put("source", document.source());
            out.write(Json.line(line).getBytes(StandardCharsets.UTF_8));
            out.write('\n');
          }
        });
  }

  private static Map<String, Path> fetch(
      Manifest manifest, MavenArtifacts maven, Progress progress) {
    Map<String, Path> archives = new LinkedHashMap<>();
    Map<String, MavenArtifact> artifacts = new LinkedHashMap<>();
    for (String name : used(manifest)) {
      Manifest.Archive archive = manifest.archives().get(name);
      if (archive == null) {
        throw new IllegalStateException("the manifest was checked to have " + name);
      } else if (archive.artifact() != null) {
        artifacts.put(name, archive.artifact());
      } else if (archive.path() != null) {
        archives.put(name, archive.path());
      }
    }
    List<Path> files = maven.fetch(List.copyOf(artifacts.values()), progress);
    List<String> names = List.copyOf(artifacts.keySet());
    for (int i = 0; i < names.size(); i++) {
      archives.put(names.get(i), files.get(i));
    }
    return archives;
  }

  private static Set<String> used(Manifest manifest) {
    Set<String> names = new LinkedHashSet<>();
    manifest.sources().forEach(source -> names.addAll(source.from()));
    return names;
  }

  private static List<Licence> licences(Manifest manifest) {
    List<Licence> licences = new ArrayList<>();
    for (String name : used(manifest)) {
      Manifest.Archive archive = manifest.archives().get(name);
      if (archive != null) {
        licences.add(archive.licence());
      }
    }
    return licences;
  }

  /** Changes with the manifest, with local archives (artifacts are pinned) and with our rules. */
  private static String key(Manifest manifest, Map<String, Path> archives) {
    StringBuilder all = new StringBuilder(EXTRACTION).append(manifest.sha256());
    manifest
        .archives()
        .forEach((name, archive) -> {
          Path path = archives.get(name);
          if (archive.path() != null && path != null) {
            all.append(name).append(Archives.fingerprint(path));
          }
        });
    return Hashes.sha256(all.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 16);
  }

  private static String safe(String name) {
    return name.replaceAll("[^A-Za-z0-9._-]", "_");
  }

  private static List<Document> extract(
      Manifest manifest, Map<String, Path> archives, Progress progress) {
    Map<String, List<List<Document>>> byType = new LinkedHashMap<>();
    try (Progress.Task task =
        progress.start("cut documents", manifest.sources().size(), "sources")) {
      for (Manifest.Source source : manifest.sources()) {
        byType
            .computeIfAbsent(source.type(), t -> new ArrayList<>())
            .addAll(new Extraction(manifest, source, archives).byEntry());
        task.advance(1);
      }
    }
    Seed seed = new Seed(manifest.seed());
    List<List<Document>> types = new ArrayList<>();
    byType.forEach((type, entries) ->
        types.add(choose(entries, manifest.perType(), seed.split(type).generator())));
    List<Document> inTurn = new ArrayList<>();
    for (int round = 0; round < manifest.perType(); round++) {
      for (List<Document> type : types) {
        if (round < type.size()) {
          inTurn.add(type.get(round));
        }
      }
    }
    if (inTurn.isEmpty()) {
      throw new InputException(
          "manifest " + manifest.name() + ": an empty corpus, no source gives a document");
    }
    return inTurn;
  }

  /**
   * One document of each entry in random order, then a second of those that have one, and so on.
   */
  private static List<Document> choose(
      List<List<Document>> entries, int most, RandomGenerator random) {
    List<List<Document>> order = new ArrayList<>(entries);
    shuffle(order, random);
    Map<Integer, List<Document>> shuffled = new HashMap<>();
    List<Document> chosen = new ArrayList<>();
    boolean more = true;
    for (int round = 0; more && chosen.size() < most; round++) {
      more = false;
      for (int e = 0; e < order.size() && chosen.size() < most; e++) {
        if (round < order.get(e).size()) {
          List<Document> pieces = order.get(e);
          chosen.add(
              shuffled
                  .computeIfAbsent(
                      e,
                      i -> {
                        List<Document> copy = new ArrayList<>(pieces);
                        shuffle(copy, random);
                        return copy;
                      })
                  .get(round));
          more = true;
        }
      }
    }
    return chosen;
  }

  private static <T> void shuffle(List<T> list, RandomGenerator random) {
    for (int i = list.size() - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      T swap = list.get(i);
      list.set(i, list.get(j));
      list.set(j, swap);
    }
  }
}
