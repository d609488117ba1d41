package almagest.cli;

import almagest.atlas.Atlas;
import almagest.format.Json;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes the page of a run directory. */
@Command(
    name = "atlas",
    description = {
      "Writes the page of a run directory: map, lobes, galaxy and crystals in one HTML file that needs no network.",
      "Parts that the directory lacks are left out and named on the page."
    },
    footer = {"", "Example: almagest atlas runs/quick --export quick.html"})
final class AtlasCommand implements Callable<Integer> {
  @Mixin Common common = new Common();

  @Parameters(paramLabel = "RUN", description = "The run directory.")
  Path run = Path.of("");

  @Option(
      names = "--export",
      paramLabel = "FILE.html",
      description = "The file to write (default: index.html in the run directory).")
  @Nullable Path export;

  @Option(
      names = "--max-bytes",
      paramLabel = "N",
      description =
          "Leave out a feature's weaker contexts to stay below this size (default: ${DEFAULT-VALUE}).")
  long maxBytes = Atlas.Options.DEFAULT.maxBytes();

  @Override
  public Integer call() {
    Path html = export == null ? run.resolve("index.html") : export;
    Atlas.Result result = Atlas.write(run, html, new Atlas.Options(maxBytes));
    if (common.json) {
      System.out.println(
          Json.line(
              Json.object()
                  .put("page", html.toString())
                  .put("bytes", result.bytes())
                  .set("notes", Json.tree(result.notes()))));
      return 0;
    }
    result.notes().forEach(note -> System.err.println("  " + note));
    System.out.printf(Locale.ROOT, "%s: %.1f MB%n", html, result.bytes() / 1e6);
    return 0;
  }
}
