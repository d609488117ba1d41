package almagest.atom;

import almagest.tensor.Points;
import org.jspecify.annotations.Nullable;

/**
 * Measures quadruples of points in float64, with the rules that leave degenerate ones out. Keeps
 * scratch rows: one per thread.
 *
 * <p>Degenerate are faces with two points nearer than a least edge, or equal, and parallelograms
 * about the origin whose diagonals are both antipodal pairs: x + (−x) = y + (−y) says nothing.
 */
final class FaceMeasures {
  /** Points x, y with |x + y| below this share of (|x| + |y|) / 2 are antipodal. */
  static final double ANTIPODAL = 0.1;

  private final Points points;
  private final double leastEdge;
  private final double[][] rows;

  /**
   * @param leastEdge two of the four points nearer than this make a face degenerate
   */
  FaceMeasures(Points points, double leastEdge) {
    this.points = points;
    this.leastEdge = leastEdge;
    this.rows = new double[4][points.columns()];
  }

  /** The parallelogram with diagonals {a, d} and {b, c}; null when it is degenerate. */
  @Nullable Face parallelogram(int a, int b, int c, int d) {
    // The same bits whichever way it was met: smallest point first, its neighbours ascending.
    int[] p = {a, b, c, d};
    int at = 0;
    for (int i = 1; i < 4; i++) {
      at = p[i] < p[at] ? i : at;
    }
    int first = p[at];
    int opposite = p[3 - at];
    int low = Math.min(p[at ^ 1], p[at ^ 2]);
    int high = Math.max(p[at ^ 1], p[at ^ 2]);
    read(first, low, high, opposite);
    if (degenerate()) {
      return null;
    }
    double sides = distance(0, 1) + distance(2, 3);
    double others = distance(0, 2) + distance(1, 3);
    double gap = gap();
    boolean turned = others > sides;
    double residual = gap / (Math.max(sides, others) / 2);
    double misfit = gap / (Math.min(sides, others) / 2);
    return new Face(
        Face.Kind.PARALLELOGRAM,
        first,
        turned ? high : low,
        turned ? low : high,
        opposite,
        gap,
        residual,
        turned ? cosine(0, 2, 1, 3) : cosine(0, 1, 2, 3),
        misfit);
  }

  /**
   * How far the parallelogram measured last is rather a trapezoid whose parallel sides differ in
   * length: the share of its squared gap that lies along the common direction of one pair of sides,
   * the larger of both pairs. NaN when the gap is 0.
   */
  double stretch() {
    double gap = 0;
    double[] side = new double[2];
    double[] along = new double[2];
    for (int j = 0; j < rows[0].length; j++) {
      double g = rows[0][j] + rows[3][j] - rows[1][j] - rows[2][j];
      gap += g * g;
      for (int s = 0; s < 2; s++) {
        double v = rows[1 + s][j] - rows[0][j] + rows[3][j] - rows[2 - s][j];
        side[s] += v * v;
        along[s] += v * g;
      }
    }
    return Math.max(along[0] * along[0] / side[0], along[1] * along[1] / side[1]) / gap;
  }

  /** The trapezoid with sides b − a and d − c; null when it is degenerate. */
  @Nullable Face trapezoid(int a, int b, int c, int d) {
    int least = Math.min(Math.min(a, b), Math.min(c, d));
    if (least == a) {
      read(a, b, c, d);
      return trapezoidOf(a, b, c, d);
    }
    if (least == b) {
      read(b, a, d, c);
      return trapezoidOf(b, a, d, c);
    }
    if (least == c) {
      read(c, d, a, b);
      return trapezoidOf(c, d, a, b);
    }
    read(d, c, b, a);
    return trapezoidOf(d, c, b, a);
  }

  private @Nullable Face trapezoidOf(int a, int b, int c, int d) {
    if (degenerate()) {
      return null;
    }
    double l = distance(0, 1);
    double m = distance(2, 3);
    double halfChord = 0;
    double axis = 0;
    for (int j = 0; j < rows[0].length; j++) {
      double u = (rows[1][j] - rows[0][j]) / l;
      double v = (rows[3][j] - rows[2][j]) / m;
      halfChord += (u - v) * (u - v) / 4;
      axis += (u + v) * (u + v);
    }
    halfChord = Math.sqrt(halfChord);
    axis = Math.sqrt(axis);
    // sin of the angle whose half has the sine halfChord: exact also for the smallest angles.
    double sine = 2 * halfChord * Math.sqrt(Math.max(0, 1 - halfChord * halfChord));
    double apart = Math.min(across(0, 2, l, m, axis), across(1, 3, l, m, axis));
    double misfit = sine * Math.max(1, Math.max(l, m) / apart);
    double gap = gap();
    return new Face(
        Face.Kind.TRAPEZOID,
        a,
        b,
        c,
        d,
        gap,
        gap / ((l + m) / 2),
        cosine(0, 1, 2, 3),
        Double.isNaN(misfit) ? Double.POSITIVE_INFINITY : misfit);
  }

  /** The part of a difference that is orthogonal to the common direction of both sides. */
  private double across(int from, int to, double l, double m, double axis) {
    double along = 0;
    double square = 0;
    for (int j = 0; j < rows[0].length; j++) {
      double w = ((rows[1][j] - rows[0][j]) / l + (rows[3][j] - rows[2][j]) / m) / axis;
      double v = rows[to][j] - rows[from][j];
      along += v * w;
      square += v * v;
    }
    return Math.sqrt(Math.max(0, square - along * along));
  }

  private void read(int a, int b, int c, int d) {
    points.copyRow(a, rows[0]);
    points.copyRow(b, rows[1]);
    points.copyRow(c, rows[2]);
    points.copyRow(d, rows[3]);
  }

  private boolean degenerate() {
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < i; j++) {
        if (!(distance(i, j) >= leastEdge) || distance(i, j) == 0) {
          return true;
        }
      }
    }
    return antipodal(0, 3) && antipodal(1, 2);
  }

  private boolean antipodal(int i, int j) {
    double sum = 0;
    double first = 0;
    double second = 0;
    for (int t = 0; t < rows[i].length; t++) {
      double s = rows[i][t] + rows[j][t];
      sum += s * s;
      first += rows[i][t] * rows[i][t];
      second += rows[j][t] * rows[j][t];
    }
    return Math.sqrt(sum) <= ANTIPODAL * (Math.sqrt(first) + Math.sqrt(second)) / 2;
  }

  private double gap() {
    double square = 0;
    for (int j = 0; j < rows[0].length; j++) {
      double v = rows[1][j] - rows[0][j] - (rows[3][j] - rows[2][j]);
      square += v * v;
    }
    return Math.sqrt(square);
  }

  private double distance(int i, int j) {
    double square = 0;
    for (int t = 0; t < rows[i].length; t++) {
      double v = rows[i][t] - rows[j][t];
      square += v * v;
    }
    return Math.sqrt(square);
  }

  private double cosine(int a, int b, int c, int d) {
    double uv = 0;
    double uu = 0;
    double vv = 0;
    for (int j = 0; j < rows[0].length; j++) {
      double u = rows[b][j] - rows[a][j];
      double v = rows[d][j] - rows[c][j];
      uv += u * v;
      uu += u * u;
      vv += v * v;
    }
    return uv / Math.sqrt(uu * vv);
  }
}
