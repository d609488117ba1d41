package almagest.brain;

/** Weights of an affinity from co-occurrence counts. */
record CountWeights(Cooccurrence counts, Affinity affinity, int[] featureCounts)
    implements PairWeights {
  CountWeights(Cooccurrence counts, Affinity affinity) {
    this(counts, affinity, counts.featureCounts());
  }

  @Override
  public int size() {
    return counts.features();
  }

  @Override
  public void fill(int i0, int i1, int j0, int j1, double[] into) {
    int[] row = new int[j1 - j0];
    long t = counts.chunks();
    for (int i = i0; i < i1; i++) {
      int from = Math.max(i, j0);
      counts.copyRow(i, from, j1, row, from - j0);
      int at = (i - i0) * (j1 - j0) - j0;
      for (int j = from; j < j1; j++) {
        into[at + j] = affinity.weight(featureCounts[i], featureCounts[j], row[j - j0], t);
      }
    }
  }
}
