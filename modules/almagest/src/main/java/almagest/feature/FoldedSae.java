package almagest.feature;

import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import java.util.ArrayList;
import java.util.List;

/**
 * Decoder rows made unit length without changing the reconstruction: feature j is multiplied by
 * |W_dec row j|, and so are its encoder, its biases and its threshold (SAELens' {@code
 * fold_W_dec_norm}). Activations of different features can then be compared.
 */
final class FoldedSae {
  private FoldedSae() {}

  static Sae of(Sae sae) {
    Sae.Weights w = sae.weights();
    double[] norms = sae.decoderNorms();
    float[] factor = new float[norms.length];
    for (int j = 0; j < factor.length; j++) {
      // A row of length 0 decodes to nothing; its feature stays as it is.
      factor[j] = norms[j] == 0 ? 1 : (float) norms[j];
    }
    boolean encoderToo =
        switch (w.rule()) {
          case Relu r -> true;
          case JumpRelu j -> true;
          // The gate looks at the product as it is; only the magnitude grows.
          case Gated g -> false;
          case TopK t -> {
            if (t.scale() == null) {
              throw new InputException(
                  "the lengths of the decoder rows cannot be folded into a TopK SAE without"
                      + " rescale_acts_by_decoder_norm: other features would be the k largest");
            }
            yield true;
          }
        };
    ActivationRule rule =
        switch (w.rule()) {
          case Relu r -> new Relu(times(r.bEnc(), factor));
          case JumpRelu j -> new JumpRelu(times(j.bEnc(), factor), times(j.threshold(), factor));
          case Gated g ->
              new Gated(g.bGate(), times(g.magnitude(), factor), times(g.bMag(), factor));
          case TopK t -> new TopK(t.k(), times(t.bEnc(), factor), null);
        };
    List<String> notes = new ArrayList<>(sae.info().notes());
    notes.add("the lengths of the decoder rows are folded into the features");
    SaeInfo info = sae.info();
    return new Sae(
        new Sae.Weights(
            encoderToo ? scaledFeatures(w.wEnc(), w.encoderByFeature(), factor) : w.wEnc(),
            w.encoderByFeature(),
            scaledFeatures(w.wDec(), true, inverse(factor)),
            w.bDec(),
            rule,
            w.norm(),
            w.scale(),
            w.subtractBDec()),
        new SaeInfo(info.format(), info.model(), info.hook(), info.details(), notes));
  }

  private static float[] inverse(float[] factor) {
    float[] inverse = new float[factor.length];
    for (int j = 0; j < factor.length; j++) {
      inverse[j] = 1 / factor[j];
    }
    return inverse;
  }

  private static float[] times(float[] values, float[] factor) {
    float[] product = new float[values.length];
    for (int j = 0; j < product.length; j++) {
      product[j] = values[j] * factor[j];
    }
    return product;
  }

  private static FloatMatrix scaledFeatures(FloatMatrix from, boolean byFeature, float[] factor) {
    FloatMatrix to = FloatMatrix.zeros(from.rows(), from.columns());
    float[] row = new float[from.columns()];
    for (int r = 0; r < from.rows(); r++) {
      from.copyRow(r, row);
      for (int i = 0; i < row.length; i++) {
        row[i] *= factor[byFeature ? r : i];
      }
      to.setRow(r, row);
    }
    return to;
  }
}
