package almagest.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.activation.Window;
import almagest.format.Json;
import almagest.model.Context;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A small trained Gemma 2 and two SAEs; figures from an independent float64 program. */
class ModelEvaluationTest {
  private static final Path FIXTURE =
      Path.of("src/test/resources/almagest/feature/sae_eval").toAbsolutePath();

  private static List<Window> windows(boolean includeBos) {
    List<Window> windows = new ArrayList<>();
    for (JsonNode document : Json.read(FIXTURE.resolve("documents.json"))) {
      int[] ids = new int[document.size()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = document.get(i).asInt();
      }
      windows.add(new Window(windows.size(), 0, Context.of(ids), includeBos ? 0 : 1, ids.length));
    }
    return windows;
  }

  @ParameterizedTest
  @CsvSource({
    "sae_topk,false",
    "sae_topk,true",
    "sae_jumprelu,false",
    "sae_jumprelu,true",
  })
  void figuresAreThoseOfTheFixture(String name, boolean includeBos) {
    JsonNode expected =
        Json.read(FIXTURE.resolve("expected.json"))
            .path("expected")
            .path(name)
            .path(includeBos ? "bos_included" : "bos_excluded");
    ObjectNode got;
    try (Workers workers = new Workers(2);
        LanguageModel model =
            LanguageModel.open(FIXTURE.resolve("model"), new LanguageModel.Options())) {
      List<Window> windows = windows(includeBos);
      got =
          SaeReport.figures(
              ModelEvaluation.of(
                  model,
                  Hook.parse("blocks.1.hook_resid_post"),
                  Sae.open(FIXTURE.resolve(name)),
                  windows::stream,
                  workers,
                  Progress.NONE));
    }
    for (var e : expected.properties()) {
      double value = e.getValue().asDouble();
      assertThat(got.path(e.getKey()).asDouble(Double.NaN))
          .as(e.getKey())
          .isCloseTo(value, within(1e-4 * Math.max(1, Math.abs(value))));
    }
    assertThat(got.path("dead_fraction").asDouble())
        .isEqualTo(expected.path("dead_fraction").asDouble());
    assertThat(Math.round(got.path("l0").asDouble() * got.path("tokens").asDouble()))
        .isEqualTo(Math.round(expected.path("l0").asDouble() * expected.path("tokens").asDouble()));
  }

  @Test
  void anSaeOfAnotherWidthIsRefusedWithBothWidths() {
    Sae other =
        RandomDirections.of(10, 2, new float[7], SaeInfo.of("", "", ""), new almagest.run.Seed(1));
    try (Workers workers = new Workers(1);
        LanguageModel model =
            LanguageModel.open(FIXTURE.resolve("model"), new LanguageModel.Options())) {
      assertThatThrownBy(() ->
              ModelEvaluation.of(
                  model,
                  Hook.residPost(1),
                  other,
                  () -> windows(false).stream(),
                  workers,
                  Progress.NONE))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("48")
          .hasMessageContaining("7");
    }
  }
}
