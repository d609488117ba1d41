package almagest.cli;

import almagest.feature.Sae;
import almagest.format.Json;
import almagest.run.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** From any family of files to SAELens. */
@Command(
    name = "convert",
    description = {
      "Writes an SAE as a SAELens 6 directory: cfg.json and sae_weights.safetensors, float32.",
      "Features and reconstructions stay as they are; a constant input factor is folded into the weights."
    },
    footer = {"", "Example: almagest sae convert --sae ae.pt --out converted"})
final class SaeConvertCommand implements Callable<Integer> {
  @Mixin private Common common = new Common();

  @Option(
      names = "--sae",
      required = true,
      paramLabel = "SAE",
      description = "The SAE: a file, a directory, hub:ORG/REPO:PATH or release/sae_id.")
  private String sae = "";

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where to write.")
  private Path out = Path.of("");

  @Option(
      names = "--unit-decoder",
      description =
          "Make decoder rows unit length and scale the features by what they were (fold_W_dec_norm).")
  private boolean unitDecoder;

  @Override
  public Integer call() {
    if (Files.exists(out.resolve("cfg.json")) && !common.force) {
      throw InputException.in(out, "", "an SAE is here already", "--force overwrites it");
    }
    Sae opened = Sae.open(common.local(sae));
    Sae converted = unitDecoder ? opened.withUnitDecoder() : opened;
    converted.save(out);
    if (common.json) {
      System.out.println(Json.line(SaeInfoCommand.describe(converted)));
    } else {
      System.out.println(
          "%s SAE of %d features on %d dimensions from %s to SAELens, in %s"
              .formatted(
                  converted.weights().rule().architecture(),
                  converted.dSae(),
                  converted.dModel(),
                  opened.info().format(),
                  out));
    }
    return 0;
  }
}
