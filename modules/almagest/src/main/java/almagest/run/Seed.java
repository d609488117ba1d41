package almagest.run;

import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * A seed that is split by name: every random choice of a run descends from the one {@code --seed},
 * and the numbers that one part draws do not change when another part draws more.
 */
public record Seed(long value) {
  /** The seed of a part, e.g. {@code seed.split("k-means").split(restart)}. */
  public Seed split(String name) {
    long h = 0xcbf29ce484222325L ^ value;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      h = (h ^ (b & 0xff)) * 0x100000001b3L;
    }
    return new Seed(mix(h + 0x9e3779b97f4a7c15L));
  }

  /** The seed of the i-th of many equal parts. */
  public Seed split(long i) {
    return new Seed(mix(value + 0x9e3779b97f4a7c15L * (i + 1)));
  }

  /** A fresh generator that always begins at the same place; not safe to share between threads. */
  public RandomGenerator generator() {
    return RandomGeneratorFactory.<RandomGenerator>of("L64X128MixRandom").create(value);
  }

  /** The finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
