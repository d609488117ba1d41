package almagest.atom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaceSearchTest {
  private static final Path FOLDER = Path.of("src/test/resources/atom/crystals");

  @ParameterizedTest
  @CsvSource({"before", "after"})
  void findsWhatTheReferencesBruteForceFindsAndNothingElse(String when) {
    Map<String, NpyArray> found = Npz.read(FOLDER.resolve("found.npz"));
    Points cloud = cloud(when.equals("after"));
    FaceSearch.Limits limits =
        new FaceSearch.Limits(
            1,
            0.35,
            0.995,
            Double.POSITIVE_INFINITY,
            Double.POSITIVE_INFINITY,
            1,
            0,
            Integer.MAX_VALUE);
    try (Workers workers = new Workers(2)) {
      FaceSearch.Found faces = FaceSearch.of(cloud, limits, workers, Progress.NONE);
      Map<List<Integer>, Double> parallelograms = new HashMap<>();
      faces
          .parallelograms()
          .forEach(f -> parallelograms.put(segments(f.a(), f.d(), f.b(), f.c()), f.gap()));
      compare(parallelograms, found, "parallelograms_" + when);
      Map<List<Integer>, Double> trapezoids = new HashMap<>();
      faces
          .trapezoids()
          .forEach(f -> trapezoids.put(segments(f.a(), f.b(), f.c(), f.d()), f.cosine()));
      compare(trapezoids, found, "trapezoids_" + when);
    }
  }

  private static void compare(
      Map<List<Integer>, Double> ours, Map<String, NpyArray> found, String name) {
    int[] points = Objects.requireNonNull(found.get(name)).ints();
    double[] values = Objects.requireNonNull(found.get(name + "_value")).doubles();
    assertThat(ours).hasSize(values.length);
    for (int f = 0; f < values.length; f++) {
      assertThat(
              ours.get(
                  segments(points[4 * f], points[4 * f + 1], points[4 * f + 2], points[4 * f + 3])))
          .isCloseTo(values[f], within(1e-10));
    }
  }

  /** Two segments, as a set of sets. */
  private static List<Integer> segments(int a, int b, int c, int d) {
    List<Integer> first = List.of(Math.min(a, b), Math.max(a, b));
    List<Integer> second = List.of(Math.min(c, d), Math.max(c, d));
    boolean swap = first.getFirst() > second.getFirst();
    List<Integer> all = new ArrayList<>(swap ? second : first);
    all.addAll(swap ? first : second);
    return all;
  }

  @ParameterizedTest
  @CsvSource({
    "14, 3, 1, 0.2, 0.98, 0, NORMAL",
    "25, 2, 2, 0.05, 0.999, 0.1, NORMAL",
    "23, 4, 3, 0.5, 0.9, 0, NORMAL",
    "30, 9, 4, 1, 0.8, 0.3, NORMAL",
    "21, 40, 5, 1, 0.5, 0, NORMAL",
    "24, 3, 6, 0.3, 0.97, 0, LATTICE",
    "33, 6, 7, 0.4, 0.95, 0.05, GROUPS",
    "26, 5, 8, 0.3, 0.95, 0, FAR",
    "17, 1, 9, 0.1, 0.9, 0.2, NORMAL"
  })
  void losesNoFaceOfSmallClouds(
      int n, int d, int seed, double residual, double cosine, double edge, Shape shape) {
    Points cloud = cloud(n, d, seed, shape);
    FaceSearch.Limits limits =
        new FaceSearch.Limits(
            residual,
            Double.POSITIVE_INFINITY,
            cosine,
            Double.POSITIVE_INFINITY,
            Double.POSITIVE_INFINITY,
            1,
            edge,
            Integer.MAX_VALUE);
    try (Workers workers = new Workers(2)) {
      FaceSearch.Found faces = FaceSearch.of(cloud, limits, workers, Progress.NONE);
      assertThat(faces.parallelograms()).isEqualTo(brute(cloud, limits, true));
      assertThat(faces.trapezoids()).isEqualTo(brute(cloud, limits, false));
    }
  }

  @ParameterizedTest
  @CsvSource({"60, 12, NORMAL", "40, 3, LATTICE", "45, 200, NORMAL", "50, 5, FAR"})
  void productsInSingleBytesLoseNoFace(int n, int d, Shape shape) {
    Points cloud = cloud(n, d, n, shape);
    FaceSearch.Limits limits = FaceSearch.Limits.of(0.7, 0.85);
    try (Workers workers = new Workers(2)) {
      FaceSearch.Found fine = FaceSearch.of(cloud, limits, workers, Progress.NONE);
      FaceSearch.Found coarse =
          FaceSearch.of(
              cloud,
              GramCloud.of(cloud, true, workers, Progress.NONE),
              limits,
              workers,
              Progress.NONE);
      assertThat(coarse.parallelograms()).isEqualTo(fine.parallelograms());
      assertThat(coarse.trapezoids()).isEqualTo(fine.trapezoids());
    }
  }

  @Test
  void theBestFewAreTheFirstOfAll() {
    Points cloud = cloud(40, 8, 11, Shape.NORMAL);
    try (Workers workers = new Workers(2)) {
      FaceSearch.Found all =
          FaceSearch.of(cloud, FaceSearch.Limits.of(1, 0.6), workers, Progress.NONE);
      double none = Double.POSITIVE_INFINITY;
      FaceSearch.Found few =
          FaceSearch.of(
              cloud,
              new FaceSearch.Limits(1, none, 0.6, none, none, 1, 0, 17),
              workers,
              Progress.NONE);
      assertThat(all.parallelograms()).hasSizeGreaterThan(100);
      assertThat(few.parallelograms()).isEqualTo(all.parallelograms().subList(0, 17));
      assertThat(few.trapezoids()).isEqualTo(all.trapezoids().subList(0, 17));
      assertThat(few.cutTrapezoids()).isTrue();
      assertThat(all.cutTrapezoids()).isFalse();
    }
  }

  @Test
  void antipodalAndDuplicatePointsMakeNoFace() {
    // x and −x, y and −y: a + d = 0 = b + c, a rectangle of no meaning; and a point twice.
    double[] x = {1, 0, 0, -1, 0, 0, 0, 1, 0.2, 0, -1, -0.2, 5, 5, 5, 5, 5, 5};
    try (Workers workers = new Workers(1)) {
      FaceSearch.Found faces =
          FaceSearch.of(
              Points.of(DoubleMatrix.copyOf(x, 3)),
              FaceSearch.Limits.of(0.01, 0.9999),
              workers,
              Progress.NONE);
      assertThat(faces.parallelograms()).isEmpty();
      assertThat(faces.trapezoids()).isEmpty();
    }
  }

  @Test
  void badLimitsAreNamed() {
    assertThatThrownBy(() -> FaceSearch.Limits.of(1.5, 0.9))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--residual");
    assertThatThrownBy(() -> FaceSearch.Limits.of(0.5, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--cosine");
  }

  enum Shape {
    NORMAL,
    LATTICE,
    GROUPS,
    FAR
  }

  private static Points cloud(int n, int d, int seed, Shape shape) {
    RandomGenerator random = new Seed(seed).generator();
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < d; j++) {
        x.set(
            i,
            j,
            switch (shape) {
              case NORMAL -> random.nextGaussian();
              case LATTICE -> random.nextInt(4);
              case GROUPS -> 10 * Math.sin(7 * (i % 4) + j) + random.nextGaussian();
              case FAR -> 1000 + random.nextGaussian() * (i == 0 ? 100 : 1);
            });
      }
    }
    return Points.of(x);
  }

  /** Every two segments, by the same measures. */
  private static List<Face> brute(Points cloud, FaceSearch.Limits limits, boolean flat) {
    FaceMeasures measures = new FaceMeasures(cloud, limits.leastEdge());
    int n = cloud.rows();
    Set<Face> found = new HashSet<>();
    for (int a = 0; a < n; a++) {
      for (int b = 0; b < n; b++) {
        for (int c = a + 1; c < n; c++) {
          for (int d = 0; d < n; d++) {
            if (b == a || c == b || d == a || d == b || d == c) {
              continue;
            }
            @Nullable Face f =
                flat ? measures.parallelogram(a, b, c, d) : measures.trapezoid(a, b, c, d);
            if (f != null
                && (flat
                    ? f.residual() <= limits.residual() && f.gap() <= limits.gap()
                    : f.cosine() >= limits.cosine())) {
              found.add(f);
            }
          }
        }
      }
    }
    return found.stream().sorted(Face.ORDER).toList();
  }

  /** The fixture's cloud, with its distractor axis or without. */
  static Points cloud(boolean projected) {
    Map<String, NpyArray> file = Npz.read(FOLDER.resolve("cloud.npz"));
    double[] axis = Objects.requireNonNull(file.get("distractor_axis")).doubles();
    DoubleMatrix x =
        DoubleMatrix.copyOf(Objects.requireNonNull(file.get("x")).doubles(), axis.length);
    if (projected) {
      for (int i = 0; i < x.rows(); i++) {
        double along = 0;
        for (int j = 0; j < axis.length; j++) {
          along += x.get(i, j) * axis[j];
        }
        for (int j = 0; j < axis.length; j++) {
          x.set(i, j, x.get(i, j) - along * axis[j]);
        }
      }
    }
    return Points.of(x);
  }

  /** A normal cloud of float32, for other tests. */
  static FloatMatrix normal(int n, int d, Seed seed) {
    RandomGenerator random = seed.generator();
    FloatMatrix x = FloatMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < d; j++) {
        x.set(i, j, (float) random.nextGaussian());
      }
    }
    return x;
  }
}
