package almagest.galaxy;

/**
 * A range of ranks of eigenvalues, counted from 1, both ends included.
 *
 * @param first at least 1
 * @param last at least first
 */
public record Window(int first, int last) {
  /** The ranks that the article's script fits. */
  public static final Window PUBLISHED = new Window(11, 150);

  /** "The 100 largest", as its text says. */
  public static final Window LARGEST_100 = new Window(1, 100);

  /** Fewer points than this do not make a line worth a number. */
  private static final int LEAST = 10;

  public Window {
    if (first < 1 || last < first) {
      throw new IllegalArgumentException("ranks " + first + " to " + last);
    }
  }

  public int size() {
    return last - first + 1;
  }

  /**
   * The published window where there are 150 eigenvalues. A smaller spectrum is fitted over the
   * first 25 in every 32 of its ranks, from 11 on (or from 1 when that leaves fewer than 10):
   * beyond them the finite sample bends every spectrum down, structured or not.
   *
   * @param rank how many eigenvalues are above rounding, at least 1
   */
  public static Window published(int rank) {
    return rank >= PUBLISHED.last
        ? PUBLISHED
        : PUBLISHED.within(Math.max(Math.min(3, rank), rank * 25 / 32));
  }

  /**
   * This window cut to the eigenvalues there are; when fewer than 10 are left, the window from rank
   * 1.
   *
   * @param rank how many eigenvalues are above rounding, at least 1
   */
  public Window within(int rank) {
    int end = Math.min(last, rank);
    return end - first + 1 >= Math.min(LEAST, size())
        ? new Window(first, end)
        : new Window(1, Math.min(last, rank));
  }
}
