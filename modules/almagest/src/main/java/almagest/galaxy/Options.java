package almagest.galaxy;

import almagest.run.InputException;

/**
 * What an analysis of the cloud does.
 *
 * @param sample rows that neighbour statistics are made of, drawn without replacement; smaller
 *     clouds are used whole. Default 5000, as published.
 * @param dimension principal components that entropies are made of; cut to what the sample carries.
 *     Default 100, as published.
 * @param k the neighbour of the headline entropy, 1 … maxK. Default 1, as published.
 * @param maxK the last neighbour of the sweep. Default 10.
 * @param entropyDraws Gaussian clouds of each entropy null. Default 20.
 * @param spectrumDraws structureless clouds of each spectrum null; 0, the default, for 20 of small
 *     clouds and fewer of large ones, down to one shuffle.
 * @param splits how often the rows are cut in two for intervals of slope and volume. Default 10.
 * @param resamples of the published estimator. Default 30.
 */
public record Options(
    int sample,
    int dimension,
    int k,
    int maxK,
    int entropyDraws,
    int spectrumDraws,
    int splits,
    int resamples) {
  public Options {
    atLeast("sample", sample, 10);
    atLeast("dimension", dimension, 1);
    atLeast("k", k, 1);
    atLeast("max-k", maxK, k);
    atLeast("entropy-draws", entropyDraws, 2);
    if (spectrumDraws != 0) {
      atLeast("spectrum-draws", spectrumDraws, 2);
    }
    atLeast("splits", splits, 1);
    atLeast("resamples", resamples, 2);
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new InputException("--" + name + ": expected at least " + least + ", found " + value);
    }
  }

  public static Options defaults() {
    return new Options(5000, 100, 1, 10, 20, 0, 10, 30);
  }

  public Options withSample(int rows) {
    return new Options(rows, dimension, k, maxK, entropyDraws, spectrumDraws, splits, resamples);
  }

  public Options withDimension(int components) {
    return new Options(sample, components, k, maxK, entropyDraws, spectrumDraws, splits, resamples);
  }

  public Options withK(int neighbour) {
    return new Options(
        sample,
        dimension,
        neighbour,
        Math.max(maxK, neighbour),
        entropyDraws,
        spectrumDraws,
        splits,
        resamples);
  }

  /** How many clouds each null is made of. */
  public Options withDraws(int entropy, int spectrum) {
    return new Options(sample, dimension, k, maxK, entropy, spectrum, splits, resamples);
  }

  public Options withSplits(int count) {
    return new Options(sample, dimension, k, maxK, entropyDraws, spectrumDraws, count, resamples);
  }

  public Options withResamples(int count) {
    return new Options(sample, dimension, k, maxK, entropyDraws, spectrumDraws, splits, count);
  }
}
