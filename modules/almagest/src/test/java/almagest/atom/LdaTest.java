package almagest.atom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LdaTest {
  private static final Path FOLDER = Path.of("src/test/resources/atom/lda");

  private final Workers workers = new Workers(2);

  private static DoubleMatrix matrix(NpyArray a) {
    return DoubleMatrix.copyOf(a.doubles(), a.shape()[1]);
  }

  @ParameterizedTest
  @CsvSource({"input.npz,svd.npz,1e-8", "wide-input.npz,wide-svd.npz,1e-6"})
  void fitsAsTheReferenceDoes(String input, String reference, double tolerance) {
    Map<String, NpyArray> in = Npz.read(FOLDER.resolve(input));
    Map<String, NpyArray> expected = Npz.read(FOLDER.resolve(reference));
    DoubleMatrix x = matrix(in.get("x"));
    Lda lda = Lda.fit(x, in.get("y").ints(), workers);
    assertClose(lda.scalings().toArray(), expected.get("scalings").doubles(), tolerance);
    assertClose(lda.mean(), expected.get("xbar").doubles(), tolerance);
    assertClose(lda.ratios(), expected.get("explained_variance_ratio").doubles(), tolerance);
    assertClose(
        lda.transform(x, lda.components(), workers).toArray(),
        expected.get("transform").doubles(),
        tolerance);
    DoubleMatrix decision = lda.decision(x, workers);
    int[] prediction = expected.get("prediction").ints();
    for (int i = 0; i < x.rows(); i++) {
      double[] row = decision.row(i);
      int best = 0;
      for (int g = 1; g < row.length; g++) {
        best = row[g] > row[best] ? g : best;
      }
      assertThat(best).isEqualTo(prediction[i]);
    }
  }

  @Test
  void oneClassIsRefused() {
    assertThatThrownBy(
            () -> Lda.fit(DoubleMatrix.copyOf(new double[] {1, 2, 3, 4}, 2), new int[2], workers))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("two classes");
  }

  private static void assertClose(double[] actual, double[] expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    double largest = 0;
    for (double e : expected) {
      largest = Math.max(largest, Math.abs(e));
    }
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("entry %d", i).isCloseTo(expected[i], within(tolerance * largest));
    }
  }
}
