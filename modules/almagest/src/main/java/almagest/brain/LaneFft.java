package almagest.brain;

import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@value #LANES} complex Fourier transforms of one length side by side: element p of transform l
 * lies at {@code p · LANES + l} of a real and an imaginary array, so every step works on whole
 * vectors. Each radix is a method with its own loops: the compiler takes only so much into one.
 * Stockham's self-sorting form with radices 4, 2 and 3 (Van Loan 1992, section 1.7).
 */
final class LaneFft {
  static final int LANES = 16;
  private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
  private static final int[] RADICES = {4, 2, 3};

  private final int length;
  private final int[] radices;
  private final double[] cos;
  private final double[] sin;

  /**
   * @param length a product of 2s and 3s
   */
  LaneFft(int length) {
    this.length = length;
    int[] found = new int[32];
    int count = 0;
    int rest = length;
    for (int r : RADICES) {
      while (rest % r == 0) {
        found[count++] = r;
        rest /= r;
      }
    }
    if (rest != 1) {
      throw new IllegalArgumentException("a length of " + length + " has a factor above 3");
    }
    radices = Arrays.copyOf(found, count);
    cos = new double[length];
    sin = new double[length];
    for (int i = 0; i < length; i++) {
      cos[i] = Math.cos(2 * Math.PI * i / length);
      sin[i] = -Math.sin(2 * Math.PI * i / length);
    }
  }

  /** The smallest multiple of 4 of at least {@code least} that is a product of 2s and 3s. */
  static int goodLength(int least) {
    for (int length = (least + 3) / 4 * 4; ; length += 4) {
      int rest = length;
      for (int r : new int[] {2, 3}) {
        while (rest % r == 0) {
          rest /= r;
        }
      }
      if (rest == 1) {
        return length;
      }
    }
  }

  int length() {
    return length;
  }

  /**
   * The forward transforms, Σ x_p e^{−2πi kp/n}, in place; swap the two arrays for the inverse
   * times n.
   *
   * @param re [length · LANES]
   * @param im as long
   * @param scratchRe as long, overwritten
   * @param scratchIm as long, overwritten
   */
  void transform(double[] re, double[] im, double[] scratchRe, double[] scratchIm) {
    double[] ar = re;
    double[] ai = im;
    double[] br = scratchRe;
    double[] bi = scratchIm;
    int n = length;
    int stride = 1;
    for (int radix : radices) {
      int m = n / radix;
      // Twiddles w^{jp} with w = e^{−2πi/n}; the table is of the whole length.
      int turn = length / n;
      switch (radix) {
        case 4 -> four(ar, ai, br, bi, m, stride, turn);
        case 2 -> two(ar, ai, br, bi, m, stride, turn);
        default -> three(ar, ai, br, bi, m, stride, turn);
      }
      double[] kept = ar;
      ar = br;
      br = kept;
      kept = ai;
      ai = bi;
      bi = kept;
      n = m;
      stride *= radix;
    }
    if (radices.length % 2 == 1) {
      System.arraycopy(ar, 0, re, 0, length * LANES);
      System.arraycopy(ai, 0, im, 0, length * LANES);
    }
  }

  private void two(
      double[] ar, double[] ai, double[] br, double[] bi, int m, int stride, int turn) {
    int to = stride * LANES;
    int step = m * to;
    for (int p = 0; p < m; p++) {
      int w = p * turn;
      int in = p * to;
      int out = 2 * p * to;
      double c = cos[w];
      double s = sin[w];
      for (int l = 0; l < to; l += SPECIES.length()) {
        DoubleVector r0 = load(ar, in + l);
        DoubleVector i0 = load(ai, in + l);
        DoubleVector r1 = load(ar, in + step + l);
        DoubleVector i1 = load(ai, in + step + l);
        r0.add(r1).intoArray(br, out + l);
        i0.add(i1).intoArray(bi, out + l);
        DoubleVector dr = r0.sub(r1);
        DoubleVector di = i0.sub(i1);
        dr.mul(c).sub(di.mul(s)).intoArray(br, out + to + l);
        dr.mul(s).add(di.mul(c)).intoArray(bi, out + to + l);
      }
    }
  }

  private void four(
      double[] ar, double[] ai, double[] br, double[] bi, int m, int stride, int turn) {
    int to = stride * LANES;
    int step = m * to;
    for (int p = 0; p < m; p++) {
      int w = p * turn;
      int in = p * to;
      int out = 4 * p * to;
      double c1 = cos[w];
      double s1 = sin[w];
      double c2 = cos[2 * w];
      double s2 = sin[2 * w];
      double c3 = cos[3 * w];
      double s3 = sin[3 * w];
      for (int l = 0; l < to; l += SPECIES.length()) {
        DoubleVector r0 = load(ar, in + l);
        DoubleVector i0 = load(ai, in + l);
        DoubleVector r1 = load(ar, in + step + l);
        DoubleVector i1 = load(ai, in + step + l);
        DoubleVector r2 = load(ar, in + 2 * step + l);
        DoubleVector i2 = load(ai, in + 2 * step + l);
        DoubleVector r3 = load(ar, in + 3 * step + l);
        DoubleVector i3 = load(ai, in + 3 * step + l);
        DoubleVector sr02 = r0.add(r2);
        DoubleVector si02 = i0.add(i2);
        DoubleVector dr02 = r0.sub(r2);
        DoubleVector di02 = i0.sub(i2);
        DoubleVector sr13 = r1.add(r3);
        DoubleVector si13 = i1.add(i3);
        DoubleVector dr13 = r1.sub(r3);
        DoubleVector di13 = i1.sub(i3);
        sr02.add(sr13).intoArray(br, out + l);
        si02.add(si13).intoArray(bi, out + l);
        // −i (a1 − a3) = (di13, −dr13)
        store(dr02.add(di13), di02.sub(dr13), c1, s1, br, bi, out + to + l);
        store(sr02.sub(sr13), si02.sub(si13), c2, s2, br, bi, out + 2 * to + l);
        store(dr02.sub(di13), di02.add(dr13), c3, s3, br, bi, out + 3 * to + l);
      }
    }
  }

  private void three(
      double[] ar, double[] ai, double[] br, double[] bi, int m, int stride, int turn) {
    int to = stride * LANES;
    int step = m * to;
    double half = -0.5;
    double root = -Math.sqrt(3) / 2;
    for (int p = 0; p < m; p++) {
      int w = p * turn;
      int in = p * to;
      int out = 3 * p * to;
      for (int l = 0; l < to; l += SPECIES.length()) {
        DoubleVector r0 = load(ar, in + l);
        DoubleVector i0 = load(ai, in + l);
        DoubleVector r1 = load(ar, in + step + l);
        DoubleVector i1 = load(ai, in + step + l);
        DoubleVector r2 = load(ar, in + 2 * step + l);
        DoubleVector i2 = load(ai, in + 2 * step + l);
        DoubleVector sr = r1.add(r2);
        DoubleVector si = i1.add(i2);
        r0.add(sr).intoArray(br, out + l);
        i0.add(si).intoArray(bi, out + l);
        DoubleVector mr = r0.add(sr.mul(half));
        DoubleVector mi = i0.add(si.mul(half));
        // i · root · (a1 − a2)
        DoubleVector er = i1.sub(i2).mul(-root);
        DoubleVector ei = r1.sub(r2).mul(root);
        store(mr.add(er), mi.add(ei), cos[w], sin[w], br, bi, out + to + l);
        store(mr.sub(er), mi.sub(ei), cos[2 * w], sin[2 * w], br, bi, out + 2 * to + l);
      }
    }
  }

  private static DoubleVector load(double[] a, int at) {
    return DoubleVector.fromArray(SPECIES, a, at);
  }

  private static void store(
      DoubleVector re, DoubleVector im, double c, double s, double[] br, double[] bi, int at) {
    re.mul(c).sub(im.mul(s)).intoArray(br, at);
    re.mul(s).add(im.mul(c)).intoArray(bi, at);
  }
}
