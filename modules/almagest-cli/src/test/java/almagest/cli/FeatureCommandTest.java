package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.atlas.FeatureCard;
import almagest.atlas.SyntheticRun;
import almagest.run.InputException;
import java.nio.file.Path;
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
    assertThat(new CardText(card, false, 8).text()).contains("never fired");
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
    assertThat(new CardText(card, false, 8).text())
        .contains("[[shall]]")
        .contains(SyntheticRun.HOSTILE)
        .doesNotContain("\u001b");
    assertThat(new CardText(card, true, 8).text()).contains("\u001b[38;5;16;48;5;208m shall");
  }

  @Test
  void textCannotSteerTheTerminal() {
    assertThat(CardText.plain("a\u001b[31mb\nc\u202ed\u009be")).isEqualTo("a·[31mb⏎c·d·e");
  }
}
