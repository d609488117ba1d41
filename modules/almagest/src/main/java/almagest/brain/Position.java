package almagest.brain;

import almagest.format.Json;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.stat.BalancedAccuracy;
import almagest.stat.GTest;
import almagest.stat.Interval;
import almagest.stat.NullTest;
import almagest.stat.Permutation;
import almagest.stat.PermutedAgreement;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.statistics.distribution.TDistribution;
import org.jspecify.annotations.Nullable;

/**
 * Is a lobe a place? Two questions: do lobes agree with the clusters that the decoder directions
 * form by themselves, and can a feature's lobe be read off its direction? Each is asked as
 * published and against nulls that take away one explanation at a time.
 *
 * @param agreement of lobes and geometric clusters
 * @param interval 95 % of its adjusted mutual information, by leaving out twentieths of the
 *     features; it takes features as independent draws, which they are not
 * @param independence the likelihood-ratio test of the same table
 * @param nulls of its adjusted mutual information
 * @param published the published classifier's balanced accuracy, or null if it was not asked for
 * @param publishedNulls of it
 * @param corrected the rigorous classifier, or null
 */
public record Position(
    Agreement agreement,
    Interval interval,
    GTest independence,
    List<NullTest> nulls,
    @Nullable BalancedAccuracy published,
    List<NullTest> publishedNulls,
    @Nullable CorrectedClassifier corrected) {

  /**
   * What to ask; a number of trials of 0 leaves that question out.
   *
   * @param agreementTrials draws of each null of the agreement
   * @param strata groups of firing frequency for the permutation inside strata
   * @param published whether to fit the published classifier
   * @param directionTrials draws of its null of random unit directions
   * @param refitTrials draws of each null that clusters or fits anew per draw: clouds, rotation,
   *     shuffled chunks, the classifier inside strata
   * @param corrected how to run the rigorous classifier, or null not to
   */
  public record Options(
      int agreementTrials,
      int strata,
      boolean published,
      int directionTrials,
      int refitTrials,
      CorrectedClassifier.@Nullable Options corrected) {
    public static final Options DEFAULT =
        new Options(100, 10, true, 100, 19, CorrectedClassifier.Options.DEFAULT);

    /** Agreement and the published classifier alone, for tables over many numbers of lobes. */
    public static final Options BRIEF = new Options(100, 10, true, 0, 0, null);
  }

  private static final int GROUPS = 20;

  /**
   * With more lobes than this the classifier is fitted once, as published, and no more: its nulls
   * and folds would take hours, and most lobes have too few features for them.
   */
  private static final int MOST_LOBES = 64;

  /** As the longer form, with no further nulls. */
  public static Position of(
      FloatMatrix cloud,
      int[] lobes,
      int[] clusters,
      long[] firings,
      Options options,
      Seed seed,
      Workers workers,
      Progress progress) {
    return of(cloud, lobes, clusters, firings, List.of(), options, seed, workers, progress);
  }

  /**
   * @param cloud decoder directions [n, d]
   * @param lobes the lobe of each feature; negative ones are left out of everything
   * @param clusters the geometric cluster of each feature
   * @param firings how often each feature fires (in chunks, or on tokens)
   * @param further nulls of the agreement that were drawn elsewhere ({@link GeometricNulls})
   */
  public static Position of(
      FloatMatrix cloud,
      int[] lobes,
      int[] clusters,
      long[] firings,
      List<NullTest> further,
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
    int[] stratum = FrequencyStrata.of(fires, options.strata());
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
                  stratum, options.agreementTrials(), seed.split("strata"), workers)));
    }
    nulls.addAll(further);
    BalancedAccuracy published =
        options.published() && kept.length >= 5
            ? PositionClassifier.published(places, lobe, workers)
            : null;
    boolean few = Arrays.stream(lobe).distinct().count() <= MOST_LOBES;
    List<NullTest> publishedNulls = new ArrayList<>();
    if (few && published != null && options.directionTrials() > 0) {
      publishedNulls.add(
          PositionClassifier.randomDirections(
              kept.length,
              cloud.columns(),
              lobe,
              published.value(),
              options.directionTrials(),
              seed.split("directions"),
              workers,
              progress));
    }
    if (few && published != null && options.refitTrials() > 0) {
      publishedNulls.add(
          PositionClassifier.insideStrata(
              places,
              lobe,
              stratum,
              published.value(),
              options.refitTrials(),
              seed.split("inside strata"),
              workers,
              progress));
    }
    CorrectedClassifier.Options how = options.corrected();
    CorrectedClassifier corrected =
        how == null || !few
            ? null
            : CorrectedClassifier.of(
                places, lobe, fires, how, seed.split("corrected"), workers, progress);
    return new Position(
        agreement,
        interval(lobe, cluster, agreement.ami(), seed.split("groups")),
        GTest.of(lobe, cluster),
        nulls,
        published,
        publishedNulls,
        corrected);
  }

  /** Student's interval from the grouped jackknife of the adjusted mutual information. */
  private static Interval interval(int[] lobe, int[] cluster, double ami, Seed seed) {
    int n = lobe.length;
    if (n < 2 * GROUPS) {
      return Interval.UNKNOWN;
    }
    int[] order = Permutation.of(n, seed.generator());
    double[] without = new double[GROUPS];
    double mean = 0;
    for (int g = 0; g < GROUPS; g++) {
      int left = g;
      int[] in = IntStream.range(0, n).filter(i -> order[i] % GROUPS != left).toArray();
      without[g] =
          Agreement.of(
                  Arrays.stream(in).map(i -> lobe[i]).toArray(),
                  Arrays.stream(in).map(i -> cluster[i]).toArray())
              .ami();
      mean += without[g] / GROUPS;
    }
    double square = 0;
    for (double v : without) {
      square += (v - mean) * (v - mean);
    }
    double half =
        TDistribution.of(GROUPS - 1).inverseCumulativeProbability(0.975)
            * Math.sqrt(square * (GROUPS - 1) / GROUPS);
    return new Interval(ami - half, ami + half);
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

  private static ObjectNode withMeaning(NullTest test) {
    ObjectNode node = (ObjectNode) Json.tree(test);
    node.put("meaning", test.meaning());
    return node;
  }

  /** Adds {@code ami}, {@code nmi}, {@code ari}, {@code ami_null} and {@code classifier}. */
  public void writeTo(ObjectNode k) {
    k.put("ami", agreement.ami());
    k.set("ami_ci", Json.tree(interval));
    k.put("nmi", agreement.nmi());
    k.put("ari", agreement.ari());
    ObjectNode test = k.putObject("g_test");
    test.put("g", independence.statistic());
    test.put("degrees_of_freedom", independence.degreesOfFreedom());
    test.put("p", independence.p());
    test.put("normal_equivalent", independence.normalEquivalent());
    ArrayNode list = k.putArray("ami_null");
    for (NullTest found : nulls) {
      list.add(withMeaning(found));
    }
    ObjectNode classifier = k.putObject("classifier");
    if (published != null) {
      ObjectNode node = classifier.putObject("published");
      node.put("balanced_accuracy", published.value());
      node.put("accuracy", published.accuracy());
      node.put("chance", 1.0 / published.classes());
      ArrayNode tests = node.putArray("null");
      for (NullTest found : publishedNulls) {
        tests.add(withMeaning(found));
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
