package almagest.atom;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.Points;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Every parallelogram and trapezoid of a cloud within given limits, without a look at most of the 3
 * C(n, 4) pairs of segments and without losing one.
 *
 * <p>How: for a segment from a to b, w = (b − a) · x over all points x is the difference of two
 * rows of {@link GramCloud}. A segment from c to d at an angle to it whose cosine is at least γ has
 * w_d − w_c ≥ γ |b − a| |d − c|, and it is enough to look for partners that are no shorter, so that
 * w_d − w_c ≥ γ |b − a|². Three bounds follow, each cheaper than the next:
 *
 * <ol>
 *   <li>the spread of w is at most what the largest and smallest products of a and of b allow: O(1)
 *       a segment;
 *   <li>the spread of w itself: O(n);
 *   <li>only points within (spread − γ |b − a|²) of either end of w can be an end of a partner;
 *       each of those is compared with all points at once, a few instructions for sixteen.
 * </ol>
 *
 * <p>A parallelogram of residual r has γ ≥ 1 − r²/2 and sides whose lengths differ by at most the
 * factor (1 + r/2)/(1 − r/2). All bounds have the rounding of float32 taken off; what passes is
 * measured in float64 ({@link FaceMeasures}). In many dimensions, where unrelated directions are
 * nearly orthogonal, hardly any segment passes the first two bounds; in few, time is that of n⁴/16
 * comparisons of a few instructions for sixteen. Memory: n² float32.
 */
public final class FaceSearch {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** First points of segments that make a piece of work. */
  private static final int PIECE = 4;

  /**
   * What is looked for.
   *
   * @param residual parallelograms with at most this residual, 0 … 1
   * @param gap and at most this gap, in the cloud's unit; infinity for no limit
   * @param cosine trapezoids with at least this cosine, 0 … 1, above 0
   * @param parallelogramMisfit and a misfit of at most this; infinity for no limit
   * @param trapezoidMisfit likewise
   * @param stretch and parallelograms with at most this share of the squared gap along a pair of
   *     sides, which differ then in length rather than in direction; 1 for all
   * @param leastEdge a face is degenerate when two of its points are nearer than this, in the
   *     cloud's unit; or when they coincide
   * @param most of each kind, the best are kept
   */
  public record Limits(
      double residual,
      double gap,
      double cosine,
      double parallelogramMisfit,
      double trapezoidMisfit,
      double stretch,
      double leastEdge,
      int most) {
    public Limits {
      if (!(residual >= 0 && residual <= 1)) {
        throw new InputException("--residual: expected 0 … 1, found " + residual);
      }
      if (!(gap >= 0)) {
        throw new InputException("--gap: expected at least 0, found " + gap);
      }
      if (!(cosine > 0 && cosine <= 1)) {
        throw new InputException("--cosine: expected above 0 and at most 1, found " + cosine);
      }
      if (!(parallelogramMisfit >= 0) || !(trapezoidMisfit >= 0)) {
        throw new InputException("a misfit is at least 0");
      }
      if (!(stretch >= 0 && stretch <= 1)) {
        throw new InputException("a share of the gap is 0 … 1, found " + stretch);
      }
      if (!(leastEdge >= 0)) {
        throw new InputException("--min-edge: expected at least 0, found " + leastEdge);
      }
      if (most < 1) {
        throw new InputException("--limit: expected at least 1 face, found " + most);
      }
    }

    /** All faces within a residual and a cosine, without a rule for tiny edges. */
    public static Limits of(double residual, double cosine) {
      double none = Double.POSITIVE_INFINITY;
      return new Limits(residual, none, cosine, none, none, 1, 0, Integer.MAX_VALUE);
    }
  }

  /**
   * What was found.
   *
   * @param parallelograms best first
   * @param trapezoids best first
   * @param cutParallelograms whether there were more than asked for; then those given are the best
   * @param cutTrapezoids likewise
   * @param scanned segments that the first two bounds did not rule out
   */
  public record Found(
      List<Face> parallelograms,
      List<Face> trapezoids,
      boolean cutParallelograms,
      boolean cutTrapezoids,
      long scanned) {}

  private final Points points;
  private final GramCloud cloud;
  private final Limits limits;
  private final BestFaces parallelograms;
  private final BestFaces trapezoids;
  private final double leastEdge;
  private final double gap;
  private final Extremes extremes;
  private final LongAdder scanned = new LongAdder();

  private FaceSearch(Points points, GramCloud cloud, Limits limits) {
    this.points = points;
    this.cloud = cloud;
    this.limits = limits;
    this.parallelograms = new BestFaces(limits.most, limits.parallelogramMisfit);
    this.trapezoids = new BestFaces(limits.most, limits.trapezoidMisfit);
    this.leastEdge = limits.leastEdge * cloud.scale();
    this.gap = limits.gap * cloud.scale();
    this.extremes = new Extremes(cloud.size());
  }

  /**
   * Searches a cloud.
   *
   * @param points [n, d], finite, n at least 4
   */
  public static Found of(Points points, Limits limits, Workers workers, Progress progress) {
    return of(points, GramCloud.of(points, workers, progress), limits, workers, progress);
  }

  /** As {@link #of(Points, Limits, Workers, Progress)}, in the given {@link GramCloud#room}. */
  static Found of(
      Points points, MemorySegment room, Limits limits, Workers workers, Progress progress) {
    return of(points, GramCloud.of(points, room, workers, progress), limits, workers, progress);
  }

  static Found of(
      Points points, GramCloud cloud, Limits limits, Workers workers, Progress progress) {
    return new FaceSearch(points, cloud, limits).run(workers, progress);
  }

  private Found run(Workers workers, Progress progress) {
    int n = cloud.size();
    workers.run((n + 63) / 64, p -> extremes.fill(cloud, p * 64, Math.min(n, p * 64 + 64)));
    try (Progress.Task task = progress.start("faces", (long) n * (n - 1) / 2, "segments")) {
      workers.runRanges(
          n,
          PIECE,
          (from, to) -> {
            Scan scan = new Scan();
            for (int a = from; a < to; a++) {
              for (int b = a + 1; b < n; b++) {
                scan.segment(a, b);
              }
              task.advance(n - 1 - a);
            }
            scanned.add(scan.count);
          });
    }
    return new Found(
        parallelograms.list(),
        trapezoids.list(),
        parallelograms.cut(),
        trapezoids.cut(),
        scanned.sum());
  }

  /** The two largest and two smallest products of every point with others. */
  private static final class Extremes {
    final float[] high;
    final float[] nextHigh;
    final int[] highAt;
    final float[] low;
    final float[] nextLow;
    final int[] lowAt;

    Extremes(int n) {
      high = new float[n];
      nextHigh = new float[n];
      highAt = new int[n];
      low = new float[n];
      nextLow = new float[n];
      lowAt = new int[n];
    }

    void fill(GramCloud cloud, int from, int to) {
      float[] row = new float[cloud.size()];
      for (int i = from; i < to; i++) {
        for (int j = 0; j < row.length; j++) {
          row[j] = cloud.product(i, j);
        }
        high[i] = nextHigh[i] = Float.NEGATIVE_INFINITY;
        low[i] = nextLow[i] = Float.POSITIVE_INFINITY;
        for (int j = 0; j < row.length; j++) {
          float v = row[j];
          if (j == i) {
            continue;
          }
          if (v > nextHigh[i]) {
            nextHigh[i] = Math.min(v, high[i]);
            if (v > high[i]) {
              high[i] = v;
              highAt[i] = j;
            }
          }
          if (v < nextLow[i]) {
            nextLow[i] = Math.max(v, low[i]);
            if (v < low[i]) {
              low[i] = v;
              lowAt[i] = j;
            }
          }
        }
      }
    }

    /** The largest product of i with a point other than j. */
    float high(int i, int j) {
      return highAt[i] == j ? nextHigh[i] : high[i];
    }

    float low(int i, int j) {
      return lowAt[i] == j ? nextLow[i] : low[i];
    }
  }

  /** One thread's work on segments, with its scratch. */
  private final class Scan {
    final int n = cloud.size();
    final float[] low = cloud.low();
    final float[] w = new float[n];
    final int[] outer = new int[n];
    final FaceMeasures measures = new FaceMeasures(points, limits.leastEdge);
    long count;

    // Of the segment at hand.
    int a;
    int b;
    double square;
    double residual;
    double cosineP;
    double cosineT;
    double error;

    void segment(int from, int to) {
      a = from;
      b = to;
      square = cloud.lowSquare(a, b);
      double top = square + cloud.slack();
      if (top < leastEdge * leastEdge || top == 0) {
        return;
      }
      double length = Math.sqrt(square);
      residual = Math.min(Math.min(limits.residual, parallelograms.limit()), gap / length);
      cosineP = 1 - residual * residual / 2;
      double sine = Math.min(1, trapezoids.limit());
      cosineT = Math.max(limits.cosine, Math.sqrt(1 - sine * sine));
      double cosine = Math.min(cosineP, cosineT);
      error =
          2 * cloud.epsilon() * (cloud.norm()[a] + cloud.norm()[b]) * cloud.widest()
              + cloud.stepError();
      double needed = (1 - 1e-6) * cosine * length * Math.max(length, leastEdge) - error;
      double most =
          ((double) extremes.high(b, a) - extremes.low(a, b))
              + ((double) extremes.high(a, b) - extremes.low(b, a));
      if (most < needed) {
        return;
      }
      spread(needed, cosine);
    }

    /** The second bound, and what it leaves. */
    private void spread(double needed, double cosine) {
      FloatVector least = FloatVector.broadcast(SPECIES, Float.POSITIVE_INFINITY);
      FloatVector largest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
      int j = 0;
      int whole = SPECIES.loopBound(n);
      for (; j < whole; j += SPECIES.length()) {
        FloatVector v = cloud.products(b, j).sub(cloud.products(a, j));
        v.intoArray(w, j);
        least = least.min(v);
        largest = largest.max(v);
      }
      float min = least.reduceLanes(VectorOperators.MIN);
      float max = largest.reduceLanes(VectorOperators.MAX);
      for (; j < n; j++) {
        w[j] = cloud.product(b, j) - cloud.product(a, j);
        min = Math.min(min, w[j]);
        max = Math.max(max, w[j]);
      }
      if ((double) max - min < needed) {
        return;
      }
      count++;
      float lowEnds = (float) (max - needed);
      float highEnds = (float) (min + needed);
      lowEnds = Math.nextUp(lowEnds);
      highEnds = Math.nextDown(highEnds);
      int lows = 0;
      int highs = 0;
      for (float v : w) {
        lows += v <= lowEnds ? 1 : 0;
        highs += v >= highEnds ? 1 : 0;
      }
      boolean fromLow = lows <= highs;
      int size = 0;
      for (int i = 0; i < n; i++) {
        if (i != a && i != b && (fromLow ? w[i] <= lowEnds : w[i] >= highEnds)) {
          outer[size++] = i;
        }
      }
      for (int i = 0; i < size; i++) {
        against(outer[i], fromLow, cosine);
      }
    }

    /**
     * All segments between one point and every other.
     *
     * @param start whether the point is their start c; else their end d
     */
    private void against(int point, boolean start, double cosine) {
      float sign = start ? 1 : -1;
      float shift = (float) (error - sign * w[point]);
      shift = Math.nextUp(shift + 2 * Math.ulp(shift));
      float own = low[point];
      float factor = (float) ((1 - 1e-5) * cosine * cosine * square);
      float factorT = (float) ((1 - 1e-5) * cosineT * cosineT * square);
      // Partners are no shorter; the slack is that of the bound on their squared lengths.
      float shortest =
          (float) ((Math.max(square, leastEdge * leastEdge) - cloud.slack()) * (1 - 1e-5));
      double ratio = (1 + residual / 2) / (1 - residual / 2);
      float longest = (float) ((ratio * ratio * (square + cloud.slack())) * (1 + 1e-5));
      int j = 0;
      int whole = SPECIES.loopBound(n);
      for (; j < whole; j += SPECIES.length()) {
        FloatVector t = FloatVector.fromArray(SPECIES, w, j).mul(sign).add(shift);
        FloatVector m =
            cloud.products(point, j).mul(-2f).add(FloatVector.fromArray(SPECIES, low, j)).add(own);
        FloatVector tt = t.mul(t);
        VectorMask<Float> hit =
            tt.compare(VectorOperators.GE, m.mul(factor))
                .and(t.compare(VectorOperators.GT, 0f))
                .and(m.compare(VectorOperators.GE, shortest));
        if (hit.anyTrue()) {
          hit =
              hit.and(
                  m.compare(VectorOperators.LE, longest)
                      .or(tt.compare(VectorOperators.GE, m.mul(factorT))));
          for (long bits = hit.toLong(); bits != 0; bits &= bits - 1) {
            int other = j + Long.numberOfTrailingZeros(bits);
            partner(point, other, start, t.lane(other - j), m.lane(other - j), factorT, longest);
          }
        }
      }
      for (; j < n; j++) {
        float t = sign * w[j] + shift;
        float m = -2 * cloud.product(point, j) + low[j] + own;
        if (t > 0 && t * t >= m * factor && m >= shortest) {
          partner(point, j, start, t, m, factorT, longest);
        }
      }
    }

    private void partner(
        int point, int other, boolean start, double t, double m, float factorT, float longest) {
      if (other == a || other == b || other == point) {
        return;
      }
      int c = start ? point : other;
      int d = start ? other : point;
      if (t * t >= m * factorT) {
        @Nullable Face face = measures.trapezoid(a, b, c, d);
        if (face != null && face.cosine() >= limits.cosine) {
          trapezoids.offer(face);
        }
      }
      if (m <= longest) {
        double sides =
            Math.sqrt(square + cloud.slack()) + Math.sqrt(Math.max(0, m) + cloud.slack());
        double widest = Math.min(residual * sides / 2, gap);
        if (square + m - 2 * t <= widest * widest * (1 + 1e-5)) {
          @Nullable Face face = measures.parallelogram(a, b, c, d);
          if (face != null
              && face.residual() <= limits.residual
              && face.gap() <= limits.gap
              && !(limits.stretch < 1 && measures.stretch() > limits.stretch)) {
            parallelograms.offer(face);
          }
        }
      }
    }
  }
}
