package almagest.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Directions read as vocabulary. */
class ReadOutTest {
  private static LanguageModel open(String name) {
    return LanguageModel.open(new Reference(name).directory, new LanguageModel.Options());
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3", "mistral", "gpt2", "opt", "gpt_neox"})
  void aFinalStateReadsAsItsLogitsButForTheBiasOfTheNorm(String name) {
    Reference reference = new Reference(name);
    try (LanguageModel model = open(name);
        Workers workers = new Workers(1)) {
      Hook last = Hook.residPost(model.layers() - 1);
      try (Activations a =
          model.forward(
              List.of(reference.contexts.getFirst()),
              new LanguageModel.Request(Set.of(last), true, Map.of()),
              workers)) {
        FloatMatrix states = a.at(last);
        FloatMatrix read = FloatMatrix.zeros(states.rows(), model.vocabulary());
        model.readOut(states, read);
        for (int v = 0; v < model.vocabulary(); v++) {
          float bias = a.logits().get(0, v) - read.get(0, v);
          for (int row = 1; row < states.rows(); row++) {
            assertThat(a.logits().get(row, v) - read.get(row, v)).isCloseTo(bias, within(2e-5f));
          }
        }
      }
    }
  }

  @Test
  void anEncodersDirectionIsMultipliedWithItsWordEmbeddings() {
    try (LanguageModel model = open("bert")) {
      int d = model.dModel();
      FloatMatrix units = FloatMatrix.zeros(d, d);
      for (int j = 0; j < d; j++) {
        units.set(j, j, 1);
      }
      FloatMatrix table = FloatMatrix.zeros(d, model.vocabulary());
      model.readOut(units, table);
      FloatMatrix both = FloatMatrix.zeros(1, d);
      both.set(0, 0, 2);
      both.set(0, 1, -1);
      FloatMatrix read = FloatMatrix.zeros(1, model.vocabulary());
      model.readOut(both, read);
      for (int v = 0; v < model.vocabulary(); v++) {
        assertThat(read.get(0, v)).isCloseTo(2 * table.get(0, v) - table.get(1, v), within(1e-5f));
      }
    }
  }

  @Test
  void otherShapesAreRefused() {
    try (LanguageModel model = open("bert")) {
      assertThatThrownBy(() ->
              model.readOut(
                  FloatMatrix.zeros(2, model.dModel()), FloatMatrix.zeros(1, model.vocabulary())))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
