package almagest.corpus;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Cuts the documents of one source out of its archives. */
final class Extraction {
  private final Manifest manifest;
  private final Manifest.Source source;
  private final Map<String, Path> archives;
  private final Set<String> seenItems = new HashSet<>();
  private final Set<String> seenPieces = new HashSet<>();

  Extraction(Manifest manifest, Manifest.Source source, Map<String, Path> archives) {
    this.manifest = manifest;
    this.source = source;
    this.archives = archives;
  }

  /** The documents in order, those of one entry together. */
  List<List<Document>> byEntry() {
    List<List<Document>> all = new ArrayList<>();
    for (String name : source.from()) {
      Path path = archives.get(name);
      Manifest.Archive archive = manifest.archives().get(name);
      if (path == null || archive == null) {
        throw new IllegalStateException("the manifest was checked to have " + name);
      }
      String origin = archive.licence().source();
      Archives.read(
          path,
          entry -> source.entries().matches(entry) && !source.except().matches(entry),
          (entry, text) -> {
            List<Document> documents = new ArrayList<>();
            String base = source.type() + "/" + name + "/" + entry + "#";
            for (String whole : texts(text)) {
              for (String piece : cut(whole, manifest.cut())) {
                if (seenPieces.add(withoutSpaces(piece))) {
                  documents.add(
                      new Document(base + (documents.size() + 1), piece, source.type(), origin));
                }
              }
            }
            if (!documents.isEmpty()) {
              all.add(documents);
            }
          });
    }
    return all;
  }

  /** The items of an entry, joined where the source asks for it. */
  private List<String> texts(String entry) {
    Manifest.Items how = source.items();
    List<String> texts = new ArrayList<>();
    Map<String, StringBuilder> open = new java.util.TreeMap<>();
    source
        .rule()
        .find(
            entry,
            item -> {
              String text = PileLines.wellFormed(item.text());
              if (text.length() < Math.max(1, how.atLeast())
                  || (how.distinct() && !seenItems.add(text))) {
                return;
              }
              if (how.group() == 0) {
                texts.add(text);
                return;
              }
              StringBuilder group = open.computeIfAbsent(item.kind(), k -> new StringBuilder());
              if (!group.isEmpty()
                  && group.length() + how.join().length() + text.length() > how.group()) {
                texts.add(group.toString());
                group.setLength(0);
              }
              group.append(group.isEmpty() ? "" : how.join()).append(text);
            });
    open.values().stream().filter(g -> !g.isEmpty()).forEach(g -> texts.add(g.toString()));
    return texts;
  }

  static List<String> cut(String text, Manifest.Cut cut) {
    List<String> pieces = new ArrayList<>();
    StringBuilder piece = new StringBuilder();
    for (String line : (Iterable<String>) text.lines()::iterator) {
      piece.append(line).append('\n');
      if (piece.length() >= cut.longest()) {
        pieces.add(piece.toString());
        piece.setLength(0);
      }
    }
    if (piece.length() < cut.tail() && !pieces.isEmpty()) {
      pieces.add(pieces.removeLast() + piece);
    } else {
      pieces.add(piece.toString());
    }
    return pieces.stream()
        .limit(cut.pieces())
        .map(p -> p.replaceFirst("^\\s*\n", "").stripTrailing())
        .filter(p -> p.length() >= cut.shortest())
        .toList();
  }

  private static String withoutSpaces(String text) {
    StringBuilder kept = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > ' ') {
        kept.append(text.charAt(i));
      }
    }
    return kept.toString();
  }
}
