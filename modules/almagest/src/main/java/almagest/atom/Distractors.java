package almagest.atom;

import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.NullTest;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What the projection throws away: how much of the scatter within relations the words' surface
 * explains before and after it, and what the largest of the removed directions carry. "Distractor"
 * is otherwise but a name for whatever LDA's ratio discards.
 *
 * @param pairs how many
 * @param nuisances traits that vary within relations
 * @param constant names of those that do not
 * @param before share of the scatter of the differences that all of them explain together
 * @param after the same of held-out pairs in the LDA subspace, mean over folds
 * @param afterChance what traits dealt anew explain there
 * @param removed the largest directions outside the LDA subspace, by scatter within relations
 */
public record Distractors(
    int pairs,
    List<Nuisance> nuisances,
    List<String> constant,
    NullTest before,
    double after,
    double afterChance,
    List<Direction> removed) {
  /** Removed directions that are reported. */
  private static final int DIRECTIONS = 8;

  /**
   * One trait.
   *
   * @param before share of the scatter within relations that it explains alone
   * @param after of held-out pairs in the LDA subspace, mean over folds
   * @param afterChance what it explains there dealt anew
   * @param removed share of its direction (by squares) that lies outside the LDA subspace
   * @param removedChance what would lie outside for a random direction: 1 − components / d
   */
  public record Nuisance(
      String name,
      NullTest before,
      double after,
      double afterChance,
      double removed,
      double removedChance) {}

  /**
   * A principal axis of the scatter within relations outside the LDA subspace.
   *
   * @param share of the scatter within relations
   * @param explained share of its scores that all traits explain together
   * @param rSquared [nuisances] squared correlation of its scores with each
   * @param carries [nuisances] share of each one's direction that lies along it
   */
  public record Direction(double share, double explained, double[] rSquared, double[] carries) {}

  /**
   * A projection and the rows it has not seen.
   *
   * @param rows held out
   */
  record Fold(int[] rows, Lda lda) {}

  /**
   * @param raw [n, d]
   * @param traits [n] of pairs: output minus input
   * @param whole fitted to all pairs
   * @param components of it that are kept
   */
  static Distractors of(
      DoubleMatrix raw,
      int[] labels,
      Traits traits,
      Lda whole,
      int components,
      List<Fold> folds,
      int draws,
      Seed seed,
      Workers workers) {
    NuisanceShares all =
        NuisanceShares.of(Points.of(raw), labels, traits.values(), draws, seed, workers);
    int[] used =
        IntStream.range(0, traits.names().size())
            .filter(j -> Arrays.stream(all.traits()[j]).anyMatch(v -> v != 0))
            .toArray();
    double[] after = new double[traits.names().size()];
    double[] chance = new double[after.length];
    double allAfter = 0;
    double allChance = 0;
    for (int f = 0; f < folds.size(); f++) {
      Fold fold = folds.get(f);
      int kept = Math.min(components, fold.lda().components());
      DoubleMatrix held = fold.lda().project(Points.of(Points.of(raw), fold.rows()), kept, workers);
      double[][] values =
          Arrays.stream(fold.rows()).mapToObj(i -> traits.values()[i]).toArray(double[][]::new);
      NuisanceShares shares =
          NuisanceShares.of(
              Points.of(held),
              Folds.pick(labels, fold.rows()),
              values,
              draws,
              seed.split("fold").split(f),
              workers);
      for (int j = 0; j < after.length; j++) {
        after[j] += shares.each()[j].observed() / folds.size();
        chance[j] += shares.each()[j].mean() / folds.size();
      }
      allAfter += shares.all().observed() / folds.size();
      allChance += shares.all().mean() / folds.size();
    }
    List<double[]> basis = basis(whole, components);
    List<Nuisance> nuisances = new ArrayList<>();
    for (int j : used) {
      double[] b = all.directions().row(j);
      double inside = basis.stream().mapToDouble(v -> Math.pow(Subspace.dot(v, b), 2)).sum();
      nuisances.add(
          new Nuisance(
              traits.names().get(j),
              all.each()[j],
              after[j],
              chance[j],
              1 - inside / Subspace.dot(b, b),
              1 - (double) basis.size() / raw.columns()));
    }
    return new Distractors(
        labels.length,
        nuisances,
        IntStream.range(0, after.length)
            .filter(j -> Arrays.stream(used).noneMatch(u -> u == j))
            .mapToObj(traits.names()::get)
            .toList(),
        all.all(),
        allAfter,
        allChance,
        removed(all, used, basis, workers));
  }

  private static List<double[]> basis(Lda lda, int components) {
    DoubleMatrix rows = Whitening.transposed(lda.scalings());
    return Subspace.orthonormal(rows.slice(0, Math.min(components, rows.rows())));
  }

  private static List<Direction> removed(
      NuisanceShares all, int[] used, List<double[]> basis, Workers workers) {
    DoubleMatrix scatter = all.scatter();
    int n = scatter.rows();
    int d = scatter.columns();
    double total = 0;
    DoubleMatrix outside = DoubleMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      double[] row = scatter.row(i);
      total += Subspace.dot(row, row);
      for (double[] q : basis) {
        double along = Subspace.dot(q, row);
        for (int j = 0; j < d; j++) {
          row[j] -= along * q[j];
        }
      }
      outside.setRow(i, row);
    }
    int count = Math.min(DIRECTIONS, Math.min(n - 1, d - basis.size()));
    if (count < 1 || total == 0) {
      return List.of();
    }
    Points points = Points.of(outside);
    Pca pca = Pca.of(points, count, workers);
    DoubleMatrix scores = pca.scores(points, workers);
    DoubleMatrix traits = DoubleMatrix.zeros(used.length, n);
    for (int j = 0; j < used.length; j++) {
      traits.setRow(j, all.traits()[used[j]]);
    }
    List<double[]> together = Subspace.orthonormal(traits);
    List<Direction> directions = new ArrayList<>();
    for (int c = 0; c < count; c++) {
      int at = c;
      double[] score = IntStream.range(0, n).mapToDouble(i -> scores.get(i, at)).toArray();
      double square = Subspace.dot(score, score);
      if (!(square > 1e-12 * total)) {
        break;
      }
      double[] r2 = new double[used.length];
      double[] carries = new double[used.length];
      for (int j = 0; j < used.length; j++) {
        double[] trait = all.traits()[used[j]];
        double along = Subspace.dot(score, trait);
        r2[j] = along * along / square / Subspace.dot(trait, trait);
        double[] b = all.directions().row(used[j]);
        double part = Subspace.dot(b, pca.components()[c]);
        carries[j] = part * part / Subspace.dot(b, b);
      }
      double explained =
          together.stream().mapToDouble(t -> Math.pow(Subspace.dot(t, score), 2)).sum() / square;
      directions.add(new Direction(square / total, explained, r2, carries));
    }
    return directions;
  }
}
