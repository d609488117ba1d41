package almagest.stat;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.format.NpyArray;
import almagest.format.Npz;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RandomStateTest {
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 20241024, 4294967295L})
  void drawsTheNumbersOfNumPysGeneratorOfThatSeed(long seed) {
    Map<String, NpyArray> expected = Npz.read(KMeansTest.file("random-state.npz"));
    double[] drawn = new RandomState(seed).doubles(5001).toArray();
    assertThat(
            new double[] {
              drawn[0], drawn[1], drawn[2], drawn[622], drawn[623], drawn[624], drawn[5000]
            })
        .isEqualTo(expected.get("seed " + seed).doubles());
  }
}
