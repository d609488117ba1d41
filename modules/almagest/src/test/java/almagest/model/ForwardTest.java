package almagest.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import almagest.run.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardTest {
  private static final Hook MIDDLE = Hook.residPost(0);
  private static final Hook LAST = Hook.residPost(1);

  @Test
  void theNumberOfThreadsDoesNotChangeABit() {
    List<Context> contexts = contexts(70);
    try (LanguageModel model = open("llama");
        Workers one = new Workers(1);
        Workers many = new Workers(5);
        Activations a = model.forward(contexts, LanguageModel.Request.of(LAST), one);
        Activations b = model.forward(contexts, LanguageModel.Request.of(LAST), many)) {
      assertThat(a.at(LAST).toArray()).containsExactly(b.at(LAST).toArray());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gemma2", "bert", "gpt_neox", "mistral"})
  void aContextDoesNotDependOnItsNeighbours(String name) {
    List<Context> contexts = contexts(20);
    try (LanguageModel model = open(name);
        Workers workers = new Workers(2);
        Activations all = model.forward(contexts, LanguageModel.Request.of(LAST), workers)) {
      for (int c = 0; c < contexts.size(); c++) {
        try (Activations one =
            model.forward(contexts.subList(c, c + 1), LanguageModel.Request.of(LAST), workers)) {
          assertThat(Reference.largestDifference(all.at(LAST, c).toArray(), one.at(LAST).toArray()))
              .isLessThan(2e-5); // the products have other shapes, so they sum in another order
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gemma2", "gemma3_text", "gpt2", "opt", "phi3", "qwen3"})
  void aDecoderDoesNotSeeTheFuture(String name) {
    int[] ids = IntStream.range(5, 45).toArray();
    int[] changed = ids.clone();
    changed[30] = 200;
    try (LanguageModel model = open(name);
        Workers workers = new Workers(2);
        Activations a =
            model.forward(List.of(Context.of(ids)), LanguageModel.Request.of(LAST), workers);
        Activations b =
            model.forward(List.of(Context.of(changed)), LanguageModel.Request.of(LAST), workers)) {
      assertThat(a.at(LAST).slice(0, 30).toArray())
          .containsExactly(b.at(LAST).slice(0, 30).toArray());
      assertThat(a.at(LAST).row(30)).isNotEqualTo(b.at(LAST).row(30));
    }
  }

  @Test
  void aStrideLeavesZerosBetweenContexts() {
    List<Context> contexts = List.of(Context.of(5, 6), Context.of(7, 8, 9));
    try (LanguageModel model = open("qwen2");
        Workers workers = new Workers(1);
        Activations packed = model.forward(contexts, LanguageModel.Request.of(LAST), workers);
        Activations spread =
            model.forward(
                contexts, new LanguageModel.Request(Set.of(LAST), false, Map.of(), 4), workers)) {
      assertThat(spread.rows()).isEqualTo(8);
      assertThat(packed.rows()).isEqualTo(5);
      assertThat(spread.at(LAST, 1).toArray()).containsExactly(packed.at(LAST, 1).toArray());
      assertThat(spread.at(LAST).slice(2, 4).toArray()).containsOnly(0f);
    }
  }

  @Test
  void anInterventionThatChangesNothingChangesNoBit() {
    List<Context> contexts = contexts(10);
    try (LanguageModel model = open("gemma2");
        Workers workers = new Workers(2);
        Activations plain = model.forward(contexts, LanguageModel.Request.of(LAST), workers);
        Activations same =
            model.forward(
                contexts,
                new LanguageModel.Request(
                    Set.of(LAST), false, Map.of(MIDDLE, (values, which) -> {})),
                workers)) {
      assertThat(same.at(LAST).toArray()).containsExactly(plain.at(LAST).toArray());
    }
  }

  @Test
  void anInterventionIsWhatLaterLayersSee() {
    List<Context> contexts = contexts(10);
    try (LanguageModel model = open("gemma2");
        Workers workers = new Workers(2);
        Activations plain =
            model.forward(contexts, LanguageModel.Request.of(MIDDLE, LAST), workers);
        Activations swapped =
            model.forward(
                contexts,
                new LanguageModel.Request(
                    Set.of(MIDDLE, LAST),
                    false,
                    Map.of(
                        Hook.parse("embeddings"),
                        (values, which) -> {
                          for (long r = 0; r < values.rows(); r++) {
                            values.setRow(r, new float[values.columns()]);
                          }
                        })),
                workers)) {
      assertThat(swapped.at(MIDDLE).toArray()).containsOnly(0f);
      assertThat(swapped.at(LAST).toArray()).containsOnly(0f);
      assertThat(plain.at(LAST).row(0)[0]).isNotZero();
    }
  }

  @Test
  void whatTheModelCannotTakeIsRefused() {
    try (LanguageModel model = open("llama");
        Workers workers = new Workers(1)) {
      List<Context> strange = List.of(Context.of(320));
      assertThatThrownBy(() -> model.forward(strange, LanguageModel.Request.of(LAST), workers))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("token id 320");
      List<Context> tooLong = List.of(Context.of(new int[65]));
      assertThatThrownBy(() -> model.forward(tooLong, LanguageModel.Request.of(LAST), workers))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("at most 64");
      List<Context> fine = List.of(Context.of(1));
      assertThatThrownBy(
              () -> model.forward(fine, LanguageModel.Request.of(Hook.residPost(3)), workers))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("layers 0 to 2");
    }
  }

  private static LanguageModel open(String name) {
    return LanguageModel.open(new Reference(name).directory, new LanguageModel.Options());
  }

  /** Contexts of 1 to 40 tokens. */
  private static List<Context> contexts(int n) {
    List<Context> contexts = new ArrayList<>();
    for (int c = 0; c < n; c++) {
      int seed = c;
      int length = 1 + (c * 17) % 40;
      contexts.add(
          Context.of(IntStream.range(0, length).map(i -> 4 + (i * 31 + seed * 7) % 300).toArray()));
    }
    return contexts;
  }
}
