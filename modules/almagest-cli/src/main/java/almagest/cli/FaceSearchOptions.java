package almagest.cli;

import almagest.atom.CovariateSearch;
import almagest.atom.CrystalSearch;
import almagest.atom.DifferenceClusters;
import almagest.atom.DifferenceReport;
import almagest.atom.Face;
import almagest.atom.FaceGroups;
import almagest.atom.FaceReport;
import almagest.atom.RemovedDirections;
import almagest.cli.pipeline.FeatureNames;
import almagest.feature.Sae;
import almagest.format.Clouds;
import almagest.format.Json;
import almagest.run.Hashes;
import almagest.run.InputException;
import almagest.run.Provenance;
import almagest.run.ResourceException;
import almagest.run.Workers;
import almagest.tensor.NativeMemory;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code crystals --cloud}: parallelograms and trapezoids of a cloud that nobody named. */
final class FaceSearchOptions {
  /** Pairs of a group at least. */
  private static final int GROUP = 4;

  /** Bytes of code and heap of a search. */
  private static final long JVM = 768L << 20;

  @Option(
      names = "--cloud",
      paramLabel = "F",
      description =
          "Search a cloud for faces without being told relations: " + CloudArgument.DESCRIPTION)
  private @Nullable String cloud;

  @Option(
      names = "--labels",
      paramLabel = "F.txt",
      description = "A name for every point, one a line.")
  private @Nullable Path labels;

  @Option(
      names = "--contexts",
      paramLabel = "examples.jsonl",
      description =
          "Contexts of features as `collect` writes them; without --labels each is called by its"
              + " typical token.")
  private @Nullable Path contexts;

  @Option(
      names = "--remove",
      paramLabel = "F",
      arity = "1..*",
      description = "Directions [d] or [m, d] to project out first, FILE.npy or FILE.npz:KEY.")
  private List<String> remove = new ArrayList<>();

  @Option(
      names = "--remove-top",
      paramLabel = "N",
      description = "Project out the first N principal components (default: 0).")
  private int removeTop;

  @Option(
      names = "--covariate",
      paramLabel = "F",
      arity = "1..*",
      description =
          "Numbers [n], e.g. word lengths: project out the direction that goes with each, refined"
              + " by the faces found.")
  private List<String> covariates = new ArrayList<>();

  @Option(
      names = "--residual",
      paramLabel = "X",
      description =
          "Parallelograms with at most this residual, 0 … 1 (default: what chance allows).")
  private double residual = Double.NaN;

  @Option(
      names = "--gap",
      paramLabel = "X",
      description = "And with |a + d − b − c| at most this, in the cloud's unit (default: any).")
  private double gap = Double.POSITIVE_INFINITY;

  @Option(
      names = "--cosine",
      paramLabel = "X",
      description = "Trapezoids with at least this cosine (default: what chance allows).")
  private double cosine = Double.NaN;

  @Option(
      names = "--min-edge",
      paramLabel = "X",
      description =
          "Points nearer than this share of the median distance make a face degenerate (default:"
              + " 0.1).")
  private double edge = CrystalSearch.Options.defaults(new almagest.run.Seed(0)).edge();

  @Option(
      names = "--nulls",
      paramLabel = "N",
      description =
          "Structureless clouds of the same spectrum to compare with (default: 19 up to 3000"
              + " points, 3 above).")
  private int nulls = -1;

  @Option(
      names = "--fdr",
      paramLabel = "X",
      description = "List faces up to this false discovery rate (default: ${DEFAULT-VALUE}).",
      defaultValue = "0.05")
  private double fdr;

  @Option(names = "--all", description = "List all faces within the limits, whatever their q.")
  private boolean all;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Faces of a kind to keep, the best (default: 10000).")
  private int limit = 10_000;

  @Option(
      names = "--proper",
      description = "Do not list the sides of a listed parallelogram as trapezoids too.")
  private boolean proper;

  @Option(
      names = "--clusters",
      paramLabel = "K",
      description = "Also cluster all differences by k-means, at most 8192 points (default: no).")
  private int clusters;

  @Option(names = "--by-direction", description = "Cluster differences at unit length, by cosine.")
  private boolean byDirection;

  /** Whether a search was asked for. */
  boolean asked() {
    return cloud != null;
  }

  /** Searches, writes and says what was found. */
  int call(Common common, Path out) {
    if (cloud == null) {
      throw new IllegalStateException("no --cloud");
    }
    if (clusters < 0) {
      throw new InputException("--clusters: expected at least 0, found " + clusters);
    }
    CloudArgument argument = new CloudArgument(cloud);
    Points points =
        Files.isDirectory(Path.of(cloud))
            ? Points.of(Sae.open(Path.of(cloud)).wDec())
            : Clouds.points(cloud);
    int n = points.rows();
    FeatureNames features =
        contexts == null ? new FeatureNames(List.of(), List.of()) : FeatureNames.read(contexts);
    List<String> names = labels == null ? features.names() : lines(labels);
    FaceReport.check("labels", names.size(), n);
    if (labels != null && names.isEmpty()) {
      throw new InputException("--labels: " + labels + " is empty, expected " + n + " lines");
    }
    FaceReport.check("contexts", features.contexts().size(), n);
    plan(common, points);
    CrystalSearch.Options options =
        new CrystalSearch.Options(residual, gap, cosine, edge, nulls, limit, common.seed());
    FaceReport report;
    DifferenceClusters.@Nullable Fit fit = null;
    try (Workers workers = common.workers()) {
      CovariateSearch.Outcome outcome =
          CovariateSearch.of(
              points, removed(points, workers), numbers(), options, workers, common.progress());
      Points left = outcome.left();
      CrystalSearch.Result result = outcome.result();
      if (clusters > 0) {
        fit =
            DifferenceClusters.fit(
                left,
                DifferenceClusters.Options.of(clusters, byDirection),
                common.seed().split("clusters"),
                workers,
                common.progress());
      }
      if (proper) {
        result = result.withoutSides();
      }
      List<Face> listed =
          result.upTo(all ? 1 : fdr).stream().map(CrystalSearch.Ranked::face).toList();
      report =
          new FaceReport(
              result,
              outcome.removed(),
              n,
              points.columns(),
              names,
              features.contexts(),
              FaceGroups.of(left, listed, GROUP, workers),
              null,
              all ? 1 : fdr);
    }
    Provenance provenance = provenance(common, argument);
    ObjectNode summary = report.summary(provenance);
    if (fit != null) {
      summary.set("clusters", DifferenceReport.write(out, fit, byDirection, report));
    }
    report.write(out, summary);
    if (common.json) {
      System.out.println(Json.line(summary));
    } else {
      System.out.println(
          String.format(
              Locale.ROOT,
              "%d faces at a false discovery rate of %s among %d points (p of the cloud %.2g, %d"
                  + " structureless clouds), in %s",
              report.listed().size(),
              all ? "any size" : fdr,
              n,
              report.result().cloudP(),
              report.result().nulls(),
              out.resolve("faces.jsonl")));
    }
    return 0;
  }

  private List<double[]> removed(Points points, Workers workers) {
    List<double[]> directions = new ArrayList<>();
    for (String file : remove) {
      directions.addAll(Clouds.rows(file));
    }
    directions.addAll(RemovedDirections.leading(points, removeTop, workers));
    return directions;
  }

  private List<double[]> numbers() {
    List<double[]> numbers = new ArrayList<>();
    for (String file : covariates) {
      numbers.addAll(Clouds.rows(file));
    }
    return numbers;
  }

  /** Says what the search needs, and refuses what cannot fit. */
  private void plan(Common common, Points points) {
    long bytes = CrystalSearch.bytes(points.rows(), points.columns()) + JVM;
    // The cloud itself, and copies of it from which directions are removed: the best, the next.
    boolean copies = !remove.isEmpty() || removeTop > 0 || !covariates.isEmpty();
    bytes += (copies ? 3L : 1L) * points.rows() * points.columns() * width(points);
    String plan =
        String.format(
            Locale.ROOT,
            "%,d points in %,d dimensions need %.1f GiB",
            points.rows(),
            points.columns(),
            bytes / 0x1p30);
    long cap = common.memory() > 0 ? common.memory() : NativeMemory.physicalBytes();
    if (bytes > cap) {
      throw new ResourceException(
          (common.memory() > 0 ? "--memory: " : "")
              + plan
              + String.format(
                  Locale.ROOT,
                  ", %s %.1f GiB; search a part of the points",
                  common.memory() > 0 ? "the cap is" : "this machine has",
                  cap / 0x1p30));
    }
    if (!common.quiet) {
      System.err.println("Plan: " + plan + ".");
    }
  }

  private static int width(Points points) {
    return points instanceof Points.Wide ? Double.BYTES : Float.BYTES;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw InputException.in(
          file, "", "cannot be read as UTF-8 text (" + e.getMessage() + ")", "");
    }
  }

  private Provenance provenance(Common common, CloudArgument argument) {
    Map<String, Object> asked = new TreeMap<>();
    asked.put("cloud", argument.text());
    asked.put("remove", remove);
    asked.put("remove-top", removeTop);
    asked.put("covariate", covariates);
    asked.put("residual", Double.isNaN(residual) ? "chance" : residual);
    asked.put("gap", Double.isInfinite(gap) ? "any" : gap);
    asked.put("cosine", Double.isNaN(cosine) ? "chance" : cosine);
    asked.put("min-edge", edge);
    asked.put("fdr", all ? 1 : fdr);
    asked.put("limit", limit);
    asked.put("proper", proper);
    asked.put("clusters", clusters);
    asked.put("by-direction", byDirection);
    Map<String, String> inputs = new TreeMap<>(argument.hashes());
    for (Path file : labels == null ? List.<Path>of() : List.of(labels)) {
      inputs.put(file.toString(), Hashes.sha256(file));
    }
    for (Path file : contexts == null ? List.<Path>of() : List.of(contexts)) {
      inputs.put(file.toString(), Hashes.sha256(file));
    }
    return new Provenance(Provenance.VERSION, 1, common.seed().value(), asked, inputs);
  }
}
