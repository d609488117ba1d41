package almagest.atom;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How much of what was found would be found in clouds without structure.
 *
 * <p>With B such clouds searched in the same way, and s a misfit,
 *
 * <ul>
 *   <li>p = (1 + faces of all B with a misfit of at most s) / (1 + 3 C(n, 4) B): the share of pairs
 *       of segments that reach it by chance;
 *   <li>the false discovery rate of the list down to s is estimated by (1 + those faces) / (B + 1)
 *       over the faces found down to s, made monotone from below; q is this, or, where it is
 *       larger, the same ratio among the last {@value #WINDOW} faces alone (a local false discovery
 *       rate, Efron 2008), which ends the list where chance faces begin though many good ones come
 *       before;
 *   <li>faces of one cloud share points and so come in clusters; so the cloud as a whole is tested
 *       first. Its best rate over all misfits and both kinds is ranked among the same figure of
 *       each null cloud, computed with that cloud in its place: p of the cloud = (1 + clouds with
 *       as good a figure) / (B + 1), exact whatever the dependence. With fewer than {@value
 *       #RANKED} clouds a rank cannot reach 5 %; then it is (B + 1)^−K, twice for the two kinds,
 *       where K faces without common points come before the first chance face: each cloud is as
 *       likely as any to have the next. Where the cloud's p is above {@value #LEVEL}, no q is below
 *       it.
 * </ul>
 */
final class FaceSignificance {
  static final int WINDOW = 10;
  static final int RANKED = 19;
  static final double LEVEL = 0.05;

  private FaceSignificance() {}

  /**
   * p and q of the faces of one kind, in their order.
   *
   * @param expected chance faces that reach each face's misfit in one cloud, on average
   */
  record Values(double[] p, double[] q, double[] expected) {}

  /**
   * @param cloudP of the cloud as a whole; 1 without nulls
   */
  record Result(double cloudP, Values parallelograms, Values trapezoids) {}

  static Result of(FaceSearch.Found found, List<FaceSearch.Found> nulls, int n) {
    double cloud = cloudP(found, nulls);
    return new Result(
        cloud,
        values(
            found.parallelograms(),
            kind(nulls, Face.Kind.PARALLELOGRAM),
            known(nulls, Face.Kind.PARALLELOGRAM),
            n,
            cloud),
        values(
            found.trapezoids(),
            kind(nulls, Face.Kind.TRAPEZOID),
            known(nulls, Face.Kind.TRAPEZOID),
            n,
            cloud));
  }

  /** Up to which misfit all lists are complete. */
  private static double known(List<FaceSearch.Found> clouds, Face.Kind kind) {
    boolean flat = kind == Face.Kind.PARALLELOGRAM;
    double known = Double.POSITIVE_INFINITY;
    for (FaceSearch.Found f : clouds) {
      if (flat ? f.cutParallelograms() : f.cutTrapezoids()) {
        known = Math.min(known, (flat ? f.parallelograms() : f.trapezoids()).getLast().misfit());
      }
    }
    return known;
  }

  private static List<double[]> kind(List<FaceSearch.Found> clouds, Face.Kind kind) {
    return clouds.stream().map(f -> misfits(f, kind)).toList();
  }

  /** Ascending. */
  private static double[] misfits(FaceSearch.Found found, Face.Kind kind) {
    boolean flat = kind == Face.Kind.PARALLELOGRAM;
    return (flat ? found.parallelograms() : found.trapezoids())
        .stream().mapToDouble(Face::misfit).toArray();
  }

  /** How many values are at most s. */
  private static int upTo(double[] ascending, double s) {
    int low = 0;
    int high = ascending.length;
    while (low < high) {
      int mid = (low + high) >>> 1;
      if (ascending[mid] <= s) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    return low;
  }

  private static long count(List<double[]> clouds, double s) {
    long sum = 0;
    for (double[] c : clouds) {
      sum += upTo(c, s);
    }
    return sum;
  }

  private static Values values(
      List<Face> faces, List<double[]> nulls, double known, int n, double cloudP) {
    int clouds = nulls.size();
    int size = faces.size();
    double[] p = new double[size];
    double[] q = new double[size];
    double[] expected = new double[size];
    double segments = n / 8.0 * (n - 1) * (n - 2) * (n - 3);
    long[] counts = new long[size];
    for (int i = 0; i < size; i++) {
      counts[i] = count(nulls, faces.get(i).misfit());
      boolean counted = faces.get(i).misfit() <= known;
      expected[i] = counted ? (1.0 + counts[i]) / (clouds + 1) : Double.POSITIVE_INFINITY;
      p[i] = counted ? Math.min(1, (1.0 + counts[i]) / (1 + clouds * segments)) : 1;
    }
    double least = 1;
    for (int i = size - 1; i >= 0; i--) {
      least = Math.min(least, expected[i] / (i + 1));
      q[i] = least;
    }
    double local = 0;
    for (int i = 0; i < size; i++) {
      int before = Math.max(-1, i - WINDOW);
      double chance = counts[i] - (before < 0 ? 0 : counts[before]);
      local = Math.max(local, clouds == 0 ? 1 : chance / clouds / (i - before));
      q[i] = Math.min(1, Math.max(q[i], local));
      if (!(cloudP <= LEVEL)) {
        q[i] = Math.max(q[i], cloudP);
      }
    }
    return new Values(p, q, expected);
  }

  private static double cloudP(FaceSearch.Found found, List<FaceSearch.Found> nulls) {
    if (nulls.isEmpty()) {
      return 1;
    }
    if (nulls.size() < RANKED) {
      int most =
          Math.max(
              ahead(found.parallelograms(), kind(nulls, Face.Kind.PARALLELOGRAM)),
              ahead(found.trapezoids(), kind(nulls, Face.Kind.TRAPEZOID)));
      return Math.min(1, 2 * Math.pow(nulls.size() + 1, -most));
    }
    List<FaceSearch.Found> all = new ArrayList<>(nulls);
    all.addFirst(found);
    double[] best = new double[all.size()];
    java.util.Arrays.fill(best, Double.POSITIVE_INFINITY);
    for (Face.Kind kind : Face.Kind.values()) {
      List<double[]> misfits = kind(all, kind);
      double known = known(all, kind);
      for (int j = 0; j < best.length; j++) {
        double[] own = misfits.get(j);
        for (int i = 0; i < own.length && own[i] <= known; i++) {
          long others = count(misfits, own[i]) - upTo(own, own[i]);
          best[j] = Math.min(best[j], (1.0 + others) / (i + 1));
        }
      }
    }
    int reach = 0;
    for (int j = 1; j < best.length; j++) {
      reach += best[j] <= best[0] ? 1 : 0;
    }
    return (1.0 + reach) / best.length;
  }

  /** Faces without common points that are better than every chance face. */
  private static int ahead(List<Face> faces, List<double[]> nulls) {
    double first = Double.POSITIVE_INFINITY;
    for (double[] c : nulls) {
      first = c.length > 0 ? Math.min(first, c[0]) : first;
    }
    Set<Integer> used = new HashSet<>();
    int count = 0;
    for (Face f : faces) {
      List<Integer> points = List.of(f.a(), f.b(), f.c(), f.d());
      if (f.misfit() < first && points.stream().noneMatch(used::contains)) {
        used.addAll(points);
        count++;
      }
    }
    return count;
  }
}
