package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.atlas.FeatureCard;
import almagest.atlas.SyntheticRun;
import almagest.format.Json;
import almagest.run.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureCommandTest {
  @TempDir static Path run;

  @BeforeAll
  static void write() {
    SyntheticRun.write(run, 192, 0, 2);
  }

  @Test
  void aCardHoldsWhatTheFilesSay() {
    FeatureCard card = FeatureCard.read(run, "layer-02", 7);
    assertThat(card.features()).isEqualTo(192);
    assertThat(card.tokens()).isEqualTo(200_000);
    assertThat(card.contexts()).hasSize(6);
    assertThat(card.contexts().getFirst().values()[12]).isEqualTo(card.max());
    assertThat(card.cosine()).hasSize(10).first().extracting(n -> n.feature()).isEqualTo(10);
    assertThat(card.lobes().get("phi").get(3).number()).isEqualTo(1);
    assertThat(card.lobes().get("phi").get(3).name()).isEqualTo("legal, literature");
  }

  @Test
  void aFeatureThatNeverFiredHasACardWithoutContexts() {
    FeatureCard card = FeatureCard.read(run, "layer-02", 96);
    assertThat(card.fires()).isZero();
    assertThat(card.phi()).isEmpty();
    assertThat(new CardText(card, false, 8, 80).text()).contains("never fired");
  }

  @Test
  void whatIsNotThereIsNamed() {
    assertThatThrownBy(() -> FeatureCard.read(run, "layer-02", 192))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("0 to 191");
    assertThatThrownBy(() -> FeatureCard.read(run, "layer-07", 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("layer-02");
  }

  @Test
  void shadingShowsThePeakWithAndWithoutColour() {
    FeatureCard card = FeatureCard.read(run, "layer-02", 7);
    assertThat(new CardText(card, false, 8, 80).text())
        .contains("[[shall]]")
        .contains(SyntheticRun.HOSTILE)
        .doesNotContain("\u001b");
    assertThat(new CardText(card, true, 8, 80).text()).contains("\u001b[38;5;16;48;5;208m shall");
  }

  @Test
  void noLineIsLongerThanTheTerminalIsWide() {
    FeatureCard card = FeatureCard.read(run, "layer-02", 7);
    for (int width : new int[] {40, 80, 120}) {
      String plain = new CardText(card, false, 8, width).text();
      assertThat(plain.lines()).allMatch(line -> Wrapped.cells(line) <= width);
      String coloured = new CardText(card, true, 8, width).text();
      assertThat(coloured.lines().map(line -> line.replaceAll("\u001b\\[[0-9;]*m", "")))
          .allMatch(line -> Wrapped.cells(line) <= width);
    }
    assertThat(new CardText(card, false, 8, 40).text().lines().count())
        .isGreaterThan(new CardText(card, false, 8, 120).text().lines().count());
  }

  @Test
  void neighboursAreNamedByTheirPeaks() {
    FeatureCard card = FeatureCard.read(run, "layer-02", 7);
    assertThat(card.cosine()).allMatch(n -> !n.name().isEmpty());
    assertThat(new CardText(card, false, 8, 80).text())
        .contains(String.format("%7d  %5.2f  ", 10, card.cosine().getFirst().value()));
  }

  @Test
  void contextsComeFromEveryQuantile() {
    List<FeatureCard.Context> contexts = new ArrayList<>();
    for (String quantile : new String[] {"top", "q75", "q25"}) {
      for (int i = 0; i < 5; i++) {
        contexts.add(
            new FeatureCard.Context(
                "d", "t", quantile, 1, List.of(quantile + i), new double[] {1}, 0));
      }
    }
    FeatureCard card =
        new FeatureCard("layer-02", 1, 9, 5, 10, 1, 1, contexts, List.of(), List.of(), Map.of());
    assertThat(new CardText(card, false, 4, 80).text())
        .contains("[[top0]]", "[[top1]]", "[[q750]]", "[[q250]]")
        .doesNotContain("top2", "q751");
  }

  @Test
  void theTableOfLobesNamesThemAndTheirTypes() {
    Path file = run.resolve("layer-02/lobes.json");
    LobeTable table = new LobeTable(file, "layer-02", Json.read(file));
    String text = table.text(List.of(), List.of(), 80);
    assertThat(text)
        .contains("phi, k = 3", "code-java, code-python", "code-java 92 % [86, 98]")
        .contains(SyntheticRun.HOSTILE)
        .doesNotContain("phi, k = 8");
    assertThat(text.lines()).allMatch(line -> Wrapped.cells(line) <= 80);
    assertThat(table.text(List.of("jaccard"), List.of(2, 8), 80))
        .contains("jaccard, k = 2", "jaccard, k = 8");
    assertThatThrownBy(() -> table.text(List.of(), List.of(5), 80))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("one of 2, 3, 8");
  }

  @Test
  void wideCharactersTakeTwoCells() {
    assertThat(Wrapped.cells("aé漢字e\u0301")).isEqualTo(7);
  }

  @Test
  void textCannotSteerTheTerminal() {
    assertThat(CardText.plain("a\u001b[31mb\nc\u202ed\u009be")).isEqualTo("a·[31mb⏎c·d·e");
  }
}
