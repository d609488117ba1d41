package almagest.galaxy;

import almagest.linalg.Pca;
import almagest.stat.LineFit;
import java.util.Arrays;

/**
 * The eigenvalues of a cloud's covariance and what is read off them. All are statistics of a sample
 * of n rows: with d / n not small the spectrum of n rows is steeper than that of the population
 * (see {@link MarchenkoPastur}), so only clouds of equal n and d can be compared without a null.
 *
 * @param n rows of the cloud
 * @param eigenvalues [d], descending, none negative
 */
public record Spectrum(int n, double[] eigenvalues) {
  public Spectrum {
    for (int i = 0; i < eigenvalues.length; i++) {
      if (!(eigenvalues[i] >= 0) || (i > 0 && eigenvalues[i] > eigenvalues[i - 1])) {
        throw new IllegalArgumentException(
            "eigenvalue " + i + " is " + eigenvalues[i] + ", expected descending and not negative");
      }
    }
  }

  /** How many eigenvalues are above rounding. */
  public int rank() {
    return Pca.rank(eigenvalues, n);
  }

  /** The sum, in the cloud's units squared. */
  public double trace() {
    return Arrays.stream(eigenvalues).sum();
  }

  /**
   * (Σλ)² / Σλ²: d for equal eigenvalues, 1 for one direction; NaN for a cloud of one point. Biased
   * down: its inverse comes out larger than the population's by about 1 / n.
   */
  public double participationRatio() {
    double squares = Arrays.stream(eigenvalues).map(v -> v * v).sum();
    double trace = trace();
    return trace * trace / squares;
  }

  /** Σλ / λ₁, the stable rank of the centred cloud; NaN for a cloud of one point. */
  public double stableRank() {
    return trace() / eigenvalues[0];
  }

  /**
   * Least squares of log₁₀ λ on log₁₀ rank over a window, every rank weighing the same, as
   * published; alpha is minus the slope. Its interval supposes independent residuals, which ordered
   * eigenvalues do not have.
   */
  public LineFit powerLaw(Window window) {
    int size = window.size();
    double[] x = new double[size];
    double[] y = new double[size];
    for (int i = 0; i < size; i++) {
      x[i] = Math.log10(window.first() + i);
      y[i] = Math.log10(eigenvalues[window.first() - 1 + i]);
    }
    return LineFit.of(x, y);
  }

  /**
   * As {@link #powerLaw}, through the means of log rank and log λ in bins of equal width in log
   * rank, ten a decade, every bin weighing the same; so the many ranks at the far end do not
   * outvote the few at the near one. NaN for a window of fewer than two bins.
   */
  public double logBinnedSlope(Window window) {
    int bins = 0;
    double[] x = new double[window.size()];
    double[] y = new double[window.size()];
    int rank = window.first();
    while (rank <= window.last()) {
      int bin = bin(rank);
      int count = 0;
      for (; rank <= window.last() && bin(rank) == bin; rank++) {
        x[bins] += Math.log10(rank);
        y[bins] += Math.log10(eigenvalues[rank - 1]);
        count++;
      }
      x[bins] /= count;
      y[bins++] /= count;
    }
    return bins < 2
        ? Double.NaN
        : LineFit.of(Arrays.copyOf(x, bins), Arrays.copyOf(y, bins)).slope();
  }

  private static int bin(int rank) {
    return (int) Math.floor(10 * Math.log10(rank) + 1e-9);
  }

  /**
   * Σ ln λ over a window: the log determinant there, twice the log of the volume's side product.
   */
  public double logVolume(Window window) {
    double sum = 0;
    for (int r = window.first(); r <= window.last(); r++) {
      sum += Math.log(eigenvalues[r - 1]);
    }
    return sum;
  }
}
