package almagest.feature;

import almagest.format.Json;
import almagest.run.Provenance;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code sae-eval.json}: how faithful an SAE is on activations that it was not trained on, beside
 * what principal components and random directions do with as many numbers per token.
 *
 * @param heldOut on the held-out documents
 * @param pca null where nothing was there to fit it on
 * @param random an SAE of random directions at the same L0, on the same documents; null when not
 *     made
 * @param trainTokens how many rows training saw, repetitions counted; 0 for a published SAE
 * @param curve the loss of training; empty for a published SAE
 */
public record SaeReport(
    Sae sae,
    SaeEvaluation heldOut,
    @Nullable PcaBaseline pca,
    @Nullable SaeEvaluation random,
    long trainTokens,
    List<SaeTrainer.LossPoint> curve) {

  public ObjectNode json(Provenance provenance) {
    ObjectNode root = Json.object();
    root.set("almagest", Json.tree(provenance));
    root.put("d_model", sae.dModel());
    root.put("d_sae", sae.dSae());
    root.put("architecture", sae.weights().rule().architecture());
    root.put("model", sae.info().model());
    root.put("hook", sae.info().hook());
    root.set("notes", Json.tree(sae.info().notes()));
    root.set("held_out", figures(heldOut));
    if (pca != null) {
      ObjectNode node = root.putObject("pca");
      node.put("components", pca.components());
      node.put("fvu", pca.fvu());
      node.put("explained_variance", pca.explainedVariance());
    }
    if (random != null) {
      root.set("random_directions", figures(random));
    }
    root.put("train_tokens", trainTokens);
    root.set("loss_curve", Json.tree(curve));
    return root;
  }

  /** The figures of an evaluation under the names the field uses. */
  public static ObjectNode figures(SaeEvaluation e) {
    ObjectNode node = Json.object();
    node.put("tokens", e.tokens());
    node.put("l0", e.l0());
    node.put("l1", e.l1());
    node.put("sse_per_token", e.ssePerToken());
    node.put("mse", e.mse());
    node.put("fvu", e.fvu());
    node.put("explained_variance", e.explainedVariance());
    node.put("explained_variance_per_token", e.explainedVariancePerToken());
    node.put("cosine", e.cosine());
    node.put("dead_fraction", e.deadFraction());
    return node;
  }

  /** Those, and what becomes of the model's loss. */
  public static ObjectNode figures(ModelEvaluation e) {
    ObjectNode node = figures(e.figures());
    LossRecovered loss = e.loss();
    if (loss != null) {
      node.put("ce_clean", loss.ceClean());
      node.put("ce_spliced", loss.ceSpliced());
      node.put("ce_zero", loss.ceZero());
      node.put("ce_mean", loss.ceMean());
      node.put("kl_spliced", loss.klSpliced());
      node.put("kl_zero", loss.klZero());
      node.put("ce_recovered", loss.ceRecovered());
      node.put("ce_recovered_against_mean", loss.ceRecoveredAgainstMean());
      node.put("kl_recovered", loss.klRecovered());
    }
    return node;
  }

  public void write(Path file, Provenance provenance) {
    Json.write(file, json(provenance));
  }
}
