package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One logistic regression as a function of its parameters. Parameters are [w, d + 1], the intercept
 * last in each row, in standardised coordinates if the options say so; rows of x stay as they are,
 * since z = W (x − μ)/σ + b is V x + c with V = W/σ and c = b − V μ.
 */
final class LogisticProblem {
  private final int d;
  private final int w;
  private final int[] classes;
  private final LogisticRegression.Options options;
  private final double[] mean;
  private final double[] scale;
  private final double totalWeight;
  private final double[] classWeight;
  private final LossPass pass;
  private final double[] inverseDiagonal;
  private final double[] priors;

  LogisticProblem(
      FloatMatrix x,
      int[] y,
      int[] rows,
      int[] classes,
      LogisticRegression.Options options,
      Workers workers) {
    this.d = x.columns();
    this.classes = classes;
    this.w = classes.length == 2 ? 1 : classes.length;
    this.options = options;
    int[] index = new int[rows.length];
    double[] members = new double[classes.length];
    for (int i = 0; i < rows.length; i++) {
      index[i] = Arrays.binarySearch(classes, y[rows[i]]);
      members[index[i]]++;
    }
    classWeight = new double[classes.length];
    priors = new double[classes.length];
    double total = 0;
    for (int c = 0; c < classes.length; c++) {
      classWeight[c] = options.balanced() ? rows.length / (classes.length * members[c]) : 1;
      total += classWeight[c] * members[c];
      priors[c] = classWeight[c] * members[c];
    }
    totalWeight = total;
    ColumnMoments moments = ColumnMoments.of(x, rows, workers);
    mean = new double[d];
    scale = new double[d];
    Arrays.fill(scale, 1);
    if (options.standardised()) {
      for (int j = 0; j < d; j++) {
        mean[j] = moments.mean()[j];
        // A constant column gets scale 0: its weight has no effect and the penalty keeps it at 0.
        double sd = Math.sqrt(moments.variance()[j]);
        scale[j] = sd > 1e-7 * Math.abs(mean[j]) && sd > 0 ? 1 / sd : 0;
      }
    }
    pass =
        w <= RowKernel.WIDEST
            ? new RowKernel(x, rows, index, w, classWeight, workers)
            : new ProductKernel(x, rows, index, w, classWeight, workers);
    inverseDiagonal = diagonal(moments);
  }

  /** The inverse of the Hessian's diagonal at the priors, columns taken as independent of them. */
  private double[] diagonal(ColumnMoments moments) {
    double[] inverse = new double[w * (d + 1)];
    for (int r = 0; r < w; r++) {
      double p = priors[w == 1 ? 1 : r] / totalWeight;
      double curvature = options.c() * totalWeight * p * (1 - p);
      for (int j = 0; j < d; j++) {
        double square =
            options.standardised()
                ? scale[j] == 0 ? 0 : 1
                : moments.variance()[j] + moments.mean()[j] * moments.mean()[j];
        inverse[r * (d + 1) + j] = 1 / (1 + curvature * square);
      }
      inverse[r * (d + 1) + d] = 1 / Math.max(curvature, 1e-300);
    }
    return inverse;
  }

  LogisticFit solve(@Nullable LogisticFit start) {
    double[] parameters = new double[w * (d + 1)];
    if (start != null && Arrays.equals(start.classes(), classes) && start.columns() == d) {
      begin(start, parameters);
    } else if (w == 1) {
      parameters[d] = Math.log(priors[1] / priors[0]);
    } else {
      for (int r = 0; r < w; r++) {
        parameters[r * (d + 1) + d] = Math.log(priors[r] / totalWeight);
      }
    }
    Lbfgs.Result result =
        Lbfgs.minimise(
            this::objective,
            parameters,
            inverseDiagonal,
            options.tolerance() * options.c() * totalWeight,
            pass.noise(),
            options.maxIterations());
    double[] coef = new double[w * d];
    double[] intercept = new double[w];
    raw(parameters, coef, intercept);
    if (w > 1) {
      double shift = Arrays.stream(intercept).average().orElse(0);
      for (int r = 0; r < w; r++) {
        intercept[r] -= shift;
      }
    }
    return new LogisticFit(
        classes,
        d,
        coef,
        intercept,
        result.value(),
        result.iterations(),
        result.gradient() / (options.c() * totalWeight));
  }

  private void begin(LogisticFit start, double[] parameters) {
    for (int r = 0; r < w; r++) {
      double b = start.intercept()[r];
      for (int j = 0; j < d; j++) {
        double v = start.coef()[r * d + j];
        parameters[r * (d + 1) + j] = scale[j] == 0 ? 0 : v / scale[j];
        b += v * mean[j];
      }
      parameters[r * (d + 1) + d] = b;
    }
  }

  /** From parameters to weights and intercepts for rows as they are. */
  private void raw(double[] parameters, double[] coef, double[] intercept) {
    for (int r = 0; r < w; r++) {
      double b = parameters[r * (d + 1) + d];
      for (int j = 0; j < d; j++) {
        double v = parameters[r * (d + 1) + j] * scale[j];
        coef[r * d + j] = v;
        b -= v * mean[j];
      }
      intercept[r] = b;
    }
  }

  private double objective(double[] parameters, double[] gradient) {
    double[] coef = new double[w * d];
    double[] intercept = new double[w];
    raw(parameters, coef, intercept);
    double[] sums = new double[w];
    double[] products = new double[w * d];
    double loss = pass.at(coef, intercept, products, sums);
    double penalty = 0;
    for (int r = 0; r < w; r++) {
      for (int j = 0; j < d; j++) {
        double value = parameters[r * (d + 1) + j];
        penalty += value * value;
        gradient[r * (d + 1) + j] =
            value + options.c() * (products[r * d + j] - sums[r] * mean[j]) * scale[j];
      }
      gradient[r * (d + 1) + d] = options.c() * sums[r];
    }
    return 0.5 * penalty + options.c() * loss;
  }
}
