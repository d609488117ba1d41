package almagest.cli;

import almagest.atlas.Atlas;
import almagest.corpus.EmbeddedModel;
import almagest.format.Json;
import almagest.run.InputException;
import almagest.run.Workers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes or serves the page of a run directory. */
@Command(
    name = "atlas",
    description = {
      "Writes the page of a run directory: map, lobes, galaxy and crystals in one HTML file that needs no network.",
      "Parts that the directory lacks are left out and named on the page."
    },
    footer = {
      "",
      "Examples:",
      "  almagest atlas runs/quick --export quick.html",
      "  almagest atlas runs/default --export site/     a folder with every context, for large runs",
      "  almagest atlas runs/default --serve            and any text played on its map"
    })
final class AtlasCommand implements Callable<Integer> {
  @Mixin Common common = new Common();

  @Parameters(paramLabel = "RUN", description = "The run directory.")
  Path run = Path.of("");

  @Option(
      names = "--export",
      paramLabel = "FILE.html|DIR",
      description = {
        "The file to write (default: index.html in the run directory, and the folder site beside it where one file cannot hold every context).",
        "A name that does not end in .html is a folder: a small page and its data beside it."
      })
  @Nullable Path export;

  @Option(
      names = "--serve",
      description = "Serve the page with every context on this machine until interrupted.")
  boolean serve;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8080",
      description = "With --serve, the port; 0 for any free one (default: ${DEFAULT-VALUE}).")
  int port;

  @Option(
      names = "--model",
      paramLabel = "DIR|NAME",
      description =
          "With --serve, the model that plays any text on the map (default: the run's own, if it is an"
              + " embedded one or its folder is still there).")
  @Nullable String model;

  @Option(
      names = "--max-bytes",
      paramLabel = "N",
      description =
          "Leave out a feature's weaker contexts to keep one file below this size (default: ${DEFAULT-VALUE}).")
  long maxBytes = Atlas.Options.DEFAULT.maxBytes();

  @Override
  public Integer call() throws InterruptedException {
    if (serve) {
      if (export != null) {
        throw new InputException("--export and --serve exclude each other");
      }
      return serve();
    }
    Path html = export == null ? run.resolve("index.html") : export;
    boolean file = String.valueOf(html.getFileName()).endsWith(".html");
    Atlas.Options options = new Atlas.Options(maxBytes);
    Atlas.Result result =
        !file
            ? Atlas.writeFolder(run, html)
            : export == null
                ? Atlas.writeWithAll(run, html, options)
                : Atlas.write(run, html, options);
    if (common.json) {
      System.out.println(
          Json.line(
              Json.object()
                  .put("page", html.toString())
                  .put("bytes", result.bytes())
                  .put("contexts_left_out", result.leftOut())
                  .set("notes", Json.tree(result.notes()))));
      return 0;
    }
    result.notes().forEach(note -> System.err.println("  " + note));
    System.out.printf(Locale.ROOT, "%s: %.1f MB%n", html, result.bytes() / 1e6);
    if (export == null && result.leftOut() > 0) {
      System.out.println(run.resolve(Atlas.FOLDER).resolve("index.html") + ": every context");
    }
    return 0;
  }

  private int serve() throws InterruptedException {
    try (Workers workers = common.workers();
        Reading reading = new Reading(model, run, common, workers);
        AtlasServer server = new AtlasServer(run, port, reading.player())) {
      System.out.println(server.address());
      System.err.println("almagest: serving " + run + "; Ctrl-C ends it");
      new CountDownLatch(1).await();
      return 0;
    }
  }

  /** The model that reads typed texts: the one named, else the run's own where it is at hand. */
  private static final class Reading implements AutoCloseable {
    private final @Nullable TextReader reader;

    Reading(@Nullable String model, Path run, Common common, Workers workers) {
      String name = model == null ? ofRun(run) : model;
      Optional<EmbeddedModel> known = EmbeddedModel.named(name);
      if (known.isPresent()) {
        this.reader = new TextReader(run, known.get().folder(common.progress()), workers);
      } else if (model != null || Files.isDirectory(Path.of(name))) {
        this.reader = new TextReader(run, common.local(name), workers);
      } else {
        System.err.println("almagest: the run's model is not at hand; --model DIR plays any text");
        this.reader = null;
      }
    }

    private static String ofRun(Path run) {
      Path file = run.resolve("run.json");
      return Files.isRegularFile(file)
          ? Json.read(file).path("settings").path("model").asText()
          : "";
    }

    java.util.function.@Nullable BiFunction<String, String, com.fasterxml.jackson.databind.JsonNode>
        player() {
      TextReader open = reader;
      return open == null ? null : (layer, text) -> open.read(layer, text).toJson();
    }

    @Override
    public void close() {
      if (reader != null) {
        reader.close();
      }
    }
  }
}
