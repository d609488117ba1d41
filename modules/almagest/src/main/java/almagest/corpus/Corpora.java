package almagest.corpus;

import almagest.run.InputException;
import almagest.run.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Opens a corpus by what is found under its name. */
public final class Corpora {
  /** Packed {@code .json} is always lines, in practice; plain {@code .json} is a manifest. */
  private static final List<String> LINE_ENDINGS =
      List.of(
          ".jsonl",
          ".jsonl.zst",
          ".jsonl.gz",
          ".ndjson",
          ".ndjson.zst",
          ".ndjson.gz",
          ".json.zst",
          ".json.gz");

  private Corpora() {}

  /**
   * How a corpus is read.
   *
   * @param documents the most documents to take, from the start; negative for all
   * @param textField where the text stands in a line (a path with dots) or the column's name
   * @param typeField likewise for the type; null for {@code meta.pile_set_name} in lines and {@code
   *     type} in columns, where a missing one makes the type {@code untyped}
   * @param cache where fetched artifacts lie
   */
  public record Options(long documents, String textField, @Nullable String typeField, Path cache) {
    public Options {
      if (textField.isBlank()) {
        throw new InputException("--text-field: expected a name, found nothing");
      }
      if (typeField != null && typeField.isBlank()) {
        throw new InputException("--type-field: expected a name, found nothing");
      }
      if (documents == 0) {
        throw new InputException("--documents: expected at least 1, found 0");
      }
    }

    /** All documents, the fields of The Pile, the user's cache. */
    public static Options defaults() {
      return new Options(-1, PileLines.TEXT_FIELD, null, Cache.directory());
    }

    public Options withDocuments(long most) {
      return new Options(most, textField, typeField, cache);
    }

    public Options withTextField(String field) {
      return new Options(documents, field, typeField, cache);
    }

    public Options withTypeField(@Nullable String field) {
      return new Options(documents, textField, field, cache);
    }

    public Options withCache(Path directory) {
      return new Options(documents, textField, typeField, directory);
    }
  }

  /** The text of an embedded corpus's manifest, to be copied and edited. */
  public static String manifest(String name) {
    if (!EmbeddedCorpus.NAMES.contains(name)) {
      throw new InputException(
          "there is no embedded corpus '"
              + name
              + "', only "
              + String.join(", ", EmbeddedCorpus.NAMES));
    }
    return Manifest.text(name);
  }

  /**
   * @param where the name of an embedded corpus ({@code default}, {@code quick}) or a path, as for
   *     {@link #open(Path, Options, Progress)}
   */
  public static Corpus open(String where, Options options, Progress progress) {
    if (EmbeddedCorpus.NAMES.contains(where)) {
      return EmbeddedCorpus.open(Manifest.embedded(where), options, progress);
    }
    return open(Path.of(where), options, progress);
  }

  /**
   * Opens a corpus of the user's own:
   *
   * <ul>
   *   <li>a file {@code .jsonl}, {@code .jsonl.zst} or {@code .jsonl.gz} in the form of The Pile
   *       (also {@code .ndjson…}, {@code .json.gz}, {@code .json.zst});
   *   <li>a {@code .parquet} file;
   *   <li>a folder that holds such files, directly or in one folder below: its shards, in the order
   *       of their names, numbers compared as numbers;
   *   <li>any other folder: one document a text file, whose type is the first folder on the way
   *       down to it; these folders take turns, hidden files are passed over;
   *   <li>a {@code .json} file: a {@link Manifest}.
   * </ul>
   *
   * @throws InputException when there is nothing of this kind, or no document in it
   */
  public static Corpus open(Path path, Options options, Progress progress) {
    String name = String.valueOf(path.getFileName());
    if (Files.isDirectory(path)) {
      return openFolder(path, options);
    }
    if (!Files.exists(path)) {
      throw InputException.in(
          path,
          "",
          "there is no such corpus",
          "give a path or one of " + String.join(", ", EmbeddedCorpus.NAMES));
    }
    if (isLines(name)) {
      return lines(path, List.of(path), options);
    }
    if (name.endsWith(".parquet")) {
      return rows(path, List.of(path), options);
    }
    if (name.endsWith(".json")) {
      return EmbeddedCorpus.open(Manifest.read(path), options, progress);
    }
    throw InputException.in(
        path,
        "",
        "expected .jsonl, .jsonl.zst, .jsonl.gz, .parquet, a folder or a manifest (.json)",
        "texts in plain files go into a folder, one folder a type");
  }

  private static Corpus openFolder(Path root, Options options) {
    List<Path> lines = files(root, 2, Corpora::isLines);
    if (!lines.isEmpty()) {
      return lines(root, lines, options);
    }
    List<Path> tables = files(root, 2, n -> n.endsWith(".parquet"));
    if (!tables.isEmpty()) {
      return rows(root, tables, options);
    }
    return new FileCorpus(
        name(root),
        root,
        inTurn(root, files(root, Integer.MAX_VALUE, n -> true)),
        options,
        List.of(),
        (file, oddities) -> new TextFile(root, file, oddities));
  }

  /** The folders right below the root take turns, so that every prefix holds each of them. */
  private static List<Path> inTurn(Path root, List<Path> files) {
    Map<String, List<Path>> byFolder = new LinkedHashMap<>();
    for (Path file : files) {
      Path relative = root.relativize(file);
      String folder = relative.getNameCount() == 1 ? "" : relative.getName(0).toString();
      byFolder.computeIfAbsent(folder, f -> new ArrayList<>()).add(file);
    }
    List<Path> turns = new ArrayList<>(files.size());
    for (int round = 0; turns.size() < files.size(); round++) {
      for (List<Path> folder : byFolder.values()) {
        if (round < folder.size()) {
          turns.add(folder.get(round));
        }
      }
    }
    return turns;
  }

  private static Corpus lines(Path origin, List<Path> files, Options options) {
    return new FileCorpus(
        name(origin),
        origin,
        files,
        options,
        List.of(),
        (file, oddities) ->
            new PileLines(
                file,
                within(origin, file),
                new PileLines.Fields(options.textField(), options.typeField(), null, null),
                oddities));
  }

  private static Corpus rows(Path origin, List<Path> files, Options options) {
    return new FileCorpus(
        name(origin),
        origin,
        files,
        options,
        List.of(),
        (file, oddities) ->
            new ParquetRows(
                file, within(origin, file), options.textField(), options.typeField(), oddities));
  }

  private static boolean isLines(String name) {
    return LINE_ENDINGS.stream().anyMatch(name::endsWith);
  }

  private static String name(Path path) {
    return String.valueOf(path.toAbsolutePath().normalize().getFileName());
  }

  static String within(Path origin, Path file) {
    return origin.equals(file) ? name(file) : origin.relativize(file).toString().replace('\\', '/');
  }

  /** Below a folder, without hidden ones, in natural order of their paths. */
  private static List<Path> files(Path root, int depth, Predicate<String> wanted) {
    try (Stream<Path> walk = Files.walk(root, depth)) {
      List<Path> files =
          new ArrayList<>(
              walk.filter(Files::isRegularFile)
                  .filter(f -> isVisible(root.relativize(f)))
                  .filter(f -> wanted.test(String.valueOf(f.getFileName())))
                  .toList());
      files.sort(
          Comparator.comparing(
              f -> root.relativize(f).toString().replace('\\', '/'), Corpora::compareNaturally));
      return files;
    } catch (IOException e) {
      throw InputException.in(root, "", "cannot be listed (" + e.getMessage() + ")", "");
    }
  }

  private static boolean isVisible(Path relative) {
    for (Path part : relative) {
      if (part.toString().startsWith(".")) {
        return false;
      }
    }
    return true;
  }

  /** By characters, with runs of digits compared as numbers: 2 before 10; ties by characters. */
  static int compareNaturally(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() && j < b.length()) {
      int order;
      if (isDigit(a.charAt(i)) && isDigit(b.charAt(j))) {
        int endA = endOfDigits(a, i);
        int endB = endOfDigits(b, j);
        String x = withoutZeros(a.substring(i, endA));
        String y = withoutZeros(b.substring(j, endB));
        order = x.length() != y.length() ? x.length() - y.length() : x.compareTo(y);
        i = endA;
        j = endB;
      } else {
        order = a.charAt(i++) - b.charAt(j++);
      }
      if (order != 0) {
        return order;
      }
    }
    int order = (a.length() - i) - (b.length() - j);
    return order != 0 ? order : a.compareTo(b);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static int endOfDigits(String text, int from) {
    int end = from;
    while (end < text.length() && isDigit(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static String withoutZeros(String digits) {
    return digits.replaceFirst("^0+(?=.)", "");
  }
}
