package almagest.atom;

import almagest.linalg.Pca;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The crystals of known relations in one layer: faces before the distractors are projected out and
 * after, on pairs and on relations that the projection has not seen, beside what chance gives.
 */
public final class Crystals {
  /** Components kept where nothing is said, as in the article's figure. */
  private static final int PUBLISHED_COMPONENTS = 8;

  private Crystals() {}

  /**
   * @param components LDA components kept for faces; 0 for the article's 8, or relations − 1 if
   *     those are fewer
   * @param folds of the cross-validations over pairs and over relations
   * @param shuffles how often pairs (and traits) are dealt anew for the nulls
   * @param lda how LDA is fitted
   * @param seed of folds, shuffles and random subspaces
   */
  public record Options(int components, int folds, int shuffles, Lda.Options lda, Seed seed) {
    public Options {
      if (components < 0 || folds < 2 || shuffles < 1) {
        throw new InputException(
            "crystals need 0 or more components, at least 2 folds and 1 shuffle, found "
                + components
                + ", "
                + folds
                + ", "
                + shuffles);
      }
    }

    public static Options defaults(Seed seed) {
      return new Options(0, 5, 39, Lda.Options.DEFAULT, seed);
    }

    /** The least number of pairs that a relation must have: two in each fold. */
    public int leastPairs() {
      return 2 * folds;
    }
  }

  /**
   * Silhouettes of differences treated otherwise.
   *
   * @param name {@code z-scored}: every coordinate to mean 0 and variance 1 over all pairs; {@code
   *     normalised}: every difference to unit length, as the article's second variant
   * @param dropped pairs without a direction
   */
  public record Variant(String name, int dropped, SilhouetteCurve silhouette) {}

  /**
   * What one layer shows.
   *
   * @param components LDA components used
   * @param fit LDA of all pairs
   * @param projected [n, components] all pairs by it, in-sample
   * @param relations one per relation
   * @param silhouette how far relations are apart, by dimension, with its controls
   * @param heldOutRelations the same of relations that LDA has not seen
   * @param variants z-scored and normalised
   * @param distractors what the projection removes
   * @param scatter points for the two pictures
   * @param length the first principal component against the length of words
   * @param tokenLength the same against the length of last tokens; null without a tokenizer
   */
  public record Layer(
      int components,
      Lda fit,
      DoubleMatrix projected,
      List<RelationQuality> relations,
      SilhouetteCurve silhouette,
      HeldOutRelations heldOutRelations,
      List<Variant> variants,
      Distractors distractors,
      Scatter scatter,
      LengthEffect length,
      @Nullable LengthEffect tokenLength) {
    /** As a layer of {@code crystals.json}; NaN is null. */
    public ObjectNode toJson() {
      return CrystalsJson.of(this);
    }
  }

  /** As {@link #measure(Differences, Traits, Options, Workers, Progress)} by the words alone. */
  public static Layer measure(
      Differences differences, Options options, Workers workers, Progress progress) {
    int n = differences.size();
    List<String> words = new ArrayList<>();
    differences.pairs().forEach(p -> words.add(p[0]));
    differences.pairs().forEach(p -> words.add(p[1]));
    Traits traits =
        Traits.of(words)
            .differences(IntStream.range(0, n).toArray(), IntStream.range(n, 2 * n).toArray());
    return measure(differences, traits, options, workers, progress);
  }

  /**
   * Measures one layer. O(n d²) per fit of LDA, of which there are about 8 folds + relations, and
   * O(n² d) for the silhouettes of what is not projected.
   *
   * @param traits of the pairs, output minus input
   * @throws InputException with fewer than three relations, a relation with fewer than two pairs a
   *     fold, more components than relations or pairs allow
   */
  public static Layer measure(
      Differences differences, Traits traits, Options options, Workers workers, Progress progress) {
    int used = check(differences, options);
    int[] labels = differences.labels();
    int classes = differences.relations().size();
    DoubleMatrix raw = differences.vectors();
    Points points = Points.of(raw);
    try (Progress.Task task = progress.start("crystals", 8L + classes, "steps")) {
      Lda whole = Lda.fit(points, labels, options.lda(), workers);
      int components = Math.min(used, whole.components());
      SilhouetteCurve silhouette =
          SilhouetteCurve.of(points, labels, options, options.seed().split("silhouette"), workers);
      task.advance(2);
      List<HeldOutFold> folds = HeldOutFold.all(differences, raw, components, options, workers);
      List<int[]> dealt =
          workers.map(
              options.shuffles(), s -> differences.dealt(options.seed().split("dealt").split(s)));
      task.advance(1);
      List<RelationQuality> relations = new ArrayList<>();
      for (int r = 0; r < classes; r++) {
        relations.add(
            RelationQuality.of(
                differences, raw, dealt, r, components, folds, silhouette, options, workers));
        task.advance(1);
      }
      HeldOutRelations unseen =
          HeldOutRelations.of(points, labels, differences.relations(), options, workers);
      task.advance(1);
      List<Variant> variants = variants(raw, labels, options, workers);
      task.advance(2);
      Distractors distractors =
          Distractors.of(
              raw,
              labels,
              traits,
              whole,
              components,
              folds.stream().map(f -> new Distractors.Fold(f.rows(), f.lda())).toList(),
              options.shuffles(),
              options.seed().split("traits"),
              workers);
      task.advance(1);
      Points standard = Points.of(ZScores.of(raw));
      DoubleMatrix principal =
          Pca.of(standard, Math.min(2, raw.columns()), workers).scores(standard, workers);
      double[] first =
          IntStream.range(0, raw.rows()).mapToDouble(i -> principal.get(i, 0)).toArray();
      task.advance(1);
      return new Layer(
          components,
          whole,
          whole.transform(points, components, workers),
          relations,
          silhouette,
          unseen,
          variants,
          distractors,
          Scatter.of(differences, raw, principal, whole, workers),
          LengthEffect.of(first, traits.column(Traits.WORD_LENGTH)),
          traits.has(Traits.TOKEN_LENGTH)
              ? LengthEffect.of(first, traits.column(Traits.TOKEN_LENGTH))
              : null);
    }
  }

  /** How many components are asked for. */
  private static int check(Differences differences, Options options) {
    int classes = differences.relations().size();
    if (classes < 3) {
      throw new InputException(
          "crystals need at least 3 relations to tell a relation from a distractor, found "
              + classes
              + (classes < 2 ? " (LDA of a single class is undefined)" : ""));
    }
    if (options.components() > differences.size()) {
      throw new InputException(
          differences.size() + " pairs, fewer than the " + options.components() + " components");
    }
    if (options.components() >= classes) {
      throw new InputException(
          classes
              + " relations give LDA at most "
              + (classes - 1)
              + " components, not "
              + options.components());
    }
    for (int r = 0; r < classes; r++) {
      int pairs = differences.rowsOf(r).size();
      if (pairs < options.leastPairs()) {
        throw new InputException(
            "relation \"%s\" has %d pairs, expected at least %d (2 for each of %d folds)"
                .formatted(
                    differences.relations().get(r), pairs, options.leastPairs(), options.folds()));
      }
    }
    return options.components() > 0
        ? options.components()
        : Math.min(PUBLISHED_COMPONENTS, classes - 1);
  }

  private static List<Variant> variants(
      DoubleMatrix raw, int[] labels, Options options, Workers workers) {
    Seed seed = options.seed().split("silhouette");
    List<Integer> directed = new ArrayList<>();
    DoubleMatrix unit = DoubleMatrix.zeros(raw.rows(), raw.columns());
    for (int i = 0; i < raw.rows(); i++) {
      double[] row = raw.row(i);
      double norm = Subspace.norm(row);
      if (norm > 0) {
        directed.add(i);
        for (int j = 0; j < row.length; j++) {
          row[j] /= norm;
        }
      }
      unit.setRow(i, row);
    }
    int[] kept = directed.stream().mapToInt(Integer::intValue).toArray();
    List<Variant> variants = new ArrayList<>();
    variants.add(
        new Variant(
            "z-scored",
            0,
            SilhouetteCurve.of(Points.of(ZScores.of(raw)), labels, options, seed, workers)));
    int[] left = Folds.pick(labels, kept);
    int classes = 1 + Arrays.stream(labels).max().orElse(0);
    int[] counts = new int[classes];
    for (int y : left) {
      counts[y]++;
    }
    // A relation of words with themselves has no directions, and then there is no such variant.
    if (Arrays.stream(counts).allMatch(c -> c >= options.leastPairs())) {
      variants.add(
          new Variant(
              "normalised",
              labels.length - kept.length,
              SilhouetteCurve.of(Points.of(Points.of(unit), kept), left, options, seed, workers)));
    }
    return variants;
  }
}
