package almagest.stat;

import java.util.Arrays;

/**
 * The mean recall over the classes that occur in the truth; a class that was only guessed counts
 * for nothing. Guessing without knowledge scores 1/classes on average, whatever the class sizes.
 *
 * @param value the mean recall; NaN for no samples
 * @param adjusted (value − 1/classes) / (1 − 1/classes): 0 for ignorance, 1 for perfection; NaN
 *     when the truth has one class
 * @param accuracy the plain share of right guesses
 * @param classes how many classes occur in the truth
 */
public record BalancedAccuracy(double value, double adjusted, double accuracy, int classes) {

  public static BalancedAccuracy of(int[] truth, int[] guess) {
    if (truth.length != guess.length) {
      throw new IllegalArgumentException(truth.length + " truths, " + guess.length + " guesses");
    }
    int[] distinct = Arrays.stream(truth).sorted().distinct().toArray();
    long[] members = new long[distinct.length];
    long[] right = new long[distinct.length];
    long all = 0;
    for (int i = 0; i < truth.length; i++) {
      int c = Arrays.binarySearch(distinct, truth[i]);
      members[c]++;
      if (truth[i] == guess[i]) {
        right[c]++;
        all++;
      }
    }
    double sum = 0;
    for (int c = 0; c < distinct.length; c++) {
      sum += (double) right[c] / members[c];
    }
    double value = sum / distinct.length;
    double chance = 1.0 / distinct.length;
    return new BalancedAccuracy(
        value,
        distinct.length < 2 ? Double.NaN : (value - chance) / (1 - chance),
        (double) all / truth.length,
        distinct.length);
  }
}
