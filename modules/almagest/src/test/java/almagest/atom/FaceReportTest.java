package almagest.atom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaceReportTest {
  @TempDir private Path folder;

  @Test
  void linesArraysAndGroupsTellOfTheSameFaces() throws IOException {
    Points cloud = FaceSearchTest.cloud(true);
    int n = cloud.rows();
    List<String> labels = IntStream.range(0, n).mapToObj(i -> "w" + i).toList();
    try (Workers workers = new Workers(2)) {
      CrystalSearch.Options chance = CrystalSearch.Options.defaults(new Seed(1));
      CrystalSearch.Result result =
          CrystalSearch.of(
              cloud,
              new CrystalSearch.Options(0.05, chance.gap(), 0.999, 0.1, 5, 1000, new Seed(1)),
              workers,
              Progress.NONE);
      List<Face> faces = result.upTo(0.05).stream().map(CrystalSearch.Ranked::face).toList();
      List<FaceGroups.Group> groups = FaceGroups.of(cloud, faces, 4, workers);
      FaceReport report =
          new FaceReport(
              result,
              RemovedDirections.none(),
              n,
              cloud.columns(),
              labels,
              List.of(),
              groups,
              3,
              0.05);
      ObjectNode summary = report.summary(Provenance.of(1, Map.of()));
      DifferenceClusters.Fit fit =
          DifferenceClusters.fit(
              cloud, DifferenceClusters.Options.of(6, true), new Seed(2), workers, Progress.NONE);
      summary.set("clusters", DifferenceReport.write(folder, fit, true, report));
      report.write(folder, summary);
      List<String> lines = Files.readAllLines(folder.resolve("faces.jsonl"));
      assertThat(lines).hasSameSizeAs(faces).hasSizeGreaterThan(300);
      JsonNode first = Json.parse(lines.getFirst());
      Face best = faces.getFirst();
      assertThat(first.path("rank").asInt()).isEqualTo(1);
      assertThat(first.path("layer").asInt()).isEqualTo(3);
      assertThat(first.path("points").get(3).asInt()).isEqualTo(best.d());
      assertThat(first.path("labels").get(0).asText()).isEqualTo("w" + best.a());
      assertThat(first.path("q").asDouble()).isLessThanOrEqualTo(0.05);
      int[] points =
          Objects.requireNonNull(Npz.read(folder.resolve("faces.npz")).get("points")).ints();
      assertThat(points).hasSize(4 * faces.size()).startsWith(best.a(), best.b(), best.c());
      JsonNode written = Json.read(folder.resolve("faces.json"));
      assertThat(written.path("clusters").path("faces_together").asDouble())
          .isGreaterThan(3 * written.path("clusters").path("chance").asDouble());
      NpyArray clusters =
          Objects.requireNonNull(Npz.read(folder.resolve("clusters.npz")).get("labels"));
      assertThat(clusters.shape()).containsExactly(n * (n - 1) / 2);
    }
  }

  @Test
  void everyPlantedFunctionIsAGroup() {
    Map<String, NpyArray> file = Npz.read(Path.of("src/test/resources/atom/crystals/cloud.npz"));
    int[] pairs = Objects.requireNonNull(file.get("pairs")).ints();
    int[] relation = Objects.requireNonNull(file.get("relation")).ints();
    Points cloud = FaceSearchTest.cloud(true);
    try (Workers workers = new Workers(2)) {
      FaceSearch.Found found =
          FaceSearch.of(cloud, FaceSearch.Limits.of(0.05, 0.999), workers, Progress.NONE);
      List<FaceGroups.Group> groups = FaceGroups.of(cloud, found.trapezoids(), 4, workers);
      for (int r = 0; r < 4; r++) {
        Set<Set<Integer>> planted = new HashSet<>();
        for (int i = 0; i < relation.length; i++) {
          if (relation[i] == r) {
            planted.add(Set.of(pairs[2 * i], pairs[2 * i + 1]));
          }
        }
        assertThat(groups)
            .anyMatch(g ->
                g.cosine() > 0.99
                    && g.pairs().stream().filter(p -> planted.contains(Set.of(p[0], p[1]))).count()
                        >= planted.size() - 1);
      }
    }
  }

  @Test
  void aLabelForEveryPointOrNone() {
    CrystalSearch.Result nothing =
        new CrystalSearch.Result(
            List.of(), FaceSearch.Limits.of(0.1, 0.9), 1, 0, new int[0], new int[0], false);
    assertThatThrownBy(() ->
            new FaceReport(
                nothing,
                RemovedDirections.none(),
                5,
                2,
                List.of("a", "b"),
                List.of(),
                List.of(),
                null,
                1))
        .isInstanceOf(InputException.class)
        .hasMessage("--labels: expected one for each of the 5 points, found 2");
  }
}
