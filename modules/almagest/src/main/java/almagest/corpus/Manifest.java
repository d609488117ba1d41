package almagest.corpus;

import almagest.format.Json;
import almagest.run.Hashes;
import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A corpus written down: which archives to take, under what terms, and how documents of each type
 * are cut out of them. The embedded ones are resources of this package's library ({@code
 * almagest/corpus/default.json}, {@code quick.json}); a copy can be edited and handed in by its
 * path. {@code docs/corpus.md} explains every key.
 *
 * @param perType the most documents of a type
 * @param seed decides which documents of a type are taken, and their order
 * @param cut how long texts become documents
 * @param archives by the name that sources use
 * @param sources in the order in which types take turns
 * @param sha256 of the manifest's own text
 */
record Manifest(
    String name,
    int perType,
    long seed,
    Cut cut,
    Map<String, Archive> archives,
    List<Source> sources,
    String sha256) {

  /**
   * A zip file or a folder.
   *
   * @param artifact where Maven brings it, or null
   * @param path where it lies otherwise, or null
   */
  record Archive(@Nullable MavenArtifact artifact, @Nullable Path path, Licence licence) {}

  /**
   * Documents of one type.
   *
   * @param from names of archives
   * @param entries which of their entries: globs with {@code *}, {@code **} and <code>{a,b}</code>
   * @param except which of these not
   */
  record Source(
      String type, List<String> from, Globs entries, Globs except, Rule rule, Items items) {}

  /**
   * What happens to the items that a rule finds.
   *
   * @param atLeast shorter items are dropped (characters)
   * @param distinct whether an item that was there before is dropped
   * @param group consecutive items of one kind are joined up to so many characters; 0: not at all
   * @param join what stands between joined items
   */
  record Items(int atLeast, boolean distinct, int group, String join) {}

  /**
   * Cuts texts at line ends.
   *
   * @param longest a piece ends with the line that reaches so many characters
   * @param tail a last piece that is shorter joins the one before
   * @param pieces the most pieces of one text
   * @param shortest shorter pieces are dropped
   */
  record Cut(int longest, int tail, int pieces, int shortest) {}

  static Manifest embedded(String name) {
    return parse(Path.of(name + ".json"), text(name).getBytes(StandardCharsets.UTF_8));
  }

  /** The resource as it is. */
  static String text(String name) {
    String resource = name + ".json";
    try (InputStream in = Manifest.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the library lacks its resource " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("the library's resource " + resource + " is damaged", e);
    }
  }

  static Manifest read(Path file) {
    try {
      return parse(file, Files.readAllBytes(file));
    } catch (IOException e) {
      throw InputException.in(file, "", "cannot be read (" + e.getMessage() + ")", "");
    }
  }

  private static Manifest parse(Path file, byte[] bytes) {
    JsonNode root;
    try {
      root = Json.parse(new String(bytes, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw InputException.in(
          file,
          "line " + (e.getLocation() == null ? 1 : e.getLocation().getLineNr()),
          "not valid JSON (" + e.getOriginalMessage() + ")",
          "a manifest is one JSON object; lines of JSON are named .jsonl");
    }
    Keys keys = new Keys(file, "", root);
    keys.allow(Set.of("name", "about", "per_type", "seed", "cut", "artifacts", "sources"));
    Keys cut = keys.object("cut");
    cut.allow(Set.of("longest", "tail", "pieces", "shortest"));
    Map<String, Archive> archives = archives(file, keys.object("artifacts"));
    List<Source> sources = new ArrayList<>();
    for (Keys source : keys.objects("sources")) {
      sources.add(source(source, archives.keySet()));
    }
    if (sources.isEmpty()) {
      throw InputException.in(file, "sources", "expected at least one, found none", "");
    }
    return new Manifest(
        keys.text("name"),
        keys.count("per_type", 300, 1),
        keys.count("seed", 0, 0),
        new Cut(
            cut.count("longest", 4000, 1),
            cut.count("tail", 1000, 0),
            cut.count("pieces", 8, 1),
            cut.count("shortest", 200, 1)),
        archives,
        sources,
        Hashes.sha256(bytes));
  }

  private static Map<String, Archive> archives(Path file, Keys all) {
    Path folder = file.toAbsolutePath().getParent();
    Map<String, Archive> archives = new LinkedHashMap<>();
    for (String name : all.names()) {
      Keys one = all.object(name);
      one.allow(Set.of("maven", "sha256", "path", "licence", "about"));
      String licence = one.text("licence");
      String about = one.text("about", "");
      if (one.has("path")) {
        String path = one.text("path");
        archives.put(
            name,
            new Archive(
                null,
                folder == null ? Path.of(path) : folder.resolve(path),
                new Licence(path, licence, about)));
      } else {
        MavenArtifact artifact = MavenArtifact.of(one.text("maven"), one.text("sha256"));
        archives.put(
            name, new Archive(artifact, null, new Licence(artifact.coordinates(), licence, about)));
      }
    }
    return archives;
  }

  private static Source source(Keys keys, Set<String> archives) {
    Set<String> allowed = new java.util.HashSet<>(Rule.parameters(keys));
    allowed.addAll(
        Set.of(
            "type", "from", "entries", "except", "rule", "at_least", "distinct", "group", "join"));
    keys.allow(allowed);
    List<String> from = keys.texts("from");
    for (String name : from) {
      if (!archives.contains(name)) {
        throw keys.bad("from", "'" + name + "' is not among artifacts: " + archives);
      }
    }
    return new Source(
        keys.text("type"),
        from,
        new Globs(keys.texts("entries")),
        new Globs(keys.has("except") ? keys.texts("except") : List.of()),
        Rule.parse(keys),
        new Items(
            keys.count("at_least", 0, 0),
            keys.flag("distinct"),
            keys.count("group", 0, 0),
            keys.text("join", "\n")));
  }
}
