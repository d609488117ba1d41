package almagest.atom;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.NullTest;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How well one relation makes crystals.
 *
 * @param name of the relation
 * @param pairs how many pairs
 * @param before faces of the raw differences
 * @param across raw faces between this relation and the others
 * @param after faces of held-out pairs in the LDA subspace found on the other pairs, mean over
 *     folds
 * @param acrossAfter held-out faces between this relation and the others in the same subspaces
 * @param random the same held-out faces in random subspaces of equal dimension, mean over folds
 * @param unseen faces of all its pairs in the LDA subspace found on the other relations alone
 * @param apart how far its held-out pairs are from those of other relations
 */
public record RelationQuality(
    String name,
    int pairs,
    Tested before,
    Faces across,
    Tested after,
    Faces acrossAfter,
    Faces random,
    Faces unseen,
    Apart apart) {
  /**
   * Faces against those of pairs dealt anew inside the relation.
   *
   * @param cosine large is good
   * @param residual of minus the residual, so that large is good
   */
  public record Tested(Faces faces, NullTest cosine, NullTest residual) {}

  /**
   * Silhouettes of the relation's held-out pairs, mean over folds.
   *
   * @param before as they are
   * @param heldOut in the LDA subspace of the components kept
   * @param random in random subspaces
   * @param gain whether the projection adds to it
   */
  public record Apart(double before, double heldOut, double random, SilhouetteCurve.Gain gain) {}

  /**
   * Whether the projection helps the faces of pairs it has not seen: the held-out cosine is higher
   * than before, higher than in a random subspace, and above what dealing the pairs anew gives.
   */
  public boolean gains() {
    return after.faces.cosine() > before.faces.cosine()
        && after.faces.cosine() > random.cosine()
        && after.cosine.p() < 0.05;
  }

  static RelationQuality of(
      Differences differences,
      DoubleMatrix raw,
      List<int[]> dealt,
      int relation,
      int components,
      List<HeldOutFold> folds,
      SilhouetteCurve silhouette,
      Crystals.Options options,
      Workers workers) {
    String name = differences.relations().get(relation);
    Seed seed = options.seed().split("faces").split(name);
    List<Integer> rows = differences.rowsOf(relation);
    int[] labels = differences.labels();
    int[] same = IntStream.range(0, labels.length).toArray();
    List<Integer> others =
        IntStream.range(0, labels.length).filter(i -> labels[i] != relation).boxed().toList();
    int k = silhouette.position(components);
    ToDoubleFunction<SilhouetteCurve.Score> own = s -> s.perClass()[relation];
    return new RelationQuality(
        name,
        rows.size(),
        tested(
            "pairs dealt anew",
            before(differences, rows, same, seed),
            workers.map(dealt.size(), s -> before(differences, rows, dealt.get(s), seed))),
        Faces.across(raw, rows, others, seed),
        tested(
            "held-out pairs dealt anew",
            after(folds, labels, relation, same, seed),
            workers.map(dealt.size(), s -> after(folds, labels, relation, dealt.get(s), seed))),
        mean(folds.stream().map(f -> acrossAfter(f, labels, relation, same, seed)).toList()),
        mean(
            folds.stream()
                .map(f -> Faces.within(f.random(), f.positions(labels, relation), seed))
                .toList()),
        unseen(raw, labels, relation, rows, components, seed, options, workers),
        new Apart(
            silhouette.beforeFolds(own),
            silhouette.overFolds(SilhouetteCurve.Fold::after, own)[k],
            silhouette.overFolds(SilhouetteCurve.Fold::random, own)[k],
            silhouette.gain(components, relation)));
  }

  private static Tested tested(String kind, Faces observed, List<Faces> draws) {
    return new Tested(
        observed,
        NullTest.of(kind, observed.cosine(), draws.stream().mapToDouble(Faces::cosine).toArray()),
        NullTest.of(
            kind, -observed.residual(), draws.stream().mapToDouble(f -> -f.residual()).toArray()));
  }

  private static Faces before(
      Differences differences, List<Integer> rows, int[] partner, Seed seed) {
    List<Integer> chosen = Faces.sample(rows, seed);
    DoubleMatrix x = DoubleMatrix.zeros(chosen.size(), differences.dimensions());
    for (int i = 0; i < chosen.size(); i++) {
      x.setRow(i, differences.between(chosen.get(i), partner[chosen.get(i)]));
    }
    return Faces.among(x);
  }

  private static Faces after(
      List<HeldOutFold> folds, int[] labels, int relation, int[] partner, Seed seed) {
    return mean(
        folds.stream()
            .map(f ->
                Faces.among(
                    f.differences(Faces.sample(f.positions(labels, relation), seed), partner)))
            .toList());
  }

  private static Faces acrossAfter(
      HeldOutFold fold, int[] labels, int relation, int[] same, Seed seed) {
    List<Integer> all = IntStream.range(0, fold.rows().length).boxed().toList();
    List<Integer> own = fold.positions(labels, relation);
    List<Integer> others = new ArrayList<>(all);
    others.removeAll(new java.util.HashSet<>(own));
    return Faces.across(fold.differences(all, same), own, others, seed);
  }

  /** Faces of a relation in the subspace found on the other relations alone. */
  private static Faces unseen(
      DoubleMatrix raw,
      int[] labels,
      int relation,
      List<Integer> rows,
      int components,
      Seed seed,
      Crystals.Options options,
      Workers workers) {
    int[] train = Folds.where(labels, relation, false);
    Lda lda =
        Lda.fit(
            Points.of(Points.of(raw), train),
            Folds.consecutive(Folds.pick(labels, train)),
            options.lda(),
            workers);
    int[] chosen = Faces.sample(rows, seed).stream().mapToInt(Integer::intValue).toArray();
    return Faces.among(
        lda.project(
            Points.of(Points.of(raw), chosen), Math.min(components, lda.components()), workers));
  }

  /** Means of medians over folds; folds without a face are left out. */
  private static Faces mean(List<Faces> folds) {
    Faces[] some = folds.stream().filter(f -> f.faces() > 0).toArray(Faces[]::new);
    return new Faces(
        average(some, Faces::residual),
        average(some, Faces::cosine),
        average(some, Faces::meanCosine),
        Arrays.stream(some).mapToInt(Faces::faces).sum());
  }

  private static double average(Faces[] faces, ToDoubleFunction<Faces> figure) {
    return Arrays.stream(faces).mapToDouble(figure).average().orElse(Double.NaN);
  }
}
