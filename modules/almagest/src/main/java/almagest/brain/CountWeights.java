package almagest.brain;

/** Weights of an affinity from co-occurrence counts. */
record CountWeights(PairCounts counts, Affinity affinity, long[] totals) implements PairWeights {
  CountWeights(PairCounts counts, Affinity affinity) {
    this(counts, affinity, counts.featureCounts());
  }

  @Override
  public int size() {
    return counts.features();
  }

  @Override
  public void fill(int i0, int i1, int j0, int j1, double[] into) {
    long t = counts.chunks();
    counts.upperRows(
        i0,
        i1,
        (i, row) -> {
          int at = (i - i0) * (j1 - j0) - j0;
          for (int j = Math.max(i, j0); j < j1; j++) {
            into[at + j] = affinity.weight(totals[i], totals[j], row[j], t);
          }
        });
  }

  @Override
  public void rows(int i0, int i1, Row row) {
    AffinityRow kernel = new AffinityRow(affinity, totals, counts.chunks());
    double[] weights = new double[size()];
    counts.upperRows(
        i0,
        i1,
        (i, line) -> {
          kernel.fill(i, line, weights);
          row.take(i, weights);
        });
  }
}
