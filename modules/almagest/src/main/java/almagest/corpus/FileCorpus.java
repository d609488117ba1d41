package almagest.corpus;

import almagest.run.InputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** The documents of several files, one file after the other, up to a limit. */
final class FileCorpus implements Corpus {
  private final String name;
  private final Path origin;
  private final List<Path> files;
  private final long limit;
  private final List<Licence> licences;
  private final DocumentReader.Opener opener;
  private @Nullable Census census;

  /** What one pass over the documents finds. */
  private record Census(List<String> types, long size, String sha256) {}

  /**
   * @param origin what the user named, for messages
   * @param limit the most documents to give; negative for all
   */
  FileCorpus(
      String name,
      Path origin,
      List<Path> files,
      long limit,
      List<Licence> licences,
      DocumentReader.Opener opener) {
    this.name = name;
    this.origin = origin;
    this.files = List.copyOf(files);
    this.limit = limit < 0 ? Long.MAX_VALUE : limit;
    this.licences = List.copyOf(licences);
    this.opener = opener;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> types() {
    return census().types();
  }

  @Override
  public long size() {
    return census().size();
  }

  @Override
  public Map<String, String> inputs() {
    return Map.of(name, census().sha256());
  }

  @Override
  public List<Licence> licences() {
    return licences;
  }

  @Override
  public Stream<Document> documents() {
    Documents documents = new Documents();
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(
                documents, Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE),
            false)
        .onClose(documents::close);
  }

  private synchronized Census census() {
    if (census == null) {
      TreeSet<String> types = new TreeSet<>();
      MessageDigest digest = sha256();
      long size = 0;
      Documents documents = new Documents();
      try {
        while (documents.hasNext()) {
          Document document = documents.next();
          size++;
          types.add(document.type());
          for (String part : List.of(document.id(), document.type(), document.text())) {
            digest.update(part.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
          }
        }
      } finally {
        documents.close();
      }
      census = new Census(List.copyOf(types), size, HexFormat.of().formatHex(digest.digest()));
    }
    return census;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Opens a file when the one before it is used up. */
  private final class Documents implements Iterator<Document> {
    private final Iterator<Path> rest = files.iterator();
    private @Nullable DocumentReader reader;
    private @Nullable Document ahead;
    private long given;

    @Override
    public boolean hasNext() {
      while (ahead == null && given < limit) {
        if (reader == null) {
          if (!rest.hasNext()) {
            break;
          }
          reader = opener.open(rest.next());
        }
        ahead = reader.next();
        if (ahead == null) {
          close();
        }
      }
      if (ahead == null && given == 0 && limit > 0) {
        throw InputException.in(
            origin, "", "an empty corpus: there is not one document with text in it", "");
      }
      return ahead != null;
    }

    @Override
    public Document next() {
      if (!hasNext() || ahead == null) {
        throw new NoSuchElementException();
      }
      Document document = ahead;
      ahead = null;
      given++;
      return document;
    }

    void close() {
      if (reader != null) {
        reader.close();
        reader = null;
      }
    }
  }
}
