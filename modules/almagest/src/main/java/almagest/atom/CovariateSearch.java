package almagest.atom;

import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.Points;
import java.util.ArrayList;
import java.util.List;

/**
 * A search for faces with the directions of covariates projected out, which it refines.
 *
 * <p>A regression of the points on a covariate ({@link RemovedDirections#along}) errs by the
 * points' own scatter, and what it leaves of the distractor opens faces whose points differ much in
 * it. But the parallelograms that are found nonetheless show the direction without that scatter
 * ({@link RemovedDirections#alongFaces}); so with {@value #LEAST} or more of them a covariate the
 * cloud is searched again with theirs, as long as that lists more faces, at most {@value #STEPS}
 * times.
 *
 * <p>The q of a later search does not count that one direction a covariate was chosen by the faces
 * of the one before. Nothing is chosen in a cloud where the first finds nothing.
 */
public final class CovariateSearch {
  /** Parallelograms a covariate that the second step needs. */
  private static final int LEAST = 10;

  /** Searches after the first at most. */
  private static final int STEPS = 3;

  private static final double FDR = 0.05;

  private CovariateSearch() {}

  /**
   * What was found.
   *
   * @param left the cloud that was searched
   */
  public record Outcome(RemovedDirections removed, Points left, CrystalSearch.Result result) {}

  /**
   * Searches a cloud.
   *
   * @param given directions to remove as they are, [m][d]
   * @param covariates [k][n] numbers that the points have; none for one search
   */
  public static Outcome of(
      Points points,
      List<double[]> given,
      List<double[]> covariates,
      CrystalSearch.Options options,
      Workers workers,
      Progress progress) {
    List<double[]> slopes =
        covariates.stream().map(v -> RemovedDirections.along(points, v)).toList();
    Outcome best = search(points, given, slopes, 0, options, workers, progress);
    for (int step = 0; step < STEPS && !covariates.isEmpty(); step++) {
      List<CrystalSearch.Ranked> found = best.result.upTo(FDR);
      List<Face> flat =
          found.stream()
              .map(CrystalSearch.Ranked::face)
              .filter(f -> f.kind() == Face.Kind.PARALLELOGRAM)
              .toList();
      if (flat.size() < LEAST * covariates.size()) {
        break;
      }
      List<double[]> finer = RemovedDirections.alongFaces(points, covariates, flat);
      Outcome next = search(points, given, finer, flat.size(), options, workers, progress);
      if (next.result.upTo(FDR).size() <= found.size()) {
        break;
      }
      best = next;
    }
    return best;
  }

  private static Outcome search(
      Points points,
      List<double[]> given,
      List<double[]> estimated,
      int faces,
      CrystalSearch.Options options,
      Workers workers,
      Progress progress) {
    List<double[]> all = new ArrayList<>(given);
    all.addAll(estimated);
    RemovedDirections directions = RemovedDirections.of(points, all, workers);
    RemovedDirections removed =
        new RemovedDirections(directions.directions(), directions.share(), faces);
    Points left = removed.remove(points, workers);
    return new Outcome(removed, left, CrystalSearch.of(left, options, workers, progress));
  }
}
