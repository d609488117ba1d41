package almagest.atom;

import java.util.Comparator;

/**
 * Four different points of a cloud of which two segments are parallel, as {@link FaceSearch} finds
 * them: b − a and d − c point the same way.
 *
 * <p>Of the four ways to write the same face (both segments turned, the two exchanged) the one is
 * kept whose first index is the smallest. A parallelogram can also be read by its other pair of
 * sides, c − a and d − b; it is written by the reading with the smaller residual, that is by its
 * longer pair of sides.
 *
 * @param gap |(b − a) − (d − c)| = |a + d − b − c|, in the cloud's own unit
 * @param residual gap over the mean length of b − a and d − c: 0 for a parallelogram, about √2 for
 *     unrelated segments of equal length
 * @param cosine cos(b − a, d − c), positive: 1 for a trapezoid
 * @param misfit what faces of a kind are ranked by, 0 at best. Of a parallelogram the residual by
 *     its <em>shorter</em> pair of sides; of a trapezoid the sine of the angle between its sides,
 *     times the longer side over the distance of the two lines where that is more than 1. Either is
 *     near 0 only if one offset carries both short sides (or both lines) into each other; four
 *     points in two tight groups, whose long sides are parallel whatever the short ones do, have a
 *     misfit near √2.
 */
public record Face(
    Kind kind,
    int a,
    int b,
    int c,
    int d,
    double gap,
    double residual,
    double cosine,
    double misfit) {
  /** What is asked of the two segments. */
  public enum Kind {
    /** Equal: b − a ≈ d − c. */
    PARALLELOGRAM,
    /** Parallel, of any lengths; the sides of a parallelogram are that too. */
    TRAPEZOID
  }

  /** Best first: by misfit, then by points; within one kind. */
  static final Comparator<Face> ORDER =
      Comparator.comparingDouble(Face::misfit)
          .thenComparingInt(Face::a)
          .thenComparingInt(Face::b)
          .thenComparingInt(Face::c)
          .thenComparingInt(Face::d);

  /** Larger is better: −log₁₀ of the misfit, at most 16. */
  public double score() {
    return -Math.log10(Math.max(misfit, 1e-16));
  }
}
