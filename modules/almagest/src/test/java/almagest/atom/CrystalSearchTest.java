package almagest.atom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CrystalSearchTest {
  private static final Path FOLDER = Path.of("src/test/resources/atom/crystals");

  /** By the distractor's axis itself, and by what each point has of it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void findsThePlantedFacesOnceTheDistractorIsRemoved(boolean covariate) {
    Map<String, NpyArray> file = Npz.read(FOLDER.resolve("cloud.npz"));
    Map<String, NpyArray> truth = Npz.read(FOLDER.resolve("found.npz"));
    double[] axis = Objects.requireNonNull(file.get("distractor_axis")).doubles();
    double[] length = Objects.requireNonNull(file.get("length")).doubles();
    try (Workers workers = new Workers(2)) {
      CovariateSearch.Outcome found =
          CovariateSearch.of(
              FaceSearchTest.cloud(false),
              covariate ? List.of() : List.of(axis),
              covariate ? List.of(length) : List.of(),
              CrystalSearch.Options.defaults(new Seed(3)),
              workers,
              Progress.NONE);
      assertThat(found.removed().share()[0]).isGreaterThan(0.3);
      assertThat(found.removed().faces() > 0).isEqualTo(covariate);
      assertThat(found.result().cloudP()).isEqualTo(0.05);
      check(
          found.result(),
          segments(Objects.requireNonNull(truth.get("true_parallelograms")).ints()),
          segments(Objects.requireNonNull(truth.get("true_trapezoids")).ints()));
    }
  }

  /** Two segments a row of four points, as sets. */
  private static Set<Set<Set<Integer>>> segments(int[] rows) {
    Set<Set<Set<Integer>>> segments = new HashSet<>();
    for (int f = 0; f < rows.length; f += 4) {
      segments.add(pair(rows[f], rows[f + 1], rows[f + 2], rows[f + 3]));
    }
    return segments;
  }

  private static Set<Set<Integer>> pair(int a, int b, int c, int d) {
    return Set.of(Set.of(a, b), Set.of(c, d));
  }

  private static void check(
      CrystalSearch.Result found,
      Set<Set<Set<Integer>>> parallelograms,
      Set<Set<Set<Integer>>> trapezoids) {
    for (Face.Kind kind : Face.Kind.values()) {
      boolean flat = kind == Face.Kind.PARALLELOGRAM;
      Set<Set<Set<Integer>>> planted = flat ? parallelograms : trapezoids;
      Set<Set<Set<Integer>>> listed = new HashSet<>();
      for (CrystalSearch.Ranked r : found.upTo(0.05)) {
        Face f = r.face();
        if (f.kind() == kind) {
          listed.add(flat ? pair(f.a(), f.d(), f.b(), f.c()) : pair(f.a(), f.b(), f.c(), f.d()));
        }
      }
      Set<Set<Set<Integer>>> right = new HashSet<>(listed);
      right.retainAll(planted);
      assertThat((double) right.size() / planted.size())
          .as("recall of " + kind)
          .isGreaterThanOrEqualTo(0.95);
      assertThat((double) right.size() / listed.size())
          .as("precision of " + kind)
          .isGreaterThanOrEqualTo(0.95);
    }
  }

  /**
   * Segments of one function and nearly equal lengths (ratios 2.0, 2.05, …) are no parallelograms,
   * and the distractor is known by its values alone.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void tellsTrapezoidsFromParallelogramsUnderADistractorKnownByItsValues(int seed) {
    int n = 100;
    int d = 12;
    double[] ratios = {1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2.1, 2.4};
    RandomGenerator random = new Seed(seed).split("planted").generator();
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    double[] axis = random.doubles(d, -1, 1).toArray();
    double[] length = random.doubles(n, 1, 15).toArray();
    double[][] function = new double[2][d];
    Set<Set<Set<Integer>>> parallelograms = new HashSet<>();
    Set<Set<Set<Integer>>> trapezoids = new HashSet<>();
    for (int f = 0; f < 2; f++) {
      for (int j = 0; j < d; j++) {
        function[f][j] = 2.5 * random.nextGaussian();
      }
    }
    for (int i = 0; i < n; i++) {
      int pair = i / 2;
      boolean end = i % 2 == 1 && pair < 2 * ratios.length;
      for (int j = 0; j < d; j++) {
        double step = end ? ratios[pair / 2] * function[pair % 2][j] : 0;
        x.set(
            i,
            j,
            end
                ? x.get(i - 1, j) + step + 0.02 * random.nextGaussian()
                : 2 * random.nextGaussian());
      }
    }
    for (int p = 0; p < 2 * ratios.length; p++) {
      for (int q = p % 2; q < p; q += 2) {
        trapezoids.add(pair(2 * p, 2 * p + 1, 2 * q, 2 * q + 1));
        if (ratios[p / 2] == ratios[q / 2]) {
          parallelograms.add(pair(2 * p, 2 * q + 1, 2 * p + 1, 2 * q));
          trapezoids.add(pair(2 * p, 2 * q, 2 * p + 1, 2 * q + 1));
        }
      }
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < d; j++) {
        x.set(i, j, x.get(i, j) + 1.5 * length[i] * axis[j]);
      }
    }
    try (Workers workers = new Workers(2)) {
      CovariateSearch.Outcome found =
          CovariateSearch.of(
              Points.of(x),
              List.of(),
              List.of(length),
              CrystalSearch.Options.defaults(new Seed(seed)),
              workers,
              Progress.NONE);
      check(found.result(), parallelograms, trapezoids);
    }
  }

  /** Exact tests of level 5 % make 1 error in 20; 4 or more have a probability of 1.6 %. */
  @ParameterizedTest
  @ValueSource(strings = {"normal", "sphere", "student", "cube", "power law", "clusters"})
  void findsNothingInStructurelessClouds(String kind) {
    int quiet = 0;
    try (Workers workers = new Workers(2)) {
      for (int s = 0; s < 20; s++) {
        CrystalSearch.Result found =
            CrystalSearch.of(
                Points.of(structureless(kind, 48, 8, new Seed(s).split(kind).generator())),
                CrystalSearch.Options.defaults(new Seed(s)),
                workers,
                Progress.NONE);
        quiet += found.upTo(0.05).isEmpty() ? 1 : 0;
      }
    }
    assertThat(quiet).isGreaterThanOrEqualTo(17);
  }

  private static FloatMatrix structureless(String kind, int n, int d, RandomGenerator random) {
    FloatMatrix x = FloatMatrix.zeros(n, d);
    float[] row = new float[d];
    float[][] centres = new float[5][d];
    for (float[] centre : centres) {
      for (int j = 0; j < d; j++) {
        centre[j] = (float) (4 * random.nextGaussian());
      }
    }
    for (int i = 0; i < n; i++) {
      double chi = 0;
      for (int j = 0; j < 3; j++) {
        double g = random.nextGaussian();
        chi += g * g;
      }
      double square = 0;
      for (int j = 0; j < d; j++) {
        double g = random.nextGaussian();
        row[j] =
            (float)
                switch (kind) {
                  case "student" -> g / Math.sqrt(chi / 3);
                  case "cube" -> 2 * random.nextDouble() - 1;
                  case "power law" -> g * Math.pow(1 + j, -0.75);
                  case "clusters" -> centres[i % 5][j] + g;
                  default -> g * (1 + j);
                };
        square += row[j] * row[j];
      }
      for (int j = 0; j < d && kind.equals("sphere"); j++) {
        row[j] /= (float) Math.sqrt(square);
      }
      x.setRow(i, row);
    }
    return x;
  }

  @Test
  void findsFacesAmongThousandsOfPoints() {
    int n = 4096;
    int d = 128;
    int planted = 40;
    FloatMatrix x = FaceSearchTest.normal(n, d, new Seed(8));
    RandomGenerator random = new Seed(9).generator();
    Set<Set<Integer>> diagonals = new HashSet<>();
    for (int f = 0; f < planted; f++) {
      // Points 4 f … 4 f + 3: d = b + c − a, and noise.
      float[] last = new float[d];
      for (int j = 0; j < d; j++) {
        last[j] =
            x.get(4L * f + 1, j)
                + x.get(4L * f + 2, j)
                - x.get(4L * f, j)
                + 0.1f * (float) random.nextGaussian();
      }
      x.setRow(4L * f + 3, last);
      diagonals.add(Set.of(4 * f, 4 * f + 3));
    }
    CrystalSearch.Options chance = CrystalSearch.Options.defaults(new Seed(0));
    try (Workers workers = new Workers(2)) {
      CrystalSearch.Result found =
          CrystalSearch.of(
              Points.of(x),
              new CrystalSearch.Options(0.3, chance.gap(), 0.95, 0.1, 2, 1000, new Seed(1)),
              workers,
              Progress.NONE);
      assertThat(
              found.upTo(0.05).stream()
                  .filter(r -> r.face().kind() == Face.Kind.PARALLELOGRAM)
                  .map(r -> Set.of(r.face().a(), r.face().d())))
          .hasSize(planted)
          .isSubsetOf(diagonals);
    }
  }

  @Test
  void aCovariateGivesTheDirectionThatGoesWithIt() {
    Map<String, NpyArray> file = Npz.read(FOLDER.resolve("cloud.npz"));
    double[] lengths = Objects.requireNonNull(file.get("length")).doubles();
    double[] axis = Objects.requireNonNull(file.get("distractor_axis")).doubles();
    Points cloud = FaceSearchTest.cloud(false);
    try (Workers workers = new Workers(2)) {
      double[] slope = RemovedDirections.along(cloud, lengths);
      double[] found = RemovedDirections.of(cloud, List.of(slope), workers).directions()[0];
      double[] first = RemovedDirections.leading(cloud, 1, workers).getFirst();
      double along = 0;
      double leading = 0;
      for (int j = 0; j < axis.length; j++) {
        along += found[j] * axis[j];
        leading += first[j] * axis[j];
      }
      // 140 points, other coordinates a third as wide.
      assertThat(along).isGreaterThan(0.97);
      assertThat(Math.abs(leading)).isGreaterThan(0.97);
    }
  }

  @Test
  void sidesOfAParallelogramAreNotCountedAgain() {
    try (Workers workers = new Workers(2)) {
      CrystalSearch.Result found =
          CrystalSearch.of(
              FaceSearchTest.cloud(true),
              CrystalSearch.Options.defaults(new Seed(3)),
              workers,
              Progress.NONE);
      Set<Set<Integer>> flat = new HashSet<>();
      found
          .withoutSides()
          .faces()
          .forEach(r -> {
            Face f = r.face();
            Set<Integer> points = Set.of(f.a(), f.b(), f.c(), f.d());
            if (f.kind() == Face.Kind.PARALLELOGRAM) {
              flat.add(points);
            }
          });
      assertThat(flat).isNotEmpty();
      assertThat(found.withoutSides().faces())
          .filteredOn(r -> r.face().kind() == Face.Kind.TRAPEZOID)
          .isNotEmpty()
          .noneMatch(r ->
              r.face().residual() < 0.01
                  && flat.contains(Set.of(r.face().a(), r.face().b(), r.face().c(), r.face().d())));
    }
  }

  @Test
  void cloudsWithoutFacesAreRefused() {
    CrystalSearch.Options options = CrystalSearch.Options.defaults(new Seed(0));
    try (Workers workers = new Workers(1)) {
      assertThatThrownBy(() ->
              CrystalSearch.of(
                  Points.of(DoubleMatrix.zeros(3, 5)), options, workers, Progress.NONE))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("four points");
      assertThatThrownBy(() ->
              CrystalSearch.of(
                  Points.of(DoubleMatrix.zeros(9, 5)), options, workers, Progress.NONE))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("equal");
      assertThatThrownBy(() ->
              RemovedDirections.of(
                  Points.of(DoubleMatrix.zeros(9, 5)), List.of(new double[4]), workers))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("4 coordinates");
      assertThatThrownBy(
              () -> RemovedDirections.along(Points.of(DoubleMatrix.zeros(9, 5)), new double[9]))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("--covariate");
    }
  }
}
