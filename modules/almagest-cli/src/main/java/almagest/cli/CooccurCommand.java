package almagest.cli;

import almagest.brain.Cooccurrence;
import almagest.format.Json;
import almagest.run.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What can be done with co-occurrence files. */
@Command(
    name = "cooccur",
    description = "Works on co-occurrence files.",
    subcommands = CooccurCommand.Merge.class)
final class CooccurCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "what to do? e.g. `almagest cooccur merge`");
  }

  /** Adds counts of corpora that share no chunk. */
  @Command(
      name = "merge",
      description = "Adds the counts of corpora that share no chunk, e.g. of shards.")
  static final class Merge implements Callable<Integer> {
    @Mixin private Common common = new Common();

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Files to add, in any order.")
    private List<Path> files = new ArrayList<>();

    @Option(
        names = "--out",
        paramLabel = "FILE",
        defaultValue = "cooccurrence.npz",
        description = "The sum (default: ${DEFAULT-VALUE}).")
    private Path out = Path.of("cooccurrence.npz");

    @Override
    public Integer call() {
      List<Cooccurrence> parts = new ArrayList<>();
      for (Path file : files) {
        Cooccurrence part = Cooccurrence.read(file);
        if (!parts.isEmpty() && part.features() != parts.getFirst().features()) {
          throw InputException.in(
              file,
              "histogram",
              "expected the %d features of %s, found %d"
                  .formatted(parts.getFirst().features(), files.getFirst(), part.features()),
              "are they of one SAE?");
        }
        parts.add(part);
      }
      Cooccurrence sum = Cooccurrence.merge(parts);
      sum.write(out);
      if (common.json) {
        System.out.println(
            Json.line(
                Json.object()
                    .put("features", sum.features())
                    .put("n_chunks", sum.chunks())
                    .put("file", out.toString())));
      } else {
        System.out.println(out + ": " + sum.features() + " features, " + sum.chunks() + " chunks");
      }
      return 0;
    }
  }
}
