package almagest.brain;

import almagest.format.Json;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.stat.BalancedAccuracy;
import almagest.stat.NullTest;
import almagest.stat.PermutedAgreement;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Is a lobe a place? Two questions: do lobes agree with the clusters that the decoder directions
 * form by themselves, and can a feature's lobe be read off its direction? Each is asked as
 * published and against nulls that take away one explanation at a time.
 *
 * @param agreement of lobes and geometric clusters
 * @param nulls of its adjusted mutual information
 * @param published the published classifier's balanced accuracy, or null if it was not asked for
 * @param publishedNull of it, or null
 * @param corrected the rigorous classifier, or null
 */
public record Position(
    Agreement agreement,
    List<NullTest> nulls,
    @Nullable BalancedAccuracy published,
    @Nullable NullTest publishedNull,
    @Nullable CorrectedClassifier corrected) {

  /**
   * What to ask; a number of trials of 0 leaves that question out.
   *
   * @param agreementTrials draws of each null of the agreement
   * @param strata groups of firing frequency for the permutation inside strata
   * @param published whether to fit the published classifier
   * @param directionTrials draws of its null of random unit directions
   * @param corrected how to run the rigorous classifier, or null not to
   */
  public record Options(
      int agreementTrials,
      int strata,
      boolean published,
      int directionTrials,
      CorrectedClassifier.@Nullable Options corrected) {
    public static final Options DEFAULT =
        new Options(100, 10, true, 100, CorrectedClassifier.Options.DEFAULT);

    /** Agreement and the published classifier alone, for tables over many numbers of lobes. */
    public static final Options BRIEF = new Options(100, 10, true, 0, null);
  }

  /**
   * @param cloud decoder directions [n, d]
   * @param lobes the lobe of each feature; negative ones are left out of everything
   * @param clusters the geometric cluster of each feature
   * @param firings how often each feature fires (in chunks, or on tokens)
   */
  public static Position of(
      FloatMatrix cloud,
      int[] lobes,
      int[] clusters,
      long[] firings,
      Options options,
      Seed seed,
      Workers workers,
      Progress progress) {
    int n = cloud.rowsAsInt();
    if (lobes.length != n || clusters.length != n || firings.length != n) {
      throw new IllegalArgumentException(
          "%d directions, %d lobe labels, %d cluster labels, %d firing counts"
              .formatted(n, lobes.length, clusters.length, firings.length));
    }
    int[] kept = IntStream.range(0, n).filter(i -> lobes[i] >= 0 && clusters[i] >= 0).toArray();
    FloatMatrix places = kept.length == n ? cloud : rows(cloud, kept);
    int[] lobe = Arrays.stream(kept).map(i -> lobes[i]).toArray();
    int[] cluster = Arrays.stream(kept).map(i -> clusters[i]).toArray();
    long[] fires = Arrays.stream(kept).mapToLong(i -> firings[i]).toArray();

    Agreement agreement = Agreement.of(lobe, cluster);
    List<NullTest> nulls = new ArrayList<>();
    if (options.agreementTrials() > 0) {
      PermutedAgreement permuted = new PermutedAgreement(cluster, lobe);
      nulls.add(
          NullTest.of(
              "permuted labels",
              agreement.ami(),
              permuted.draw(options.agreementTrials(), seed.split("permuted"), workers)));
      nulls.add(
          NullTest.of(
              "permuted inside frequency strata",
              agreement.ami(),
              permuted.drawWithin(
                  FrequencyStrata.of(fires, options.strata()),
                  options.agreementTrials(),
                  seed.split("strata"),
                  workers)));
    }
    BalancedAccuracy published =
        options.published() && kept.length >= 5
            ? PositionClassifier.published(places, lobe, workers)
            : null;
    NullTest publishedNull =
        published != null && options.directionTrials() > 0
            ? PositionClassifier.randomDirections(
                kept.length,
                cloud.columns(),
                lobe,
                published.value(),
                options.directionTrials(),
                seed.split("directions"),
                workers,
                progress)
            : null;
    CorrectedClassifier.Options how = options.corrected();
    CorrectedClassifier corrected =
        how == null
            ? null
            : CorrectedClassifier.of(
                places, lobe, fires, how, seed.split("corrected"), workers, progress);
    return new Position(agreement, nulls, published, publishedNull, corrected);
  }

  static FloatMatrix rows(FloatMatrix x, int[] chosen) {
    FloatMatrix part = FloatMatrix.zeros(chosen.length, x.columns());
    float[] row = new float[x.columns()];
    for (int i = 0; i < chosen.length; i++) {
      x.copyRow(chosen[i], row);
      part.setRow(i, row);
    }
    return part;
  }

  /** Adds {@code ami}, {@code nmi}, {@code ari}, {@code ami_null} and {@code classifier}. */
  public void writeTo(ObjectNode k) {
    k.put("ami", agreement.ami());
    k.put("nmi", agreement.nmi());
    k.put("ari", agreement.ari());
    ArrayNode list = k.putArray("ami_null");
    for (NullTest test : nulls) {
      list.add(Json.tree(test));
    }
    ObjectNode classifier = k.putObject("classifier");
    if (published != null) {
      ObjectNode node = classifier.putObject("published");
      node.put("balanced_accuracy", published.value());
      node.put("accuracy", published.accuracy());
      node.put("chance", 1.0 / published.classes());
      ArrayNode tests = node.putArray("null");
      if (publishedNull != null) {
        tests.add(Json.tree(publishedNull));
      }
    }
    if (corrected != null) {
      ObjectNode node = classifier.putObject("corrected");
      node.put("balanced_accuracy", corrected.balancedAccuracy());
      node.set("ci", Json.tree(corrected.ci()));
      node.put("chance", 1.0 / corrected.classes());
      node.put("classes", corrected.classes());
      node.put("left_out", corrected.leftOut());
      node.set("scores", Json.tree(corrected.scores()));
      node.set("chosen_c", Json.tree(corrected.chosenC()));
      node.set("frequency_baseline", score(corrected.frequency()));
      node.set("gain_over_frequency", score(corrected.gain()));
    }
  }

  private static ObjectNode score(CorrectedClassifier.Score score) {
    ObjectNode node = Json.object();
    node.put("balanced_accuracy", score.balancedAccuracy());
    node.set("ci", Json.tree(score.ci()));
    return node;
  }
}
