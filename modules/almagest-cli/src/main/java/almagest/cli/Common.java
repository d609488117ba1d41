package almagest.cli;

import almagest.format.hub.Hub;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import java.io.Console;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that every command has; use it as a {@link Mixin}. */
final class Common {
  /** What {@link #localArray} and {@link CloudArgument} take for a file and a key. */
  static final Pattern ARRAY = Pattern.compile("(.+\\.(?:np[yz]|safetensors|pt))(:[^:/]+)");

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "All randomness comes from it (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads to use (default: all processors); results do not depend on it.")
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--json",
      description = "Print the result as one JSON object on standard output, and nothing else.")
  boolean json;

  @Option(names = "--quiet", description = "No progress.")
  boolean quiet;

  @Option(names = "--verbose", description = "Say more, with stack traces of failures.")
  boolean verbose;

  @Option(names = "--force", description = "Compute again what is there already.")
  boolean force;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description =
          "A cap, e.g. 4g: what cannot fit is refused before it starts, with what it needs.")
  @Nullable String memory;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  /** The cap in bytes; 0 for none. */
  long memory() {
    if (memory == null) {
      return 0;
    }
    Matcher m =
        Pattern.compile("(\\d{1,9})([kmgt]?)(i?b)?").matcher(memory.toLowerCase(Locale.ROOT));
    if (!m.matches()) {
      throw new InputException("--memory: expected a size such as 4g or 800m, found " + memory);
    }
    String unit = m.group(2);
    return Long.parseLong(m.group(1)) << (unit.isEmpty() ? 0 : 10 * (1 + "kmgt".indexOf(unit)));
  }

  Seed seed() {
    return new Seed(seed);
  }

  Workers workers() {
    return new Workers(threads);
  }

  Progress progress() {
    return quiet ? Progress.NONE : new ConsoleProgress(System.err, onTerminal());
  }

  /**
   * Where a model, an SAE or a corpus is that a user names by a path, {@code hub:ORG/REPO[:PATH]}
   * or SAELens' {@code release/sae_id}; what is not in the hub's cache yet is fetched.
   */
  Path local(String name) {
    return Hub.pathOf(name, progress());
  }

  /** As {@link #local}, of a file with the name of one of its arrays, {@code FILE:KEY}. */
  String localArray(String name) {
    Matcher m = ARRAY.matcher(name);
    return m.matches() ? local(m.group(1)) + m.group(2) : local(name).toString();
  }

  /** Whether a person watches; null is what older JDKs answer for "no". */
  static boolean onTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }
}
