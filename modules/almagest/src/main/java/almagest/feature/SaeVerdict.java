package almagest.feature;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether an SAE does on some activations what its maker says. Far off means, nearly always, that
 * the activations are not what it was trained on: another hook point, a normalisation left out, BOS
 * left in.
 *
 * @param expectedL0 what the files or the user say; NaN when nobody does
 * @param expectedVariance likewise, explained variance
 * @param problems empty when nothing is far off
 */
public record SaeVerdict(double expectedL0, double expectedVariance, List<String> problems) {
  /** Where the files of the families say which L0 to expect. */
  private static final List<String> L0_KEYS =
      List.of("l0_in_path", "l0_of_sparsity_file", "k", "training_k");

  public SaeVerdict {
    problems = List.copyOf(problems);
  }

  public boolean good() {
    return problems.isEmpty();
  }

  /**
   * @param l0 what the user expects, or null for what the files say
   * @param variance the explained variance that the user expects, or null
   */
  public static SaeVerdict of(
      Sae sae, SaeEvaluation e, @Nullable Double l0, @Nullable Double variance) {
    double expected = l0 == null ? statedL0(sae.info().details()) : l0;
    List<String> problems = new ArrayList<>();
    if (expected > 0 && (e.l0() > 2 * expected || e.l0() < expected / 2)) {
      problems.add(String.format(Locale.ROOT, "L0 is %.1f, expected about %.1f", e.l0(), expected));
    } else if (e.l0() > sae.dSae() / 4.0) {
      problems.add(
          String.format(
              Locale.ROOT, "L0 is %.1f, a quarter of all %d features or more", e.l0(), sae.dSae()));
    } else if (e.l0() < 1) {
      problems.add(
          String.format(Locale.ROOT, "L0 is %.3f: less than one feature fires per token", e.l0()));
    }
    if (e.explainedVariance() < 0) {
      problems.add(
          String.format(
              Locale.ROOT,
              "explained variance is %.3f: the mean activation is a better reconstruction",
              e.explainedVariance()));
    } else if (variance != null && e.explainedVariance() < variance - 0.1) {
      problems.add(
          String.format(
              Locale.ROOT,
              "explained variance is %.3f, expected about %.3f",
              e.explainedVariance(),
              variance));
    } else if (variance == null && e.explainedVariance() < 0.3) {
      problems.add(
          String.format(
              Locale.ROOT,
              "explained variance is %.3f, seldom so low where all is right",
              e.explainedVariance()));
    }
    return new SaeVerdict(expected, variance == null ? Double.NaN : variance, problems);
  }

  private static double statedL0(Map<String, Object> details) {
    for (String key : L0_KEYS) {
      if (details.get(key) instanceof Number n) {
        return n.doubleValue();
      }
    }
    return Double.NaN;
  }
}
