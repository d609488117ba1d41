package almagest.brain;

/** Weights of pairs, computed a rectangle or a strip of rows at a time. */
interface PairWeights {
  /** The number of nodes, n. */
  int size();

  /**
   * Weights a_ij for i in [i0, i1), j in [j0, j1), with i0 ≤ j0. Where i0 = j0 only j ≥ i need be
   * right. The diagonal may be anything.
   *
   * @param into row-major, rows of {@code j1 − j0}
   */
  void fill(int i0, int i1, int j0, int j1, double[] into);

  /** Takes the weights of one node with those that follow it. */
  interface Row {
    /**
     * @param weights a_ij at place j > i [n], what comes before may be anything; lent until the
     *     call ends
     */
    void take(int i, double[] weights);
  }

  /** Rows i0 … i1 − 1 in order, for graphs of many nodes: right to float32. */
  void rows(int i0, int i1, Row row);
}
