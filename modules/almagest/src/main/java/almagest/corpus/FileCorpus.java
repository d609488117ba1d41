package almagest.corpus;

import almagest.run.InputException;
import java.nio.file.Path;
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
  private final String how;
  private final List<Licence> licences;
  private final DocumentReader.Opener opener;
  private @Nullable Census census;
  private @Nullable String fingerprint;
  private volatile Oddities latest = new Oddities();

  /** What one pass over the documents finds. */
  private record Census(List<String> types, long size) {}

  /**
   * @param origin what the user named, for messages
   * @param options of which the fields are the opener's business
   */
  FileCorpus(
      String name,
      Path origin,
      List<Path> files,
      Corpora.Options options,
      List<Licence> licences,
      DocumentReader.Opener opener) {
    this.name = name;
    this.origin = origin;
    this.files = List.copyOf(files);
    this.limit = options.documents() < 0 ? Long.MAX_VALUE : options.documents();
    this.how = limit + " " + options.textField() + " " + options.typeField();
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
  public synchronized Map<String, String> inputs() {
    if (fingerprint == null) {
      fingerprint = Fingerprint.of(origin, files, how);
    }
    return Map.of(name, fingerprint);
  }

  @Override
  public List<String> notes() {
    return latest.notes();
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
      long size = 0;
      Documents documents = new Documents();
      try {
        while (documents.hasNext()) {
          types.add(documents.next().type());
          size++;
        }
      } finally {
        documents.close();
      }
      census = new Census(List.copyOf(types), size);
    }
    return census;
  }

  /** Opens a file when the one before it is used up. */
  private final class Documents implements Iterator<Document> {
    private final Iterator<Path> rest = files.iterator();
    private final Oddities oddities = new Oddities();
    private @Nullable DocumentReader reader;
    private @Nullable Document ahead;
    private long given;

    Documents() {
      latest = oddities;
    }

    @Override
    public boolean hasNext() {
      while (ahead == null && given < limit) {
        if (reader == null) {
          if (!rest.hasNext()) {
            break;
          }
          reader = opener.open(rest.next(), oddities);
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
