package almagest.cli.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.cli.Browsing;
import almagest.cli.PageWalk;
import almagest.corpus.Corpora;
import almagest.format.Json;
import almagest.model.LanguageModel;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.microsoft.playwright.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page of a run on somebody's own texts, one of whose types has a hostile name, by two models.
 */
class OwnCorpusPageTest {
  private static final String HOSTILE = "<img src=x onerror=alert(1)>";
  private static final String[][] SENTENCES = {
    {
      "Beat the eggs with sugar until pale.",
      "Fold in the flour and a pinch of salt.",
      "Bake for twenty minutes.",
      "Serve the soup with fresh bread."
    },
    {
      "The court dismissed the appeal.",
      "The parties shall bear their own costs.",
      "The claimant relied on section nine.",
      "The judgment was reserved."
    },
    {
      "for i in range(10): print(i)",
      "def area(r): return 3.14 * r * r",
      "import numpy as np",
      "x = [len(w) for w in words]"
    }
  };

  @TempDir Path folder;

  private Path corpus() throws IOException {
    RandomGenerator g = new Seed(3).generator();
    String[] types = {"recipes", "rulings", HOSTILE};
    for (int t = 0; t < types.length; t++) {
      Path type = Files.createDirectories(folder.resolve("texts").resolve(types[t]));
      for (int d = 0; d < 30; d++) {
        StringBuilder text = new StringBuilder();
        for (int s = 0; s < 80; s++) {
          text.append(SENTENCES[t][g.nextInt(4)]).append(t == 2 ? "\n" : " ");
        }
        Files.writeString(type.resolve("text-" + d + ".txt"), text);
      }
    }
    return folder.resolve("texts");
  }

  @Test
  void thePageOfOtherTextsAnswersToTheHand() throws IOException {
    Path page = page("all-minilm-l6-v2", List.of(1, 3));
    assertThat(Files.readString(page)).doesNotContain(HOSTILE);
    try (Browsing browsing = new Browsing()) {
      PageWalk.through(browsing, page.toUri().toString(), "sugar", HOSTILE);
    }
  }

  /** A decoder-only model with random weights, whose unembedding gives the vocabulary of a card. */
  @Test
  void thePageOfAnotherModelShowsItsLobesAndItsVocabulary() throws IOException {
    Path page = page(randomLlama().toString(), List.of(0));
    try (Browsing browsing = new Browsing()) {
      String url = page.toUri().toString();
      for (String view : new String[] {"brain", "galaxy", "atom", "compare", "run"}) {
        Page opened = browsing.open(url + "#view=" + view);
        assertThat(opened.locator("nav [aria-current]").textContent()).isEqualToIgnoringCase(view);
        opened.close();
      }
      Page map = browsing.open(url + "#find=e");
      map.waitForSelector(".selection tbody tr");
      map.locator(".selection tbody th a").first().click();
      map.waitForSelector(".card .context .fires");
      assertThat(map.locator(".card code").count()).isEqualTo(16);
      assertThat(map.locator(".card").textContent())
          .contains("times the unembedding")
          .doesNotContain("input word embeddings");
      assertThat(browsing.problems()).isEmpty();
    }
  }

  private Path randomLlama() throws IOException {
    Path from = Path.of("../almagest/src/test/resources/almagest/model/llama").toAbsolutePath();
    Path model = Files.createDirectories(folder.resolve("model"));
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    ObjectNode config = (ObjectNode) Json.read(from.resolve("config.json"));
    Json.write(model.resolve("config.json"), config.put("max_position_embeddings", 1024));
    return model;
  }

  private Path page(String model, List<Integer> layers) throws IOException {
    Settings settings =
        new Settings(
            "tiny",
            new Settings.Reading(model, corpus().toString(), layers, 60_000, 5),
            new Settings.Features(null, 96, 64, 8, 60, 512),
            new Settings.Brain(256, 0, List.of(2, 3), List.of("phi", "jaccard"), 19, 100),
            1);
    Path run = folder.resolve("run");
    try (Workers workers = new Workers(2)) {
      new WholeRun(
              settings,
              Corpora.Options.defaults(),
              new LanguageModel.Options(),
              workers,
              Progress.NONE,
              line -> {})
          .bring(run, false, 0);
    }
    return run.resolve("index.html");
  }
}
