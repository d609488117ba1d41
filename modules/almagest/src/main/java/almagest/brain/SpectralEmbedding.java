package almagest.brain;

import almagest.linalg.BlockLanczos;
import almagest.linalg.Lapack;
import almagest.run.InputException;
import almagest.run.Seed;
import almagest.run.Workers;
import java.util.Arrays;
import java.util.List;

/**
 * The smallest eigenvalues of the normalised Laplacian L = I − D^-½ A D^-½ of an affinity graph,
 * and the coordinates that they give to its nodes: eigenvectors divided entrywise by √degree, the
 * trivial one included, each with the sign that makes its entry of largest magnitude positive. An
 * isolated node counts as degree 1 and has L_ii = 1. This is scikit-learn's spectral embedding.
 *
 * <p>Reference: von Luxburg, "A tutorial on spectral clustering" (2007), the random-walk version.
 *
 * @param size nodes, n
 * @param dimensions coordinates, d
 * @param eigenvalues of the Laplacian, ascending; d or more
 * @param coordinates [n × d], row-major
 * @param degrees weighted degrees [n]
 * @param residuals ‖L v − λ v‖ of the d pairs; 0 where a full solver found them
 * @param products vectors that the graph was multiplied by; 0 where a full solver found them
 */
public record SpectralEmbedding(
    int size,
    int dimensions,
    double[] eigenvalues,
    double[] coordinates,
    double[] degrees,
    double[] residuals,
    int products) {
  /** Relative to the largest eigenvalue of the affinity besides the trivial one. */
  private static final double TOLERANCE = 1e-6;

  /** A full solver takes over when more than one in so many eigenvectors is wanted. */
  static final int LARGE_PART = 6;

  /** So few nodes leave a Krylov basis no room. */
  private static final int SMALL = 128;

  /**
   * Embeds a graph.
   *
   * @param dimensions how many coordinates, 1 … n; one embedding serves every k up to it
   * @param seed of the solver's first vectors
   * @throws InputException when dimensions exceeds n or no node has an edge
   */
  public static SpectralEmbedding of(
      AffinityGraph graph, int dimensions, Seed seed, Workers workers) {
    int n = graph.size();
    if (dimensions < 1 || dimensions > n) {
      throw new InputException("cannot make " + dimensions + " lobes of " + n + " features");
    }
    double[] degrees = graph.degrees();
    double[] root = new double[n];
    double volume = 0;
    for (int i = 0; i < n; i++) {
      if (!(degrees[i] >= 0) || Double.isInfinite(degrees[i])) {
        throw new InputException(
            "feature "
                + i
                + " has a summed affinity of "
                + degrees[i]
                + ", expected a number from 0; are there NaN or negative affinities?");
      }
      root[i] = degrees[i] > 0 ? Math.sqrt(degrees[i]) : 1;
      volume += degrees[i];
    }
    if (volume == 0) {
      throw new InputException("no two features have any affinity; are all of them dead?");
    }
    // A Krylov basis holds a few times the vectors wanted: with many of them a full solver is less.
    return graph instanceof DenseGraph || dimensions > n / LARGE_PART || n <= SMALL
        ? leading(new NormalisedGraph(graph, root), dimensions, degrees, workers)
        : iterative(graph, dimensions, degrees, root, volume, seed, workers);
  }

  /** The largest eigenvectors of the normalised affinity by a full solver: 8 n² bytes. */
  private static SpectralEmbedding leading(
      NormalisedGraph graph, int dimensions, double[] degrees, Workers workers) {
    int n = graph.size();
    Lapack.Eigen eigen = Lapack.largest(graph.dense(workers), dimensions, workers);
    double[] values = new double[n];
    for (int j = 0; j < n; j++) {
      values[j] = 1 - eigen.values()[n - 1 - j];
    }
    double[] coordinates = new double[Math.multiplyExact(n, dimensions)];
    for (int j = 0; j < dimensions; j++) {
      put(eigen.vectors()[dimensions - 1 - j], graph.root(), coordinates, j, dimensions);
    }
    return new SpectralEmbedding(
        n, dimensions, values, coordinates, degrees, new double[dimensions], 0);
  }

  private static SpectralEmbedding iterative(
      AffinityGraph graph,
      int dimensions,
      double[] degrees,
      double[] root,
      double volume,
      Seed seed,
      Workers workers) {
    int n = graph.size();
    double[] trivial = new double[n];
    for (int i = 0; i < n; i++) {
      trivial[i] = degrees[i] > 0 ? root[i] / Math.sqrt(volume) : 0;
    }
    double[] values = new double[dimensions];
    double[] residuals = new double[dimensions];
    double[] coordinates = new double[Math.multiplyExact(n, dimensions)];
    put(trivial, root, coordinates, 0, dimensions);
    int products = 0;
    if (dimensions > 1) {
      BlockLanczos.Result found =
          BlockLanczos.largest(
              new NormalisedGraph(graph, root),
              dimensions - 1,
              List.of(trivial),
              BlockLanczos.Options.of(dimensions - 1, TOLERANCE),
              seed.split("eigenvectors"),
              workers);
      products = found.products();
      double[] vector = new double[n];
      for (int j = 1; j < dimensions; j++) {
        for (int i = 0; i < n; i++) {
          vector[i] = found.vectors().get(i, j - 1);
        }
        put(vector, root, coordinates, j, dimensions);
        values[j] = 1 - found.values()[j - 1];
        residuals[j] = found.residuals()[j - 1];
      }
    }
    return new SpectralEmbedding(n, dimensions, values, coordinates, degrees, residuals, products);
  }

  private static void put(
      double[] vector, double[] root, double[] coordinates, int column, int columns) {
    int n = vector.length;
    double largest = 0;
    for (int i = 0; i < n; i++) {
      double v = vector[i] / root[i];
      coordinates[i * columns + column] = v;
      if (Math.abs(v) > Math.abs(largest)) {
        largest = v;
      }
    }
    if (largest < 0) {
      for (int i = 0; i < n; i++) {
        coordinates[i * columns + column] = -coordinates[i * columns + column];
      }
    }
  }

  /** The first k coordinates of every node [n × k]. */
  public double[] first(int k) {
    if (k == dimensions) {
      return coordinates.clone();
    }
    double[] part = new double[size * k];
    for (int i = 0; i < size; i++) {
      System.arraycopy(coordinates, i * dimensions, part, i * k, k);
    }
    return part;
  }

  /** λ_(k+1) − λ_k: large when k lobes are a natural number; NaN when k + 1 is not known. */
  public double eigengap(int k) {
    return k < eigenvalues.length ? eigenvalues[k] - eigenvalues[k - 1] : Double.NaN;
  }

  /** The smallest eigenvalues, as many as there are up to {@code count}. */
  public double[] smallest(int count) {
    return Arrays.copyOf(eigenvalues, Math.min(count, eigenvalues.length));
  }
}
