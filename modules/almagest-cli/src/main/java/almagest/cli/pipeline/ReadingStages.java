package almagest.cli.pipeline;

import almagest.activation.ActivationCollector;
import almagest.activation.Windows;
import almagest.corpus.Document;
import almagest.format.Json;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Workers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The first two stages: which documents are read, and what the model makes of them. */
final class ReadingStages {
  /** Where activation shards lie while a run needs them. */
  static final String ACTIVATIONS = "activations";

  private static final int TOGETHER = 256;

  private final Settings settings;
  private final Sources sources;
  private final Workers workers;
  private final Progress progress;

  ReadingStages(Settings settings, Sources sources, Workers workers, Progress progress) {
    this.settings = settings;
    this.sources = sources;
    this.workers = workers;
    this.progress = progress;
  }

  /**
   * Picks documents from the start of the corpus until the tokens suffice; deals every n-th of a
   * type to the held-out part.
   */
  Stage documents() {
    Map<String, Object> options =
        Map.of(
            "corpus", sources.corpus().inputs(),
            "model", sources.modelHashes(),
            "tokens", settings.reading().tokens(),
            "held_out", settings.reading().heldOut(),
            "chunk", settings.brain().chunk());
    return new Stage(
        "corpus",
        options,
        List.of(),
        List.of(DocumentList.FILE, "corpus/types.json", "corpus/licences.json"),
        true,
        run -> {
          DocumentList list = choose();
          list.write(run);
          Json.write(run.resolve("corpus/types.json"), Json.tree(list.types()));
          Json.write(run.resolve("corpus/licences.json"), Json.tree(sources.licences()));
        });
  }

  private DocumentList choose() {
    List<DocumentList.Entry> chosen = new ArrayList<>();
    Map<String, Integer> ofType = new HashMap<>();
    long total = 0;
    try (LanguageModel model = sources.openModel();
        Stream<Document> documents = sources.corpus().documents();
        Progress.Task task =
            progress.start("choose documents", settings.reading().tokens(), "tokens")) {
      Windows.Options windows = Windows.Options.of(model);
      int most =
          windows.perDocument() == 0
              ? Integer.MAX_VALUE
              : windows.perDocument()
                  * (windows.context()
                      - model.contextPrefix().length
                      - model.contextSuffix().length);
      Iterator<Document> source = documents.iterator();
      while (total < settings.reading().tokens() && source.hasNext()) {
        List<Document> batch = new ArrayList<>();
        while (batch.size() < TOGETHER && source.hasNext()) {
          batch.add(source.next());
        }
        List<Integer> lengths =
            workers.map(
                batch.size(),
                i -> Math.min(most, model.tokenizer().encodePlain(batch.get(i).text()).length));
        for (int i = 0; i < batch.size() && total < settings.reading().tokens(); i++) {
          Document d = batch.get(i);
          int nth = ofType.merge(d.type(), 1, Integer::sum);
          chosen.add(
              new DocumentList.Entry(
                  d.id(),
                  d.type(),
                  d.source(),
                  d.title(),
                  lengths.get(i),
                  nth % settings.reading().heldOut() == 0));
          total += lengths.get(i);
          task.advance(lengths.get(i));
        }
      }
    }
    DocumentList list = new DocumentList(chosen);
    boolean none = chosen.stream().noneMatch(DocumentList.Entry::heldOut);
    if (chosen.isEmpty()
        || none
        || chosen.stream().noneMatch(e -> e.tokens() >= settings.brain().chunk())) {
      throw new InputException(
          "corpus %s: %d documents with %d tokens; expected at least %d documents of one type and one of %d tokens (a whole chunk)"
              .formatted(
                  sources.corpus().name(),
                  chosen.size(),
                  total,
                  settings.reading().heldOut(),
                  settings.brain().chunk()));
    }
    return list;
  }

  /** The residual stream after every layer that is looked at, in shards on disk. */
  Stage activations(Stage documents) {
    return new Stage(
        ACTIVATIONS,
        settings.streamed()
            ? Map.of("layers", settings.reading().layers(), "sample", settings.reading().sample())
            : Map.of("layers", settings.reading().layers()),
        List.of(documents),
        List.of(ACTIVATIONS),
        false,
        run -> {
          DocumentList list = DocumentList.read(run);
          try (LanguageModel model = sources.openModel();
              Stream<Document> all = sources.corpus().documents()) {
            Windows windows = new Windows(model, Windows.Options.of(model));
            new ActivationCollector(
                    model,
                    settings.reading().layers().stream()
                        .map(Hook::residPost)
                        .collect(Collectors.toCollection(TreeSet::new)),
                    workers,
                    progress)
                .collect(
                    windows.ofDocuments(all.limit(stored(list)), workers),
                    run.resolve(ACTIVATIONS),
                    new Provenance(
                        Provenance.VERSION,
                        1,
                        settings.seed(),
                        Map.of("layers", settings.reading().layers()),
                        Map.of("corpus", String.valueOf(documents.key()))));
          }
        });
  }

  /** How many documents' activations are stored. */
  private int stored(DocumentList list) {
    int all = list.documents().size();
    return settings.streamed() ? Math.min(all, settings.reading().sample()) : all;
  }

  static Path store(Path run, int layer) {
    return ActivationCollector.folder(run.resolve(ACTIVATIONS), Hook.residPost(layer));
  }
}
