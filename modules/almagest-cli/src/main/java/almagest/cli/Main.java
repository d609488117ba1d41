package almagest.cli;

import almagest.run.InputException;
import almagest.run.Provenance;
import almagest.run.ResourceException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The top of the command line; turns exceptions into one clear line and an exit code. */
@Command(
    name = "almagest",
    mixinStandardHelpOptions = false,
    subcommands = {
      RunCommand.class,
      AtlasCommand.class,
      CollectCommand.class,
      CooccurCommand.class,
      CorpusCommand.class,
      CrystalsCommand.class,
      FeatureCommand.class,
      FetchCommand.class,
      GalaxyCommand.class,
      LobesCommand.class,
      MapCommand.class,
      ModelCommand.class,
      SaeCommand.class
    },
    version = "almagest " + Provenance.VERSION,
    description =
        "Maps the geometry of the concepts inside a language model: lobes, crystals and the galaxy of its features.",
    footer = {
      "",
      "Start with: ./almagest run",
      "Exit codes: 0 done, 1 our bug, 2 usage, 3 bad input, 4 out of resources, 130 interrupted."
    })
public final class Main implements Runnable {
  static final int BUG = 1;
  static final int USAGE = 2;
  static final int BAD_INPUT = 3;
  static final int NO_RESOURCES = 4;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  boolean version;

  private Main() {}

  public static void main(String[] args) {
    System.exit(execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
  }

  static int execute(String... args) {
    CommandLine line = commandLine();
    line.setExecutionExceptionHandler((e, commandLine, result) -> report(e, args));
    line.setParameterExceptionHandler((e, ignored) -> {
      System.err.println("almagest: " + e.getMessage());
      System.err.println(
          "          "
              + e.getCommandLine().getCommandSpec().qualifiedName()
              + " --help says what there is");
      return USAGE;
    });
    try {
      return line.execute(args);
    } catch (OutOfMemoryError e) {
      System.err.printf(
          "almagest: memory is full (%s; the heap may take %d MiB); ALMAGEST_JAVA_OPTS=-Xmx6g allows more, fewer --tokens or --features need less%n",
          e.getMessage(), Runtime.getRuntime().maxMemory() >> 20);
      return NO_RESOURCES;
    }
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command? e.g. `almagest run`");
  }

  private static int report(Exception e, String[] args) {
    if (java.util.Arrays.asList(args).contains("--verbose")) {
      e.printStackTrace();
    }
    return switch (e) {
      case InputException bad -> {
        System.err.println("almagest: " + bad.getMessage());
        yield BAD_INPUT;
      }
      case ResourceException lack -> {
        System.err.println("almagest: " + lack.getMessage());
        yield NO_RESOURCES;
      }
      default -> {
        System.err.println("almagest: a bug of ours, please report it with this trace:");
        e.printStackTrace();
        yield BUG;
      }
    };
  }
}
