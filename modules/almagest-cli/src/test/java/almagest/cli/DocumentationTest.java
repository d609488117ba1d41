package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What the documentation tells people to type exists. */
class DocumentationTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Pattern COMMAND = Pattern.compile("\\./almagest ([^`\\n#|]*)");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:\\s]+)(#[^)]*)?\\)");

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      docs.filter(p -> p.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  @Test
  void everyCommandAndOptionInThePagesExists() throws IOException {
    List<String> unknown = new ArrayList<>();
    int commands = 0;
    for (Path page : pages()) {
      Matcher found = COMMAND.matcher(Files.readString(page).replace("\\\n", " "));
      while (found.find()) {
        commands++;
        CommandLine at = Main.commandLine();
        for (String word : found.group(1).trim().split("\\s+")) {
          String option = word.replaceAll("[=.,;:)].*$", "");
          if (at.getSubcommands().containsKey(word)) {
            at = at.getSubcommands().get(word);
          } else if (option.startsWith("--")
              && !at.getCommandSpec().optionsMap().containsKey(option)) {
            unknown.add(page.getFileName() + ": " + found.group() + " (" + option + ")");
          }
        }
        if (at.getParent() == null && !found.group(1).startsWith("--")) {
          unknown.add(page.getFileName() + ": " + found.group());
        }
      }
    }
    assertThat(unknown).isEmpty();
    assertThat(commands).isGreaterThan(20);
  }

  @Test
  void everyPageAndPictureThatIsLinkedIsThere() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : pages()) {
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        if (!Files.exists(page.resolveSibling(link.group(1)))) {
          broken.add(page.getFileName() + ": " + link.group(1));
        }
      }
    }
    assertThat(broken).isEmpty();
  }
}
