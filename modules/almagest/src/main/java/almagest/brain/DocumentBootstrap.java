package almagest.brain;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Intervals for lobe × type from resampling documents with replacement inside each type (the
 * cluster bootstrap), since chunks of one document are alike. With fewer than about ten documents
 * of a type the intervals are too narrow, and with one they are a point.
 *
 * @param documents per type
 * @param winner 95 % percentile interval of the share of chunks won [lobe][type]
 * @param mean the same of the mean share [lobe][type]
 */
record DocumentBootstrap(int[] documents, Interval[][] winner, Interval[][] mean) {
  private static final double CONFIDENCE = 0.95;

  static DocumentBootstrap of(
      LobeWinners winners,
      int[] document,
      short[] type,
      int kinds,
      int resamples,
      Seed seed,
      Workers workers) {
    int lobes = winners.sizes().length;
    int[] documents = new int[kinds];
    Interval[][] winner = new Interval[lobes][kinds];
    Interval[][] mean = new Interval[lobes][kinds];
    // Chunks of each document, by type.
    List<Map<Integer, List<Integer>>> byType = new ArrayList<>();
    for (int k = 0; k < kinds; k++) {
      byType.add(new TreeMap<>());
    }
    for (int t = 0; t < document.length; t++) {
      byType.get(type[t]).computeIfAbsent(document[t], key -> new ArrayList<>()).add(t);
    }
    workers.run(
        kinds,
        k -> {
          List<List<Integer>> all = List.copyOf(byType.get(k).values());
          documents[k] = all.size();
          if (resamples == 0) {
            for (int l = 0; l < lobes; l++) {
              winner[l][k] = Interval.UNKNOWN;
              mean[l][k] = Interval.UNKNOWN;
            }
            return;
          }
          // Per document: chunks, then per lobe chunks won and the sum of shares.
          double[][] sums = new double[all.size()][1 + 2 * lobes];
          for (int i = 0; i < sums.length; i++) {
            for (int t : all.get(i)) {
              sums[i][0]++;
              for (int l = 0; l < lobes; l++) {
                sums[i][1 + l] += winners.winner()[t] == l ? 1 : 0;
                sums[i][1 + lobes + l] += LobeTypes.fraction(winners, t, l);
              }
            }
          }
          double[][] replicates = new double[2 * lobes][resamples];
          RandomGenerator random = seed.split("documents").split((long) k).generator();
          for (int r = 0; r < resamples && sums.length > 0; r++) {
            double[] total = new double[1 + 2 * lobes];
            for (int i = 0; i < sums.length; i++) {
              double[] drawn = sums[random.nextInt(sums.length)];
              for (int c = 0; c < total.length; c++) {
                total[c] += drawn[c];
              }
            }
            for (int c = 0; c < 2 * lobes; c++) {
              replicates[c][r] = total[1 + c] / total[0];
            }
          }
          for (int l = 0; l < lobes; l++) {
            winner[l][k] = Interval.percentile(replicates[l], CONFIDENCE);
            mean[l][k] = Interval.percentile(replicates[lobes + l], CONFIDENCE);
          }
        });
    return new DocumentBootstrap(documents, winner, mean);
  }
}
