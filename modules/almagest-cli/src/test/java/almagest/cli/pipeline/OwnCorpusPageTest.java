package almagest.cli.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.cli.Browsing;
import almagest.cli.PageWalk;
import almagest.corpus.Corpora;
import almagest.model.LanguageModel;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of a run on somebody's own texts, one of whose types has a hostile name. */
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
    Settings settings =
        new Settings(
            "tiny",
            new Settings.Reading("all-minilm-l6-v2", corpus().toString(), List.of(1, 3), 60_000, 5),
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
    assertThat(Files.readString(run.resolve("index.html"))).doesNotContain(HOSTILE);
    try (Browsing browsing = new Browsing()) {
      PageWalk.through(browsing, run.resolve("index.html").toUri().toString(), "sugar", HOSTILE);
    }
  }
}
