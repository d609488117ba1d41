package almagest.feature;

import almagest.format.Json;
import almagest.format.Safetensors;
import almagest.format.Tensor;
import almagest.run.Provenance;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes the directory that SAELens 6 loads: W_enc [d_in, d_sae], W_dec [d_sae, d_in] and vectors.
 * A constant factor on the input is folded into the weights, so that features stay as they are.
 */
final class SaeLensWriter {
  private SaeLensWriter() {}

  static void write(Sae sae, Path directory) {
    Sae.Weights w = sae.weights();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    FloatMatrix encoder = w.encoderByFeature() ? Matrices.transpose(w.wEnc()) : w.wEnc();
    float[] bDec = w.bDec();
    FloatMatrix decoder = w.wDec();
    if (w.scale() != 1) {
      // f = rule((s x − b) W + c) = rule((x − b/s) (s W) + c); (f D + b)/s = f (D/s) + b/s.
      encoder = Matrices.scaled(encoder, w.scale());
      decoder = Matrices.scaled(decoder, 1 / w.scale());
      bDec = bDec.clone();
      for (int i = 0; i < bDec.length; i++) {
        bDec[i] /= w.scale();
      }
    }
    tensors.put("W_enc", Tensor.of(encoder));
    tensors.put("W_dec", Tensor.of(decoder));
    tensors.put("b_dec", Tensor.of(bDec));
    ObjectNode cfg = Json.object();
    cfg.put("d_in", sae.dModel());
    cfg.put("d_sae", sae.dSae());
    cfg.put("dtype", "float32");
    cfg.put("device", "cpu");
    cfg.put("apply_b_dec_to_input", w.subtractBDec());
    cfg.put("normalize_activations", w.norm().saeLensName());
    cfg.put("reshape_activations", "none");
    ObjectNode metadata = cfg.putObject("metadata");
    metadata.put("model_name", sae.info().model());
    metadata.put("hook_name", sae.info().hook());
    metadata.put("prepend_bos", true);
    ObjectNode own = metadata.putObject("almagest");
    own.put("version", Provenance.VERSION);
    own.put("format", sae.info().format());
    own.set("details", Json.tree(sae.info().details()));
    own.set("notes", Json.tree(sae.info().notes()));
    cfg.put("architecture", w.rule().architecture());
    switch (w.rule()) {
      case Relu relu -> tensors.put("b_enc", Tensor.of(relu.bEnc()));
      case JumpRelu jump -> {
        tensors.put("b_enc", Tensor.of(jump.bEnc()));
        tensors.put("threshold", Tensor.of(jump.threshold()));
      }
      case TopK topK -> {
        tensors.put("b_enc", Tensor.of(topK.bEnc()));
        cfg.put("k", topK.k());
        cfg.put("rescale_acts_by_decoder_norm", topK.scale() != null);
      }
      case Gated gated -> {
        float[] rMag = gated.magnitude().clone();
        for (int j = 0; j < rMag.length; j++) {
          rMag[j] = (float) Math.log(rMag[j]);
        }
        tensors.put("b_gate", Tensor.of(gated.bGate()));
        tensors.put("r_mag", Tensor.of(rMag));
        tensors.put("b_mag", Tensor.of(gated.bMag()));
      }
    }
    Safetensors.write(directory.resolve("sae_weights.safetensors"), tensors, Map.of());
    Json.write(directory.resolve("cfg.json"), cfg);
  }
}
