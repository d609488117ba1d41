package almagest.brain;

/**
 * How the points of a map push each other apart: for all i the sums over j ≠ i of (y_i − y_j) / (1
 * + |y_i − y_j|²)², and Z = Σ_{i ≠ j} 1 / (1 + |y_i − y_j|²).
 */
sealed interface Repulsion permits ExactRepulsion, MeshRepulsion {
  /**
   * @param x first coordinates [n]
   * @param y second coordinates [n]
   * @param pushX receives the sums' first coordinates
   * @param pushY receives the second
   * @return Z
   */
  double at(double[] x, double[] y, double[] pushX, double[] pushY);
}
