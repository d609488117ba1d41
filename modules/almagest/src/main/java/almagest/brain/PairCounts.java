package almagest.brain;

/** Counts of pairs of features, held ({@link Cooccurrence}) or made as they are asked for. */
sealed interface PairCounts permits Cooccurrence, CountsOnDemand {
  /** The number of features, n. */
  int features();

  /** The number of chunks, T. */
  long chunks();

  /** In how many chunks each feature fires [features]. */
  long[] featureCounts();

  /** Takes the counts of one feature with others. */
  interface Row {
    /**
     * @param i the feature
     * @param counts c_ij at place j [features], lent until the call ends
     */
    void take(int i, long[] counts);
  }

  /** Rows i0 … i1 − 1 in order; counts are right for j ≥ i, the others may be anything. */
  void upperRows(int i0, int i1, Row row);

  /** Rows i0 … i1 − 1 in order, counts right for all j. */
  void wholeRows(int i0, int i1, Row row);
}
