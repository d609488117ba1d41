package almagest.stat;

/**
 * How much two labellings of the same things agree. All scores ignore what the labels are called.
 *
 * <p>Mutual information grows with the number of clusters even between unrelated labellings; the
 * adjusted scores ({@code ami}, {@code ari}) have mean 0 over labellings with the same cluster
 * sizes. None of them says that an agreement is large: for that compare with a null.
 *
 * @param n how many things are labelled
 * @param mutualInformation nats
 * @param expectedMutualInformation its exact mean over all labellings with the same cluster sizes,
 *     nats (Vinh, Epps and Bailey 2010)
 * @param entropyA entropy of the first labelling, nats
 * @param entropyB entropy of the second, nats
 * @param ami adjusted mutual information, (MI − E) / ((H_a + H_b)/2 − E); 1 when both labellings
 *     are one cluster or both all singletons, 0 when only one of them is a single cluster
 * @param nmi normalised mutual information, MI / ((H_a + H_b)/2), with the same conventions
 * @param ari adjusted Rand index (Hubert and Arabie 1985)
 * @param homogeneity MI / H_a: 1 when every cluster of b lies in one of a; 1 when H_a = 0
 * @param completeness MI / H_b
 */
public record Agreement(
    int n,
    double mutualInformation,
    double expectedMutualInformation,
    double entropyA,
    double entropyB,
    double ami,
    double nmi,
    double ari,
    double homogeneity,
    double completeness) {

  /**
   * Compares two labellings. O(n log n) and a term per pair of distinct cluster sizes.
   *
   * @param a a label per thing, any ints; a negative label is a label like any other
   * @param b as many labels
   */
  public static Agreement of(int[] a, int[] b) {
    Contingency table = Contingency.of(a, b);
    double mi = table.mutualInformation();
    double emi = ExpectedMutualInformation.of(table.rowSums(), table.columnSums(), table.n());
    double ha = Contingency.entropy(table.rowSums(), table.n());
    double hb = Contingency.entropy(table.columnSums(), table.n());
    boolean bothWhole = table.rows() <= 1 && table.columns() <= 1;
    double nmi = bothWhole ? 1 : mi == 0 ? 0 : mi / ((ha + hb) / 2);
    return new Agreement(
        table.n(),
        mi,
        emi,
        ha,
        hb,
        adjusted(mi, emi, ha, hb),
        nmi,
        table.adjustedRand(),
        ha == 0 ? 1 : mi / ha,
        hb == 0 ? 1 : mi / hb);
  }

  /** The adjusted Rand index alone, without the terms of the expected mutual information. O(n). */
  public static double adjustedRand(int[] a, int[] b) {
    return Contingency.of(a, b).adjustedRand();
  }

  /**
   * Adjusted mutual information from its parts, with the conventions of the degenerate cases: where
   * only one labelling has these cluster sizes (both one cluster, or both all singletons) it agrees
   * with itself.
   */
  static double adjusted(double mi, double emi, double ha, double hb) {
    double mean = (ha + hb) / 2;
    if (mean == 0) {
      return 1;
    }
    if (ha == 0 || hb == 0) {
      return 0;
    }
    double room = mean - emi;
    return room <= 1e-10 * mean ? 1 : (mi - emi) / room;
  }
}
