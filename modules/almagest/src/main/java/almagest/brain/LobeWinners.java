package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.SparseRows;

/**
 * Which lobe answers to a chunk: of each lobe the share of its features that fire (silent features
 * count in the denominator), and the lobe of the largest share. Shares are compared as exact
 * fractions, ties go to the lower lobe, and a lobe without features never wins.
 *
 * @param winner per chunk, −1 if no lobe has a feature
 * @param hits how many features of each lobe fire, row-major [chunks, lobes]
 * @param sizes features per lobe
 * @param tied chunks where the largest share is shared
 */
record LobeWinners(int[] winner, int[] hits, int[] sizes, int tied) {
  private static final int PIECE = 512;

  /**
   * @param labels the lobe of each feature, 0 … lobes − 1; a negative one is in no lobe
   */
  static LobeWinners of(SparseRows chunks, int[] labels, int lobes, Workers workers) {
    if (labels.length != chunks.columns()) {
      throw new IllegalArgumentException(
          labels.length + " lobe labels for " + chunks.columns() + " features");
    }
    int[] sizes = new int[lobes];
    for (int l : labels) {
      if (l >= 0) {
        sizes[l]++;
      }
    }
    int rows = chunks.rows();
    int[] hits = new int[Math.multiplyExact(rows, lobes)];
    int[] winner = new int[rows];
    boolean[] tied = new boolean[rows];
    workers.run(
        (rows + PIECE - 1) / PIECE,
        piece -> {
          for (int t = piece * PIECE; t < Math.min(rows, (piece + 1) * PIECE); t++) {
            int at = t * lobes;
            for (int e = chunks.start(t); e < chunks.end(t); e++) {
              int l = labels[chunks.indices()[e]];
              if (l >= 0) {
                hits[at + l]++;
              }
            }
            int best = -1;
            for (int l = 0; l < lobes; l++) {
              if (sizes[l] == 0) {
                continue;
              }
              int order =
                  best < 0
                      ? 1
                      : Long.compare(
                          (long) hits[at + l] * sizes[best], (long) hits[at + best] * sizes[l]);
              if (order > 0) {
                best = l;
                tied[t] = false;
              } else if (order == 0) {
                tied[t] = true;
              }
            }
            winner[t] = best;
          }
        });
    int ties = 0;
    for (boolean t : tied) {
      ties += t ? 1 : 0;
    }
    return new LobeWinners(winner, hits, sizes, ties);
  }

  /** How many chunks of each type each lobe wins [lobe][type]. */
  long[][] table(short[] type, int types) {
    long[][] table = new long[sizes.length][types];
    for (int t = 0; t < winner.length; t++) {
      if (winner[t] >= 0) {
        table[winner[t]][type[t]]++;
      }
    }
    return table;
  }
}
