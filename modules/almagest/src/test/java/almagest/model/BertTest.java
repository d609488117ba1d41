package almagest.model;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.Workers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BertTest {
  @Test
  void everyLayerEqualsTheReference() throws Exception {
    Path directory = Path.of(BertTest.class.getResource("bert").toURI());
    Map<String, NpyArray> reference = Npz.read(directory.resolve("reference.npz"));
    int[] ids = reference.get("tokens").ints();
    int[] mask = reference.get("mask").ints();
    int[] types = reference.get("token_types").ints();
    List<Context> contexts = new ArrayList<>();
    for (int row = 0; row < 2; row++) {
      int length = Arrays.stream(mask, row * 40, row * 40 + 40).sum();
      contexts.add(
          new Context(
              Arrays.copyOfRange(ids, row * 40, row * 40 + length),
              Arrays.copyOfRange(types, row * 40, row * 40 + length)));
    }
    try (LanguageModel model = LanguageModel.open(directory, new LanguageModel.Options());
        Workers workers = new Workers(2)) {
      for (String name : List.of("embeddings", "layers.0", "layers.1", "layers.2")) {
        Hook hook = Hook.parse(name);
        float[] expected = reference.get(name).floats();
        try (Activations found =
            model.forward(contexts, LanguageModel.Request.of(Set.of(hook)), workers)) {
          for (int row = 0; row < 2; row++) {
            int from = row * 40 * model.dModel();
            float[] values = found.at(hook, row).toArray();
            for (int i = 0; i < values.length; i++) {
              assertThat(values[i])
                  .as("%s, row %d, value %d", name, row, i)
                  .isCloseTo(expected[from + i], org.assertj.core.data.Offset.offset(1e-4f));
            }
          }
        }
      }
    }
  }
}
