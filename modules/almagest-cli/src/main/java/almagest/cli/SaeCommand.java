package almagest.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What there is to do with a sparse autoencoder. */
@Command(
    name = "sae",
    description = {
      "Trains, judges, runs, shows and converts sparse autoencoders.",
      "An SAE is a directory of SAELens (3 to 6), sparsify, Llama Scope, Gemma Scope 2 or"
          + " dictionary_learning, a Gemma Scope params.npz, or a .pt of dictionary_learning, OpenAI or"
          + " Qwen Scope."
    },
    subcommands = {
      SaeTrainCommand.class,
      SaeEvalCommand.class,
      SaeEncodeCommand.class,
      SaeInfoCommand.class,
      SaeConvertCommand.class
    })
final class SaeCommand {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  private SaeCommand() {}
}
