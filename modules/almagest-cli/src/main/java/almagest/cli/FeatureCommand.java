package almagest.cli;

import almagest.atlas.FeatureCard;
import almagest.format.Json;
import almagest.run.InputException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints the card of a feature. */
@Command(
    name = "feature",
    description =
        "Prints the card of a feature: where it fires, in which texts, with which neighbours and in which lobes.",
    footer = {"", "Example: almagest feature runs/quick 17 --layer 3"})
final class FeatureCommand implements Callable<Integer> {
  @Mixin Common common = new Common();

  @Parameters(index = "0", paramLabel = "RUN", description = "The run directory.")
  Path run = Path.of("");

  @Parameters(index = "1", paramLabel = "ID", description = "The feature's number, from 0.")
  int feature;

  @Option(
      names = "--layer",
      paramLabel = "N",
      description = "The layer (default: the middle one of the run, as on the page).")
  @Nullable Integer layer;

  @Option(
      names = "--contexts",
      paramLabel = "N",
      defaultValue = "8",
      description = "How many contexts to print (default: ${DEFAULT-VALUE}).")
  int contexts;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      description =
          "Shade tokens with colours: always, never, auto (default: on a terminal without NO_COLOR).")
  String color = "auto";

  @Override
  public Integer call() {
    FeatureCard card = FeatureCard.read(run, RunLayer.folder(run, layer), feature);
    if (common.json) {
      System.out.println(Json.line(card.toJson()));
    } else {
      System.out.print(new CardText(card, colours(), contexts, Wrapped.columns()).text());
    }
    return 0;
  }

  private boolean colours() {
    return switch (color) {
      case "always" -> true;
      case "never" -> false;
      case "auto" -> System.getenv("NO_COLOR") == null && Common.onTerminal();
      default ->
          throw new InputException("--color: expected always, never or auto, found " + color);
    };
  }
}
