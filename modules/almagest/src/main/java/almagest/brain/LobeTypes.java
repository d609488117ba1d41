package almagest.brain;

import almagest.format.Json;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.ChiSquare;
import almagest.stat.Interval;
import almagest.stat.NullTest;
import almagest.stat.Permutation;
import almagest.stat.Wilson;
import almagest.tensor.SparseRows;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What document types each lobe answers to: by the winning lobe of a chunk, as published, and by
 * the mean share of a lobe that fires.
 *
 * <p>The winner hides by how much it won; the mean share shows it. Wilson's intervals and the
 * chi-square p take chunks as independent, which chunks of one document are not; the intervals by
 * documents resample whole documents inside each type. Run it on documents that did not make the
 * lobes: on those that did, lobes fit by construction.
 *
 * @param types names of the document types
 * @param heldOut whether the chunks are of documents that did not make the lobes
 * @param chunks per type
 * @param documents per type
 * @param winnerCounts chunks won [lobe][type]
 * @param winnerShare of all chunks of the type [lobe][type]; NaN for a type without chunks
 * @param wilson 95 % interval of the winner's share
 * @param winnerByDocuments 95 % percentile interval of the winner's share over resampled documents
 * @param meanShare mean over chunks of (features of the lobe that fire) / (features of the lobe)
 * @param meanShareByDocuments its 95 % percentile interval over resampled documents
 * @param majority the lobe that wins most chunks of each type, the lower one in a tie; −1 without
 *     chunks
 * @param tiedChunks chunks whose largest share was shared by lobes
 * @param independence of winner and type
 * @param cramersVNull Cramér's V when lobe labels are dealt out again among the features
 * @param cramersVStrata the same inside strata of firing frequency, or null
 */
public record LobeTypes(
    List<String> types,
    boolean heldOut,
    int[] chunks,
    int[] documents,
    long[][] winnerCounts,
    double[][] winnerShare,
    Interval[][] wilson,
    Interval[][] winnerByDocuments,
    double[][] meanShare,
    Interval[][] meanShareByDocuments,
    int[] majority,
    int tiedChunks,
    ChiSquare independence,
    NullTest cramersVNull,
    @Nullable NullTest cramersVStrata) {

  /** With more lobes than this documents are not resampled: their cells are nearly all empty. */
  private static final int MOST_RESAMPLED = 64;

  /**
   * @param trials permutations of the lobe labels
   * @param resamples of the documents; 0 leaves the intervals by documents unknown
   */
  public record Options(int trials, int resamples) {
    public static final Options DEFAULT = new Options(100, 1000);

    public Options {
      if (trials < 0 || resamples < 0) {
        throw new IllegalArgumentException("trials and resamples cannot be negative");
      }
    }
  }

  /**
   * @param pattern chunk × feature
   * @param document the document of each chunk
   * @param type its document type
   * @param types names of the types
   * @param labels the lobe of each feature, 0 … lobes − 1, or negative for none
   * @param stratum of each feature by firing frequency ({@link FrequencyStrata}), or null
   */
  public static LobeTypes of(
      SparseRows pattern,
      int[] document,
      short[] type,
      List<String> types,
      boolean heldOut,
      int[] labels,
      int lobes,
      int @Nullable [] stratum,
      Options options,
      Seed seed,
      Workers workers) {
    LobeWinners winners = LobeWinners.of(pattern, labels, lobes, workers);
    int kinds = types.size();
    long[][] table = winners.table(type, kinds);
    int[] chunks = new int[kinds];
    for (short t : type) {
      chunks[t]++;
    }
    double[][] share = new double[lobes][kinds];
    Interval[][] wilson = new Interval[lobes][kinds];
    double[][] mean = new double[lobes][kinds];
    int[] majority = new int[kinds];
    Arrays.fill(majority, -1);
    for (int t = 0; t < type.length; t++) {
      for (int l = 0; l < lobes; l++) {
        mean[l][type[t]] += fraction(winners, t, l);
      }
    }
    for (int k = 0; k < kinds; k++) {
      for (int l = 0; l < lobes; l++) {
        share[l][k] = chunks[k] == 0 ? Double.NaN : (double) table[l][k] / chunks[k];
        wilson[l][k] = Wilson.interval(table[l][k], chunks[k]);
        mean[l][k] = chunks[k] == 0 ? Double.NaN : mean[l][k] / chunks[k];
        if (table[l][k] > (majority[k] < 0 ? 0 : table[majority[k]][k])) {
          majority[k] = l;
        }
      }
    }
    DocumentBootstrap bootstrap =
        DocumentBootstrap.of(
            winners,
            document,
            type,
            kinds,
            lobes <= MOST_RESAMPLED ? options.resamples() : 0,
            seed,
            workers);
    ChiSquare independence = ChiSquare.of(table);
    NullTest shuffled =
        permuted(
            "permuted lobes",
            new int[labels.length],
            pattern,
            type,
            kinds,
            labels,
            lobes,
            independence.cramersV(),
            options.trials(),
            seed.split("permuted lobes"),
            workers);
    NullTest strata =
        stratum == null
            ? null
            : permuted(
                "permuted lobes inside frequency strata",
                stratum,
                pattern,
                type,
                kinds,
                labels,
                lobes,
                independence.cramersV(),
                options.trials(),
                seed.split("permuted inside strata"),
                workers);
    return new LobeTypes(
        types,
        heldOut,
        chunks,
        bootstrap.documents(),
        table,
        share,
        wilson,
        bootstrap.winner(),
        mean,
        bootstrap.mean(),
        majority,
        winners.tied(),
        independence,
        shuffled,
        strata);
  }

  static double fraction(LobeWinners winners, int chunk, int lobe) {
    int size = winners.sizes()[lobe];
    return size == 0 ? 0 : (double) winners.hits()[chunk * winners.sizes().length + lobe] / size;
  }

  private static NullTest permuted(
      String kind,
      int[] stratum,
      SparseRows pattern,
      short[] type,
      int kinds,
      int[] labels,
      int lobes,
      double observed,
      int trials,
      Seed seed,
      Workers workers) {
    double[] values = new double[trials];
    for (int t = 0; t < trials; t++) {
      int[] order = Permutation.within(stratum, seed.split(t).generator());
      int[] dealt = new int[labels.length];
      Arrays.setAll(dealt, i -> labels[order[i]]);
      double v =
          ChiSquare.of(LobeWinners.of(pattern, dealt, lobes, workers).table(type, kinds))
              .cramersV();
      // One winner everywhere: no association at all.
      values[t] = Double.isNaN(v) ? 0 : v;
    }
    return NullTest.of(kind, Double.isNaN(observed) ? 0 : observed, values);
  }

  /** The names of the types a lobe wins most often, by majority; one text per lobe. */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    for (int l = 0; l < winnerCounts.length; l++) {
      int lobe = l;
      List<String> won = new ArrayList<>();
      for (int k = 0; k < types.size(); k++) {
        if (majority[k] == lobe) {
          won.add(types.get(k));
        }
      }
      names.add(String.join(", ", won));
    }
    return names;
  }

  /** The object under the key {@code types} of {@code lobes.json}. */
  public ObjectNode toJson() {
    ObjectNode node = Json.object();
    node.set("names", Json.tree(types));
    node.put("held_out", heldOut);
    node.set("chunks", Json.tree(chunks));
    node.set("documents", Json.tree(documents));
    node.set("winner_counts", Json.tree(winnerCounts));
    node.set("winner_share", Json.tree(winnerShare));
    node.set("wilson", Json.tree(wilson));
    node.set("winner_by_documents", Json.tree(winnerByDocuments));
    node.set("mean_share", Json.tree(meanShare));
    node.set("mean_share_by_documents", Json.tree(meanShareByDocuments));
    node.set("majority", Json.tree(majority));
    node.put("tied_chunks", tiedChunks);
    node.put("chi_square", independence.statistic());
    node.put("degrees_of_freedom", independence.degreesOfFreedom());
    node.put("p_if_chunks_were_independent", independence.p());
    node.put("cramers_v", independence.cramersV());
    node.set("cramers_v_null", Json.tree(cramersVNull));
    if (cramersVStrata != null) {
      node.set("cramers_v_null_strata", Json.tree(cramersVStrata));
    }
    return node;
  }
}
