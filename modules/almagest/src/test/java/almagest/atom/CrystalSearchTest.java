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

  @Test
  void findsThePlantedFacesOnceTheDistractorIsRemoved() {
    Map<String, NpyArray> file = Npz.read(FOLDER.resolve("cloud.npz"));
    Points cloud = FaceSearchTest.cloud(false);
    double[] axis = Objects.requireNonNull(file.get("distractor_axis")).doubles();
    try (Workers workers = new Workers(2)) {
      RemovedDirections removed = RemovedDirections.of(cloud, List.of(axis), workers);
      assertThat(removed.share()[0]).isGreaterThan(0.3);
      CrystalSearch.Result found =
          CrystalSearch.of(
              removed.remove(cloud, workers),
              CrystalSearch.Options.defaults(new Seed(3)),
              workers,
              Progress.NONE);
      assertThat(found.cloudP()).isEqualTo(0.05);
      check(found, Face.Kind.PARALLELOGRAM, "true_parallelograms");
      check(found, Face.Kind.TRAPEZOID, "true_trapezoids");
    }
  }

  private static void check(CrystalSearch.Result found, Face.Kind kind, String truth) {
    Set<Set<Set<Integer>>> planted = new HashSet<>();
    int[] rows = Objects.requireNonNull(Npz.read(FOLDER.resolve("found.npz")).get(truth)).ints();
    for (int f = 0; f < rows.length; f += 4) {
      planted.add(Set.of(Set.of(rows[f], rows[f + 1]), Set.of(rows[f + 2], rows[f + 3])));
    }
    Set<Set<Set<Integer>>> listed = new HashSet<>();
    for (CrystalSearch.Ranked r : found.upTo(0.05)) {
      Face f = r.face();
      if (f.kind() == kind) {
        listed.add(
            kind == Face.Kind.PARALLELOGRAM
                ? Set.of(Set.of(f.a(), f.d()), Set.of(f.b(), f.c()))
                : Set.of(Set.of(f.a(), f.b()), Set.of(f.c(), f.d())));
      }
    }
    Set<Set<Set<Integer>>> right = new HashSet<>(listed);
    right.retainAll(planted);
    assertThat((double) right.size() / planted.size()).as("recall").isGreaterThanOrEqualTo(0.95);
    assertThat((double) right.size() / listed.size()).as("precision").isGreaterThanOrEqualTo(0.95);
  }

  /** Exact tests of level 5 % make 1 error in 20; 4 or more have a probability of 1.6 %. */
  @ParameterizedTest
  @ValueSource(strings = {"normal", "sphere"})
  void findsNothingInStructurelessClouds(String kind) {
    int quiet = 0;
    try (Workers workers = new Workers(2)) {
      for (int s = 0; s < 20; s++) {
        FloatMatrix x = FaceSearchTest.normal(60, 8, new Seed(s).split(kind));
        for (int i = 0; i < 60; i++) {
          float[] row = x.row(i);
          double square = 0;
          for (int j = 0; j < 8; j++) {
            // Unequal axes.
            row[j] *= 1 + j;
            square += row[j] * row[j];
          }
          for (int j = 0; j < 8 && kind.equals("sphere"); j++) {
            row[j] /= (float) Math.sqrt(square);
          }
          x.setRow(i, row);
        }
        CrystalSearch.Result found =
            CrystalSearch.of(
                Points.of(x), CrystalSearch.Options.defaults(new Seed(s)), workers, Progress.NONE);
        quiet += found.upTo(0.05).isEmpty() ? 1 : 0;
      }
    }
    assertThat(quiet).isGreaterThanOrEqualTo(17);
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
