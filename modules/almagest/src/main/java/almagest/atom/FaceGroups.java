package almagest.atom;

import almagest.run.Workers;
import almagest.stat.Hdbscan;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Faces put together: the segments that are sides of listed faces, clustered by density ({@link
 * Hdbscan}). A cluster is a function vector with the pairs of points it carries into each other, a
 * relation that nobody named. By difference for parallelograms; by direction, at unit length, for
 * trapezoids. Every segment enters in both senses, and of two clusters that mirror each other one
 * is kept. Clusters with a mean cosine below {@value #LEAST_COSINE} are left out: second sides of
 * many parallelograms lie dense without being one function.
 */
public final class FaceGroups {
  /** Segments at most, those of the best faces: the clustering compares all with all. */
  private static final int MOST = 4000;

  /** Pairs that point less one way than this are no function, however dense. */
  private static final double LEAST_COSINE = 0.8;

  private FaceGroups() {}

  /**
   * A function vector and its pairs.
   *
   * @param kind of the faces it was made of
   * @param pairs from, to
   * @param cosine mean cosine of the pairs' differences with their mean
   */
  public record Group(Face.Kind kind, List<int[]> pairs, double cosine) {}

  private record Segment(int from, int to) {
    static Segment of(int a, int b) {
      return a < b ? new Segment(a, b) : new Segment(b, a);
    }
  }

  /**
   * Groups the sides of faces.
   *
   * @param faces of any kinds, best first
   * @param leastSize pairs of a group at least, 2 or more
   * @return largest first, those of parallelograms before those of trapezoids
   */
  public static List<Group> of(Points points, List<Face> faces, int leastSize, Workers workers) {
    List<Group> groups = new ArrayList<>();
    for (Face.Kind kind : Face.Kind.values()) {
      Set<Segment> segments = new LinkedHashSet<>();
      for (Face f : faces) {
        if (f.kind() == kind && segments.size() < MOST) {
          segments.add(Segment.of(f.a(), f.b()));
          segments.add(Segment.of(f.c(), f.d()));
          if (kind == Face.Kind.PARALLELOGRAM) {
            segments.add(Segment.of(f.a(), f.c()));
            segments.add(Segment.of(f.b(), f.d()));
          }
        }
      }
      groups.addAll(groups(points, List.copyOf(segments), kind, leastSize, workers));
    }
    return groups;
  }

  private static List<Group> groups(
      Points points, List<Segment> segments, Face.Kind kind, int leastSize, Workers workers) {
    int m = segments.size();
    DoubleMatrix both = DoubleMatrix.zeros(2 * m, points.columns());
    for (int s = 0; s < m; s++) {
      double[] v = points.row(segments.get(s).to);
      double[] start = points.row(segments.get(s).from);
      double length = 0;
      for (int j = 0; j < v.length; j++) {
        v[j] -= start[j];
        length += v[j] * v[j];
      }
      double by = kind == Face.Kind.TRAPEZOID ? Math.sqrt(length) : 1;
      for (int j = 0; j < v.length; j++) {
        v[j] /= by;
      }
      both.setRow(2 * s, v);
      for (int j = 0; j < v.length; j++) {
        v[j] = -v[j];
      }
      both.setRow(2 * s + 1, v);
    }
    Hdbscan found = Hdbscan.of(Points.of(both), leastSize, Math.min(leastSize, 5), workers);
    List<List<Integer>> members = new ArrayList<>();
    for (int c = 0; c < found.clusters(); c++) {
      members.add(new ArrayList<>());
    }
    for (int i = 0; i < 2 * m; i++) {
      if (found.labels()[i] >= 0) {
        members.get(found.labels()[i]).add(i);
      }
    }
    boolean[] taken = new boolean[m];
    List<Group> groups = new ArrayList<>();
    for (List<Integer> rows : members) {
      List<Integer> fresh = rows.stream().filter(i -> !taken[i / 2]).toList();
      if (fresh.size() < leastSize) {
        continue;
      }
      List<int[]> pairs = new ArrayList<>();
      for (int i : fresh) {
        Segment s = segments.get(i / 2);
        if (!taken[i / 2]) {
          taken[i / 2] = true;
          pairs.add(i % 2 == 0 ? new int[] {s.from, s.to} : new int[] {s.to, s.from});
        }
      }
      double cosine = coherence(both, fresh);
      if (cosine >= LEAST_COSINE) {
        groups.add(new Group(kind, pairs, cosine));
      }
    }
    groups.sort(Comparator.comparingInt(g -> -g.pairs().size()));
    return groups;
  }

  private static double coherence(DoubleMatrix rows, List<Integer> members) {
    double[] mean = new double[rows.columns()];
    for (int i : members) {
      double[] v = rows.row(i);
      for (int j = 0; j < mean.length; j++) {
        mean[j] += v[j] / members.size();
      }
    }
    double sum = 0;
    for (int i : members) {
      double[] v = rows.row(i);
      double along = 0;
      double square = 0;
      double own = 0;
      for (int j = 0; j < mean.length; j++) {
        along += v[j] * mean[j];
        square += v[j] * v[j];
        own += mean[j] * mean[j];
      }
      sum += along / Math.sqrt(square * own);
    }
    return sum / members.size();
  }
}
