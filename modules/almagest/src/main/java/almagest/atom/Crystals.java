package almagest.atom;

import almagest.linalg.Blas;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.NullTest;
import almagest.tensor.DoubleMatrix;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The crystals of known relations in one layer: faces before the distractors are projected out and
 * after, on pairs and on relations that the projection has not seen, beside what chance gives.
 */
public final class Crystals {
  private Crystals() {}

  /**
   * @param components LDA components kept; the article's figure has 8; at most relations − 1 are
   *     used
   * @param folds of the cross-validation over pairs
   * @param shuffles how often pairs are dealt anew for the nulls
   * @param seed of folds, shuffles and random subspaces
   */
  public record Options(int components, int folds, int shuffles, Seed seed) {
    public Options {
      if (components < 1 || folds < 2 || shuffles < 1) {
        throw new InputException("crystals need at least 1 component, 2 folds and 1 shuffle");
      }
    }

    public static Options defaults(Seed seed) {
      return new Options(8, 5, 39, seed);
    }
  }

  /**
   * What one layer shows.
   *
   * @param components LDA components used
   * @param ratios share of the between-class variance that each component explains
   * @param relations one per relation
   * @param silhouette how far relations are apart, by dimension, with its controls
   * @param scatter points for the two pictures
   * @param length the first principal component against the length of words
   */
  public record Layer(
      int components,
      double[] ratios,
      List<RelationQuality> relations,
      SilhouetteCurve silhouette,
      Scatter scatter,
      LengthEffect length) {
    /** As a layer of {@code crystals.json}; NaN is null. */
    public ObjectNode toJson() {
      return CrystalsJson.of(this);
    }
  }

  /**
   * Measures one layer. O(n d²) per fit; folds + relations + a few fits.
   *
   * @throws InputException with fewer than three relations, or a relation with fewer than two pairs
   *     a fold
   */
  public static Layer measure(
      Differences differences, Options options, Workers workers, Progress progress) {
    int classes = differences.relations().size();
    if (classes < 3) {
      throw new InputException(
          "crystals need at least 3 relations to tell a relation from a distractor, found "
              + classes);
    }
    for (int r = 0; r < classes; r++) {
      int pairs = differences.rowsOf(r).size();
      if (pairs < 2 * options.folds()) {
        throw new InputException(
            "relation \"%s\" has %d pairs, expected at least %d (2 for each of %d folds)"
                .formatted(
                    differences.relations().get(r), pairs, 2 * options.folds(), options.folds()));
      }
    }
    int k = Math.min(options.components(), classes - 1);
    DoubleMatrix raw = differences.vectors();
    Lda whole = Lda.fit(raw, differences.labels(), workers);
    int used = Math.min(k, whole.components());
    try (Progress.Task task = progress.start("crystals", options.folds() + 2L * classes, "fits")) {
      List<DoubleMatrix> dealt =
          workers.map(
              options.shuffles(),
              s -> differences.shuffled(options.seed().split("dealt").split(s)));
      List<Fold> folds = folds(differences, raw, dealt, used, options, workers, task);
      List<RelationQuality> relations = new ArrayList<>();
      for (int r = 0; r < classes; r++) {
        relations.add(quality(differences, raw, dealt, r, used, folds, options, workers));
        task.advance(2);
      }
      return new Layer(
          used,
          Arrays.copyOf(whole.ratios(), used),
          relations,
          SilhouetteCurve.of(raw, differences.labels(), used, options, workers),
          Scatter.of(differences, raw, whole, workers),
          LengthEffect.of(differences, raw, workers));
    }
  }

  /**
   * One fold: its held-out rows, their differences in the fold's LDA subspace, the same dealt anew,
   * and in a random subspace.
   *
   * @param rows [m] rows of the whole that are held out
   */
  private record Fold(
      int[] rows, DoubleMatrix after, List<DoubleMatrix> shuffled, DoubleMatrix random) {
    /** Positions in this fold of one relation's rows. */
    List<Integer> positions(int[] labels, int relation) {
      List<Integer> out = new ArrayList<>();
      for (int i = 0; i < rows.length; i++) {
        if (labels[rows[i]] == relation) {
          out.add(i);
        }
      }
      return out;
    }
  }

  private static List<Fold> folds(
      Differences differences,
      DoubleMatrix raw,
      List<DoubleMatrix> dealt,
      int k,
      Options options,
      Workers workers,
      Progress.Task task) {
    int[] fold =
        Folds.stratified(differences.labels(), options.folds(), options.seed().split("folds"));
    List<Fold> folds = new ArrayList<>();
    for (int f = 0; f < options.folds(); f++) {
      int[] train = Folds.where(fold, f, false);
      int[] test = Folds.where(fold, f, true);
      Lda lda = Lda.fit(Folds.pick(raw, train), Folds.pick(differences.labels(), train), workers);
      int components = Math.min(k, lda.components());
      List<DoubleMatrix> shuffled = new ArrayList<>();
      for (DoubleMatrix d : dealt) {
        shuffled.add(lda.project(Folds.pick(d, test), components, workers));
      }
      DoubleMatrix directions =
          Folds.randomDirections(
              raw.columns(), components, options.seed().split("subspace").split(f));
      DoubleMatrix held = Folds.pick(raw, test);
      folds.add(
          new Fold(
              test,
              lda.project(held, components, workers),
              shuffled,
              Blas.multiply(held, directions, workers)));
      task.advance(1);
    }
    return folds;
  }

  private static RelationQuality quality(
      Differences differences,
      DoubleMatrix raw,
      List<DoubleMatrix> dealt,
      int relation,
      int k,
      List<Fold> folds,
      Options options,
      Workers workers) {
    String name = differences.relations().get(relation);
    Seed seed = options.seed().split("faces").split(name);
    List<Integer> rows = differences.rowsOf(relation);
    int[] labels = differences.labels();
    List<Integer> others = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] != relation) {
        others.add(i);
      }
    }
    Faces before = Faces.within(raw, rows, seed);
    double[] dealtBefore =
        toArray(
            workers.map(options.shuffles(), s -> Faces.within(dealt.get(s), rows, seed).cosine()));
    Faces after =
        mean(
            folds.stream()
                .map(f -> Faces.within(f.after(), f.positions(labels, relation), seed))
                .toList());
    double[] dealtAfter =
        toArray(
            workers.map(
                options.shuffles(),
                s ->
                    mean(folds.stream()
                            .map(f ->
                                Faces.within(
                                    f.shuffled().get(s), f.positions(labels, relation), seed))
                            .toList())
                        .cosine()));
    Faces random =
        mean(
            folds.stream()
                .map(f -> Faces.within(f.random(), f.positions(labels, relation), seed))
                .toList());
    return new RelationQuality(
        name,
        rows.size(),
        before,
        NullTest.of("pairs dealt anew", before.cosine(), dealtBefore),
        Faces.across(raw, rows, others, seed),
        after,
        NullTest.of("held-out pairs dealt anew", after.cosine(), dealtAfter),
        random,
        unseen(raw, labels, relation, rows, k, seed, workers),
        Analogy.of(differences, rows));
  }

  /** Faces of a relation in the subspace found on the other relations alone. */
  private static Faces unseen(
      DoubleMatrix raw,
      int[] labels,
      int relation,
      List<Integer> rows,
      int k,
      Seed seed,
      Workers workers) {
    int[] train = Folds.where(labels, relation, false);
    int[] classes = Folds.pick(labels, train);
    for (int i = 0; i < classes.length; i++) {
      classes[i] -= classes[i] > relation ? 1 : 0;
    }
    Lda lda = Lda.fit(Folds.pick(raw, train), classes, workers);
    DoubleMatrix projected =
        lda.project(
            Folds.pick(raw, rows.stream().mapToInt(Integer::intValue).toArray()),
            Math.min(k, lda.components()),
            workers);
    return Faces.within(
        projected, java.util.stream.IntStream.range(0, rows.size()).boxed().toList(), seed);
  }

  /** Means of medians over folds; folds without a face are left out. */
  private static Faces mean(List<Faces> folds) {
    double residual = 0;
    double cosine = 0;
    double meanCosine = 0;
    int faces = 0;
    int used = 0;
    for (Faces f : folds) {
      if (f.faces() > 0) {
        residual += f.residual();
        cosine += f.cosine();
        meanCosine += f.meanCosine();
        faces += f.faces();
        used++;
      }
    }
    return new Faces(residual / used, cosine / used, meanCosine / used, faces);
  }

  private static double[] toArray(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
