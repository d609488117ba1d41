package almagest.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Screening by bf16 products, on any processor: those without such instructions are only slow. */
class ScreenTest {
  private static final int FEATURES = 1100; // two blocks and some, and no multiple of a vector
  private static final int WIDTH = 203;

  /** Rows and encoders that rounding or summing treats badly. */
  private enum Data {
    GAUSSIAN {
      @Override
      double x(RandomGenerator random, int r, int i) {
        return random.nextGaussian();
      }
    },
    /** All is rounded down by nearly half a step. */
    ROUNDED_DOWN {
      @Override
      double x(RandomGenerator random, int r, int i) {
        return 1 + 0x1p-8 - 0x1p-20 * (1 + random.nextInt(8));
      }

      @Override
      double w(RandomGenerator random, int j, int i) {
        return (1 + 0x1p-8 - 0x1p-20) * (1 << j % 5);
      }
    },
    /** Sums that grow and come back to little. */
    CANCELLING {
      @Override
      double x(RandomGenerator random, int r, int i) {
        return (i <= WIDTH / 2 ? 1000 : -1000) * (1 + 1e-3 * random.nextGaussian());
      }

      @Override
      double w(RandomGenerator random, int j, int i) {
        return 1 + 1e-3 * random.nextGaussian();
      }
    },
    /** Lengths from 10⁻¹² to 10¹². */
    UNLIKE_LENGTHS {
      @Override
      double x(RandomGenerator random, int r, int i) {
        return random.nextGaussian() * Math.pow(10, r % 13 - 6);
      }

      @Override
      double w(RandomGenerator random, int j, int i) {
        return random.nextGaussian() * Math.pow(10, j % 13 - 6);
      }
    },
    /** One dimension that dwarfs the others. */
    OUTLIER {
      @Override
      double x(RandomGenerator random, int r, int i) {
        return random.nextGaussian() * (i == 17 ? 3000 : 1);
      }
    },
    /** Weights that are subnormal in bf16 and float32. */
    SUBNORMAL {
      @Override
      double x(RandomGenerator random, int r, int i) {
        return 1e35 * random.nextGaussian();
      }

      @Override
      double w(RandomGenerator random, int j, int i) {
        return 3e-39 * random.nextGaussian();
      }
    };

    abstract double x(RandomGenerator random, int r, int i);

    double w(RandomGenerator random, int j, int i) {
      return random.nextGaussian();
    }

    FloatMatrix rows(int n) {
      RandomGenerator random = new Seed(1).generator();
      return matrix(n, (r, i) -> x(random, r, i));
    }

    FloatMatrix encoder() {
      RandomGenerator random = new Seed(2).generator();
      return matrix(FEATURES, (j, i) -> w(random, j, i));
    }
  }

  private interface Entry {
    double at(int r, int i);
  }

  private static FloatMatrix matrix(int rows, Entry entry) {
    FloatMatrix m = FloatMatrix.zeros(rows, WIDTH);
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < WIDTH; i++) {
        m.set(r, i, (float) entry.at(r, i));
      }
    }
    return m;
  }

  /** x Wᵀ by float64. */
  private static double[][] products(FloatMatrix x, FloatMatrix encoder) {
    double[][] z = new double[x.rowsAsInt()][FEATURES];
    for (int r = 0; r < z.length; r++) {
      for (int j = 0; j < FEATURES; j++) {
        for (int i = 0; i < WIDTH; i++) {
          z[r][j] += (double) x.get(r, i) * encoder.get(j, i);
        }
      }
    }
    return z;
  }

  /** What the product of the absolute values is, to which float32's rounding is relative. */
  private static double magnitude(FloatMatrix x, int r, FloatMatrix encoder, int j) {
    double sum = 0;
    for (int i = 0; i < WIDTH; i++) {
      sum += Math.abs((double) x.get(r, i) * encoder.get(j, i));
    }
    return sum;
  }

  private static TileEncoder encoded(
      FloatMatrix x, FloatMatrix encoder, boolean screened, ActivationRule rule) {
    TileEncoder tile = new TileEncoder(WIDTH, FEATURES);
    MemorySegment.copy(x.data(), 0, tile.input(), 0, x.data().byteSize());
    TileEncoder.encodeTogether(
        List.of(tile), new int[] {x.rowsAsInt()}, encoder, true, screened, rule);
    return tile;
  }

  private static int[] features(TileEncoder tile, int r) {
    Selection s = tile.selection(0, r);
    return Arrays.copyOf(s.indices, s.size);
  }

  private static float[] values(TileEncoder tile, int r) {
    Selection s = tile.selection(0, r);
    return Arrays.copyOf(s.values, s.size);
  }

  private static float[] filled(float value) {
    float[] values = new float[FEATURES];
    Arrays.fill(values, value);
    return values;
  }

  @ParameterizedTest
  @EnumSource(Data.class)
  void aFeatureThatIsBarelyAboveItsThresholdIsNeverMissed(Data data) {
    FloatMatrix x = data.rows(1);
    FloatMatrix encoder = data.encoder();
    double[] z = products(x, encoder)[0];
    int asked = 0;
    for (int shift = 0; shift < 31; shift++) {
      float[] threshold = filled(Float.POSITIVE_INFINITY);
      for (int j = shift; j < FEATURES; j += 31) {
        double error = WIDTH * 0x1p-23 * magnitude(x, 0, encoder, j);
        if (z[j] > 4 * error) {
          threshold[j] = (float) (z[j] - 2 * error);
          asked++;
        }
      }
      TileEncoder tile = encoded(x, encoder, true, new JumpRelu(new float[FEATURES], threshold));
      int s = shift;
      assertThat(features(tile, 0))
          .containsExactly(
              IntStream.range(0, FEATURES)
                  .filter(j -> j % 31 == s && threshold[j] < Float.POSITIVE_INFINITY)
                  .toArray());
    }
    assertThat(asked).isGreaterThan(300);
  }

  @ParameterizedTest
  @EnumSource(Data.class)
  void whatFiresHasTheValueOfTheFloat32Product(Data data) {
    int rows = 40;
    FloatMatrix x = data.rows(rows);
    FloatMatrix encoder = data.encoder();
    double[][] z = products(x, encoder);
    // A bias of each feature's own at which about one row in fifty lets it fire.
    float[] bias = new float[FEATURES];
    for (int j = 0; j < FEATURES; j++) {
      int feature = j;
      double[] sorted = Arrays.stream(z).mapToDouble(row -> row[feature]).sorted().toArray();
      bias[j] = (float) -((sorted[rows - 1] + sorted[rows - 2]) / 2);
    }
    for (ActivationRule rule :
        List.of(
            new Relu(bias),
            new JumpRelu(bias, filled(0)),
            new Gated(bias, filled(1.5f), bias),
            new TopK(7, bias),
            new TopK(7, bias, filled(0.75f)))) {
      TileEncoder screened = encoded(x, encoder, true, rule);
      TileEncoder plain = encoded(x, encoder, false, rule);
      for (int r = 0; r < rows; r++) {
        int[] features = features(screened, r);
        float[] values = values(screened, r);
        assertThat(features).as("%s, row %d", rule, r).isEqualTo(features(plain, r));
        for (int f = 0; f < values.length; f++) {
          double error = WIDTH * 0x1p-23 * magnitude(x, r, encoder, features[f]);
          assertThat((double) values[f]).isCloseTo(values(plain, r)[f], within(2 * error));
        }
      }
    }
  }

  /** Whole numbers that bf16 has not, and whose sums float32 has. */
  @Test
  void atItsThresholdAFeatureIsSilentAndJustAboveItFires() {
    RandomGenerator random = new Seed(3).generator();
    FloatMatrix x = matrix(2, (r, i) -> random.nextInt(-300, 300));
    FloatMatrix encoder = matrix(FEATURES, (j, i) -> random.nextInt(-300, 300));
    double[] z = products(x, encoder)[0];
    float[] threshold = filled(Float.POSITIVE_INFINITY);
    int[] above = IntStream.range(0, FEATURES).filter(j -> j % 60 == 0 && z[j] > 1).toArray();
    for (int j = 0; j < FEATURES; j += 30) {
      threshold[j] = (float) z[j];
    }
    for (int j : above) {
      threshold[j] = Math.nextDown(threshold[j]);
    }
    TileEncoder tile = encoded(x, encoder, true, new JumpRelu(new float[FEATURES], threshold));
    assertThat(above).hasSizeGreaterThan(5);
    assertThat(features(tile, 0)).isEqualTo(above);
    for (int f = 0; f < above.length; f++) {
      assertThat(values(tile, 0)[f]).isEqualTo((float) z[above[f]]);
    }
  }

  @Test
  void equalActivationsGoToTheSmallerIndexAsInFloat32() {
    RandomGenerator random = new Seed(4).generator();
    FloatMatrix x = matrix(3, (r, i) -> random.nextInt(-9, 9));
    FloatMatrix encoder = matrix(FEATURES, (j, i) -> (j % 50 * 31 + i * 17) % 13 - 6);
    TopK rule = new TopK(5, new float[FEATURES]);
    TileEncoder screened = encoded(x, encoder, true, rule);
    TileEncoder plain = encoded(x, encoder, false, rule);
    for (int r = 0; r < 3; r++) {
      assertThat(features(screened, r)).hasSize(5).isEqualTo(features(plain, r));
      assertThat(values(screened, r)).isEqualTo(values(plain, r));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e19, 1e30, 3e37})
  void lengthsThatMightOverflowAreMultipliedInFloat32(double scale) {
    RandomGenerator random = new Seed(5).generator();
    FloatMatrix x = matrix(2, (r, i) -> scale * random.nextGaussian());
    FloatMatrix encoder =
        matrix(FEATURES, (j, i) -> random.nextGaussian() * (j % 2 == 0 ? 1 : scale / 1e3));
    JumpRelu rule = new JumpRelu(new float[FEATURES], filled((float) scale));
    for (int r = 0; r < 2; r++) {
      assertThat(values(encoded(x, encoder, true, rule), r))
          .isNotEmpty()
          .isEqualTo(values(encoded(x, encoder, false, rule), r));
    }
  }

  @Test
  void whereHalfOfTheFeaturesFireNothingIsScreened() {
    FloatMatrix x = Data.GAUSSIAN.rows(30);
    FloatMatrix encoder = Data.GAUSSIAN.encoder();
    Relu rule = new Relu(new float[FEATURES]);
    TileEncoder screened = encoded(x, encoder, true, rule);
    TileEncoder plain = encoded(x, encoder, false, rule);
    for (int r = 0; r < 30; r++) {
      assertThat(values(screened, r)).hasSizeGreaterThan(400).isEqualTo(values(plain, r));
    }
  }

  @Test
  void screenedProductsAreThoseOfFloat32AloneWhateverTheirNeighbours() {
    FloatMatrix x = Data.GAUSSIAN.rows(60);
    FloatMatrix encoder = Data.GAUSSIAN.encoder();
    JumpRelu rule = new JumpRelu(new float[FEATURES], filled(2.8f * (float) Math.sqrt(WIDTH)));
    TileEncoder all = encoded(x, encoder, true, rule);
    for (int r = 0; r < 60; r += 7) {
      TileEncoder one = encoded(x.slice(r, r + 1), encoder, true, rule);
      assertThat(features(one, 0)).isEqualTo(features(all, r));
      assertThat(values(one, 0)).isEqualTo(values(all, r));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anSaeHasTheSameBitsOnAnyNumberOfThreads(boolean byFeature) {
    FloatMatrix x = Data.GAUSSIAN.rows(700);
    FloatMatrix encoder = Data.GAUSSIAN.encoder();
    Sae sae =
        new Sae(
            new Sae.Weights(
                byFeature ? encoder : Matrices.transpose(encoder),
                byFeature,
                encoder,
                new float[WIDTH],
                new TopK(9, new float[FEATURES]),
                InputNorm.NONE,
                1,
                false),
            SaeInfo.of("random", "", ""));
    SparseRows one;
    SparseRows three;
    try (Workers workers = new Workers(1)) {
      one = sae.encode(x, workers);
    }
    try (Workers workers = new Workers(3)) {
      three = sae.encode(x, workers);
    }
    assertThat(three.indices()).isEqualTo(one.indices());
    assertThat(three.values()).isEqualTo(one.values());
  }
}
