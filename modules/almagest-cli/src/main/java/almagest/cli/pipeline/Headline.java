package almagest.cli.pipeline;

import almagest.atlas.Atlas;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a finished run says last.
 *
 * @param page where to look
 * @param allContexts the page of the folder with every context, where the file had to leave some
 *     out
 * @param figures the most telling figures, each a sentence with its number
 * @param stages how many stages had to run; 0 when everything was there
 * @param seconds how long it took
 * @param peakBytes the most memory the process had
 */
public record Headline(
    String page,
    @Nullable String allContexts,
    List<String> figures,
    int stages,
    double seconds,
    long peakBytes) {
  static Headline of(Path page, List<String> figures, int stages, double seconds, long peakBytes) {
    Path all = page.resolveSibling(Atlas.FOLDER).resolve("index.html");
    return new Headline(
        page.toAbsolutePath().normalize().toString(),
        Files.exists(all) ? all.toAbsolutePath().normalize().toString() : null,
        List.copyOf(figures),
        stages,
        seconds,
        peakBytes);
  }

  /** For a person. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("");
    figures.forEach(f -> lines.add("  • " + f));
    lines.add("");
    lines.add(
        "%s in %.0f s, %.1f GiB at most."
            .formatted(
                stages == 0 ? "Nothing to do: all stages were there" : stages + " stages",
                seconds,
                peakBytes / (double) (1L << 30)));
    lines.add("The page: " + page);
    if (allContexts != null) {
      lines.add("With every context, for which one file would be too large: " + allContexts);
    }
    return lines;
  }
}
