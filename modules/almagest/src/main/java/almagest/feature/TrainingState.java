package almagest.feature;

import almagest.format.Safetensors;
import almagest.format.Tensor;
import almagest.run.InputException;
import almagest.run.Seed;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * All that training changes, in normalised coordinates y = scale · (x − centre); enough, with the
 * options, to go on with the same bits.
 */
final class TrainingState {
  final int dModel;
  final int dSae;
  final float[] centre;
  final float scale;

  /** [dSae, dModel], one row per feature, each with Adam's two moments. */
  final FloatMatrix wEnc;

  final FloatMatrix wEncM;
  final FloatMatrix wEncV;
  final FloatMatrix wDec;
  final FloatMatrix wDecM;
  final FloatMatrix wDecV;

  /** [3][dSae] and [3][dModel]: value and moments. */
  final float[][] bEnc;

  /** The natural logarithm of JumpReLU's thresholds; unused by TopK. */
  final float[][] logThreshold;

  final float[][] bDec;

  /** The step at which a feature fired last, [dSae]. */
  final long[] lastFired;

  /** Steps done. */
  long step;

  /** Mean |y − ŷ|² and mean |y|² of the last batch. */
  double lastError = 1;

  double lastEnergy = 1;

  private TrainingState(int dModel, int dSae, float[] centre, float scale) {
    this.dModel = dModel;
    this.dSae = dSae;
    this.centre = centre;
    this.scale = scale;
    this.wEnc = FloatMatrix.zeros(dSae, dModel);
    this.wEncM = FloatMatrix.zeros(dSae, dModel);
    this.wEncV = FloatMatrix.zeros(dSae, dModel);
    this.wDec = FloatMatrix.zeros(dSae, dModel);
    this.wDecM = FloatMatrix.zeros(dSae, dModel);
    this.wDecV = FloatMatrix.zeros(dSae, dModel);
    this.bEnc = new float[3][dSae];
    this.logThreshold = new float[3][dSae];
    this.bDec = new float[3][dModel];
    this.lastFired = new long[dSae];
  }

  /**
   * Decoder rows uniform on the sphere, the encoder its transpose, biases 0: b_dec is the centre in
   * raw coordinates.
   */
  static TrainingState fresh(int dModel, int dSae, float[] centre, float scale, Seed seed) {
    TrainingState s = new TrainingState(dModel, dSae, centre, scale);
    RandomGenerator random = seed.split("initial weights").generator();
    float[] row = new float[dModel];
    for (int j = 0; j < dSae; j++) {
      RandomDirections.unit(random, row);
      s.wDec.setRow(j, row);
      s.wEnc.setRow(j, row);
    }
    return s;
  }

  /** JumpReLU's thresholds, [dSae]. */
  float[] thresholds() {
    float[] t = new float[dSae];
    for (int j = 0; j < dSae; j++) {
      t[j] = (float) Math.exp(logThreshold[0][j]);
    }
    return t;
  }

  private Map<String, Tensor> tensors() {
    Map<String, Tensor> t = new TreeMap<>();
    t.put("w_enc", Tensor.of(wEnc));
    t.put("w_enc_m", Tensor.of(wEncM));
    t.put("w_enc_v", Tensor.of(wEncV));
    t.put("w_dec", Tensor.of(wDec));
    t.put("w_dec_m", Tensor.of(wDecM));
    t.put("w_dec_v", Tensor.of(wDecV));
    String[] suffix = {"", "_m", "_v"};
    for (int i = 0; i < 3; i++) {
      t.put("b_enc" + suffix[i], Tensor.of(bEnc[i]));
      t.put("b_dec" + suffix[i], Tensor.of(bDec[i]));
      t.put("log_threshold" + suffix[i], Tensor.of(logThreshold[i]));
    }
    t.put("centre", Tensor.of(centre));
    t.put("last_fired", Tensor.of(lastFired));
    return t;
  }

  /**
   * @param fingerprint what must be the same for the state to be of use
   */
  void write(Path file, String fingerprint, String curve) {
    Safetensors.write(
        file,
        tensors(),
        Map.of(
            "fingerprint",
            fingerprint,
            "curve",
            curve,
            "step",
            Long.toString(step),
            "scale",
            Float.toString(scale),
            "last_error",
            Double.toString(lastError),
            "last_energy",
            Double.toString(lastEnergy)));
  }

  /** A state read back and the loss curve until then. */
  record Resumed(TrainingState state, String curve) {}

  static Resumed read(Path file, String fingerprint) {
    Safetensors in = Safetensors.open(file);
    String found = in.metadata().getOrDefault("fingerprint", "");
    if (!found.equals(fingerprint)) {
      throw InputException.in(
          file,
          "fingerprint",
          "this checkpoint belongs to another training (" + found + "), expected " + fingerprint,
          "delete it, or give the options it was made with");
    }
    float[] centre = in.tensor("centre").floats();
    TrainingState s =
        new TrainingState(
            centre.length,
            (int) in.tensor("b_enc").count(),
            centre,
            Float.parseFloat(in.metadata().getOrDefault("scale", "1")));
    for (Map.Entry<String, Tensor> e : s.tensors().entrySet()) {
      Tensor from = in.tensor(e.getKey());
      if (!Arrays.equals(from.shape(), e.getValue().shape())
          || from.type() != e.getValue().type()) {
        throw InputException.in(
            file, e.getKey(), "found " + from + ", expected " + e.getValue(), "delete the file");
      }
    }
    copy(in, "w_enc", s.wEnc);
    copy(in, "w_enc_m", s.wEncM);
    copy(in, "w_enc_v", s.wEncV);
    copy(in, "w_dec", s.wDec);
    copy(in, "w_dec_m", s.wDecM);
    copy(in, "w_dec_v", s.wDecV);
    String[] suffix = {"", "_m", "_v"};
    for (int i = 0; i < 3; i++) {
      copy(in, "b_enc" + suffix[i], s.bEnc[i]);
      copy(in, "b_dec" + suffix[i], s.bDec[i]);
      copy(in, "log_threshold" + suffix[i], s.logThreshold[i]);
    }
    System.arraycopy(in.tensor("last_fired").longs(), 0, s.lastFired, 0, s.dSae);
    s.step = Long.parseLong(in.metadata().getOrDefault("step", "0"));
    s.lastError = Double.parseDouble(in.metadata().getOrDefault("last_error", "1"));
    s.lastEnergy = Double.parseDouble(in.metadata().getOrDefault("last_energy", "1"));
    return new Resumed(s, in.metadata().getOrDefault("curve", "[]"));
  }

  private static void copy(Safetensors in, String name, FloatMatrix into) {
    MemorySegment.copy(in.tensor(name).data(), 0, into.data(), 0, into.data().byteSize());
  }

  private static void copy(Safetensors in, String name, float[] into) {
    System.arraycopy(in.tensor(name).floats(), 0, into, 0, into.length);
  }
}
