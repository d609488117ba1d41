package almagest.atom;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.SpecialFunctions;
import almagest.stat.StructurelessCloud;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The crystals of a cloud whose relations nobody named: all its parallelograms and trapezoids
 * within limits ({@link FaceSearch}), ranked, each with its p-value and false discovery rate
 * against clouds of the same spectrum without structure ({@link StructurelessCloud}, {@link
 * FaceSignificance}).
 *
 * <p>Limits that are not given are taken from chance: one more structureless cloud is searched, and
 * a kind's limit is the misfit of its {@value #PILOT}-th best face, or {@link Options#LOOSEST}
 * where it has fewer.
 */
public final class CrystalSearch {
  /** Faces of chance that a limit lets in. */
  static final int PILOT = 20;

  /** How often a parallelogram that only noise opens is taken for a trapezoid. */
  private static final double STRETCHED = 0.001;

  /** Clouds up to this size are compared with enough null clouds for a rank. */
  private static final int MANY = 3000;

  /**
   * How to search.
   *
   * @param residual of a parallelogram at most; NaN for what chance suggests, without those that
   *     are rather trapezoids whose parallel sides have nearly the same length
   * @param gap of a parallelogram at most, in the cloud's unit; infinity for no limit
   * @param cosine of a trapezoid at least; NaN for what chance suggests
   * @param edge points nearer than this share of the median distance make a face degenerate
   * @param nulls structureless clouds to compare with; negative for 19 up to 3000 points and 3
   *     above
   * @param most faces of a kind to keep, the best
   */
  public record Options(
      double residual, double gap, double cosine, double edge, int nulls, int most, Seed seed) {
    /** The largest residual, the largest misfit and the smallest cosine that is worth a look. */
    public static final double LOOSEST = 0.8;

    public Options {
      if (!(edge >= 0 && edge < 1)) {
        throw new InputException("--min-edge: expected 0 … 1, 1 left out, found " + edge);
      }
      if (most < 1) {
        throw new InputException("--limit: expected at least 1 face, found " + most);
      }
    }

    /** Limits from chance, edges from a tenth of the median distance, 10,000 faces of a kind. */
    public static Options defaults(Seed seed) {
      double none = Double.POSITIVE_INFINITY;
      return new Options(Double.NaN, none, Double.NaN, 0.1, -1, 10_000, seed);
    }

    int nulls(int n) {
      return nulls >= 0 ? nulls : n <= MANY ? FaceSignificance.RANKED : 3;
    }
  }

  /**
   * A face of the list.
   *
   * @param p share of pairs of segments of structureless clouds that are as good
   * @param q false discovery rate of the list down to here
   */
  public record Ranked(Face face, double p, double q) {}

  /**
   * The list.
   *
   * @param faces best first: by q, then p, then score
   * @param limits that were used
   * @param cloudP p of the cloud as a whole
   * @param nulls structureless clouds that were searched
   * @param chanceParallelograms found in each of them
   * @param chanceTrapezoids likewise
   * @param cut whether there were more faces than were kept
   */
  public record Result(
      List<Ranked> faces,
      FaceSearch.Limits limits,
      double cloudP,
      int nulls,
      int[] chanceParallelograms,
      int[] chanceTrapezoids,
      boolean cut) {
    /** Without the trapezoids whose four points make a parallelogram of the list too. */
    public Result withoutSides() {
      Set<Set<Integer>> flat = new HashSet<>();
      for (Ranked r : faces) {
        if (r.face.kind() == Face.Kind.PARALLELOGRAM) {
          flat.add(points(r.face));
        }
      }
      List<Ranked> left =
          faces.stream()
              .filter(
                  r -> r.face.kind() == Face.Kind.PARALLELOGRAM || !flat.contains(points(r.face)))
              .toList();
      return new Result(left, limits, cloudP, nulls, chanceParallelograms, chanceTrapezoids, cut);
    }

    private static Set<Integer> points(Face f) {
      return Set.of(f.a(), f.b(), f.c(), f.d());
    }

    /** Those with a q of at most this. */
    public List<Ranked> upTo(double q) {
      return faces.stream().filter(f -> f.q() <= q).toList();
    }
  }

  private CrystalSearch() {}

  /** Bytes that a search of n points in d dimensions needs at its peak, the cloud itself apart. */
  public static long bytes(long n, long d) {
    // Products; a draw in float64 and float32, or its float32 and a centred copy; matrices of d.
    return GramCloud.bytes(n) + 12 * n * d + 8 * d * d * 5 + 64 * n;
  }

  /**
   * Searches a cloud.
   *
   * @param points [n, d], finite, distractors removed
   * @throws InputException with fewer than four points, or when all are equal
   */
  public static Result of(Points points, Options options, Workers workers, Progress progress) {
    int n = points.rows();
    if (n < 4) {
      throw new InputException("a face has four points, the cloud has " + n);
    }
    if (equal(points)) {
      throw new InputException("all " + n + " points of the cloud are equal");
    }
    double median = GramCloud.medianDistance(points, workers);
    int nulls = options.nulls(n);
    boolean pilot = Double.isNaN(options.residual) || Double.isNaN(options.cosine);
    FaceSearch.Limits limits = loosest(options, points.columns(), median);
    List<FaceSearch.Found> chance = new ArrayList<>();
    MemorySegment room = GramCloud.room(n);
    if (nulls > 0) {
      StructurelessCloud structureless = StructurelessCloud.like(points, workers);
      Seed seed = options.seed.split("structureless");
      // One of few large clouds takes minutes.
      Progress within = n > MANY ? progress : Progress.NONE;
      try (Progress.Task task =
          progress.start("chance", nulls + (pilot ? 1 : 0), "structureless clouds")) {
        if (pilot) {
          limits =
              limits(
                  options,
                  search(structureless, seed.split("pilot"), few(limits), room, workers, within),
                  limits);
          task.advance(1);
        }
        for (int i = 0; i < nulls; i++) {
          chance.add(search(structureless, seed.split(i), limits, room, workers, within));
          task.advance(1);
        }
      }
    }
    FaceSearch.Found found = FaceSearch.of(points, room, limits, workers, progress);
    FaceSignificance.Result result = FaceSignificance.of(found, chance, n);
    List<Ranked> faces = new ArrayList<>();
    add(faces, found.parallelograms(), result.parallelograms());
    add(faces, found.trapezoids(), result.trapezoids());
    faces.sort(
        Comparator.comparingDouble(Ranked::q)
            .thenComparingDouble(Ranked::p)
            .thenComparingDouble(f -> f.face().misfit())
            .thenComparing(f -> f.face().kind())
            .thenComparing(Ranked::face, Face.ORDER));
    return new Result(
        List.copyOf(faces),
        limits,
        result.cloudP(),
        nulls,
        chance.stream().mapToInt(f -> f.parallelograms().size()).toArray(),
        chance.stream().mapToInt(f -> f.trapezoids().size()).toArray(),
        found.cutParallelograms() || found.cutTrapezoids());
  }

  private static void add(List<Ranked> into, List<Face> faces, FaceSignificance.Values values) {
    for (int i = 0; i < faces.size(); i++) {
      into.add(new Ranked(faces.get(i), values.p()[i], values.q()[i]));
    }
  }

  private static FaceSearch.Found search(
      StructurelessCloud structureless,
      Seed seed,
      FaceSearch.Limits limits,
      MemorySegment room,
      Workers workers,
      Progress progress) {
    try (Arena arena = Arena.ofShared()) {
      Points draw = Points.of(structureless.draw(arena, seed, workers));
      return FaceSearch.of(draw, room, limits, workers, progress);
    }
  }

  private static boolean equal(Points points) {
    double[] first = points.row(0);
    double[] row = new double[first.length];
    for (int i = 1; i < points.rows(); i++) {
      points.copyRow(i, row);
      if (!Arrays.equals(first, row)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Two parallel sides of nearly equal length are near a parallelogram without being one. The gap
   * of a parallelogram that only noise opens has no preference for the direction of its sides: the
   * share s that lies along it makes s (d − 1) / (1 − s) the square of a Student t of d − 1 degrees
   * of freedom. A share that noise has less often than {@value #STRETCHED}, and which is most of
   * the gap (in many dimensions noise fills fewer of them), says that the lengths differ.
   */
  private static double stretch(int dimensions) {
    if (dimensions < 2) {
      return 1;
    }
    double t = SpecialFunctions.studentTQuantile(1 - STRETCHED / 2, dimensions - 1);
    return Math.max(0.5, t * t / (t * t + dimensions - 1));
  }

  private static FaceSearch.Limits loosest(Options o, int dimensions, double median) {
    double none = Double.POSITIVE_INFINITY;
    boolean residual = Double.isNaN(o.residual);
    boolean cosine = Double.isNaN(o.cosine);
    return new FaceSearch.Limits(
        residual ? Options.LOOSEST : o.residual,
        o.gap,
        cosine ? Options.LOOSEST : o.cosine,
        residual ? Options.LOOSEST : none,
        cosine ? Options.LOOSEST : none,
        residual ? stretch(dimensions) : 1,
        o.edge * median,
        o.most);
  }

  private static FaceSearch.Limits few(FaceSearch.Limits l) {
    return new FaceSearch.Limits(
        l.residual(),
        l.gap(),
        l.cosine(),
        l.parallelogramMisfit(),
        l.trapezoidMisfit(),
        l.stretch(),
        l.leastEdge(),
        PILOT);
  }

  /** What chance reaches {@value #PILOT} times is the limit, of the kinds that have none given. */
  private static FaceSearch.Limits limits(
      Options options, FaceSearch.Found pilot, FaceSearch.Limits l) {
    return new FaceSearch.Limits(
        l.residual(),
        l.gap(),
        l.cosine(),
        Double.isNaN(options.residual)
            ? last(pilot.parallelograms(), l.parallelogramMisfit())
            : l.parallelogramMisfit(),
        Double.isNaN(options.cosine)
            ? last(pilot.trapezoids(), l.trapezoidMisfit())
            : l.trapezoidMisfit(),
        l.stretch(),
        l.leastEdge(),
        l.most());
  }

  private static double last(List<Face> faces, double otherwise) {
    return faces.size() < PILOT ? otherwise : faces.getLast().misfit();
  }
}
