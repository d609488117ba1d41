package almagest.atom;

import almagest.format.Json;
import almagest.stat.NullTest;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** A layer of {@code crystals.json}. */
final class CrystalsJson {
  private CrystalsJson() {}

  static ObjectNode of(Crystals.Layer layer) {
    ObjectNode node = Json.object();
    ObjectNode lda = node.putObject("lda");
    lda.put("components", layer.components());
    lda.put("components_possible", layer.fit().components());
    lda.set("between_class_share", Json.tree(layer.fit().ratios()));
    ArrayNode relations = node.putArray("relations");
    layer.relations().forEach(r -> relations.add(relation(r)));
    node.set("silhouette", silhouette(layer.silhouette(), layer.components()));
    node.set("held_out_relations", heldOutRelations(layer.heldOutRelations(), layer.components()));
    ArrayNode variants = node.putArray("variants");
    for (Crystals.Variant v : layer.variants()) {
      ObjectNode variant = variants.addObject();
      variant.put("name", v.name()).put("dropped", v.dropped());
      variant.set("silhouette", silhouette(v.silhouette(), layer.components()));
    }
    node.set("distractors", distractors(layer.distractors()));
    Scatter c = layer.scatter();
    ObjectNode scatter = node.putObject("scatter");
    scatter.set("before", Json.tree(c.before()));
    scatter.set("after", Json.tree(c.after()));
    scatter.set("relation", Json.tree(c.relation()));
    scatter.set("pair", Json.tree(c.pairs()));
    ObjectNode length = length(layer.length());
    length.set("score", Json.tree(layer.length().score()));
    if (layer.tokenLength() != null) {
      length.set("last_token", length(layer.tokenLength()));
    }
    node.set("length", length);
    return node;
  }

  private static ObjectNode length(LengthEffect l) {
    ObjectNode node = Json.object();
    node.put("r", l.r());
    node.set("ci", Json.tree(new double[] {l.lo(), l.hi()}));
    node.put("n", l.n());
    node.put("published_slope", l.publishedSlope());
    node.set("difference", Json.tree(l.length()));
    node.set("groups", Json.tree(l.groups()));
    return node;
  }

  private static ObjectNode relation(RelationQuality r) {
    ObjectNode node = Json.object();
    node.put("name", r.name());
    node.put("pairs", r.pairs());
    node.put("gains", r.gains());
    node.set("before", tested(r.before()));
    node.set("after", tested(r.after()));
    node.set("across_relations", faces(r.across()));
    node.set("across_relations_after", faces(r.acrossAfter()));
    node.set("random_subspace", faces(r.random()));
    node.set("unseen_relation", faces(r.unseen()));
    ObjectNode apart = node.putObject("silhouette");
    apart.put("before", r.apart().before());
    apart.put("held_out", r.apart().heldOut());
    apart.put("random_subspace", r.apart().random());
    apart.set("gain", gain(r.apart().gain()));
    return node;
  }

  private static ObjectNode faces(Faces f) {
    ObjectNode node = Json.object();
    node.putObject("parallelogram_residual").put("median", f.residual());
    node.putObject("trapezoid_cosine").put("median", f.cosine()).put("mean", f.meanCosine());
    node.put("faces", f.faces());
    return node;
  }

  private static ObjectNode tested(RelationQuality.Tested t) {
    ObjectNode node = faces(t.faces());
    node.set("null", test(t.cosine(), 1));
    // Tested as minus the residual, since a small one is good.
    node.set("residual_null", test(t.residual(), -1));
    return node;
  }

  private static ObjectNode test(NullTest test, int sign) {
    ObjectNode n = Json.object();
    n.put("kind", test.kind()).put("mean", sign * test.mean()).put("sd", test.sd());
    n.put("z", test.z()).put("p", test.p()).put("trials", test.trials());
    n.put("effect", sign * test.effect());
    return n;
  }

  private static ObjectNode gain(SilhouetteCurve.Gain g) {
    return Json.object()
        .put("claimed", g.claimed())
        .put("dimensions", g.dimensions())
        .put("mean", g.mean())
        .put("least_fold", g.least());
  }

  private static ObjectNode silhouette(SilhouetteCurve s, int components) {
    ObjectNode node = Json.object();
    node.put("before", s.before().mean());
    node.set("dimensions", Json.tree(s.dimensions()));
    node.set("train", figures(s.train(), SilhouetteCurve.Score::mean));
    node.set("held_out", Json.tree(s.heldOut()));
    node.set("shuffled", Json.tree(s.shuffledHeldOut()));
    node.set("shuffled_train", Json.tree(s.shuffledTrain()));
    node.set("random_subspace", figures(s.random(), SilhouetteCurve.Score::mean));
    node.put("held_out_before", s.beforeFolds(SilhouetteCurve.Score::mean));
    node.set("held_out_random_subspace", Json.tree(s.heldOutRandom()));
    ArrayNode folds = node.putArray("folds");
    for (SilhouetteCurve.Fold f : s.folds()) {
      ObjectNode fold = folds.addObject();
      fold.put("before", f.before().mean());
      fold.set("held_out", figures(f.after(), SilhouetteCurve.Score::mean));
      fold.set("random_subspace", figures(f.random(), SilhouetteCurve.Score::mean));
    }
    ObjectNode means = node.putObject("class_mean");
    means.put("before", s.before().classMean());
    means.set("train", figures(s.train(), SilhouetteCurve.Score::classMean));
    means.set(
        "held_out",
        Json.tree(s.overFolds(SilhouetteCurve.Fold::after, SilhouetteCurve.Score::classMean)));
    means.put("held_out_before", s.beforeFolds(SilhouetteCurve.Score::classMean));
    ObjectNode perClass = node.putObject("per_class");
    perClass.set("before", Json.tree(s.before().perClass()));
    perClass.set(
        "train", Json.tree(s.train().stream().map(SilhouetteCurve.Score::perClass).toList()));
    double[][] held = new double[s.dimensions().length][s.before().perClass().length];
    for (int c = 0; c < s.before().perClass().length; c++) {
      int own = c;
      double[] byDimension =
          s.overFolds(SilhouetteCurve.Fold::after, score -> score.perClass()[own]);
      for (int k = 0; k < held.length; k++) {
        held[k][c] = byDimension[k];
      }
    }
    perClass.set("held_out", Json.tree(held));
    node.set("gain", gain(s.gain(components)));
    return node;
  }

  private static com.fasterxml.jackson.databind.JsonNode figures(
      List<SilhouetteCurve.Score> scores, ToDoubleFunction<SilhouetteCurve.Score> figure) {
    return Json.tree(scores.stream().mapToDouble(figure).toArray());
  }

  private static @Nullable ObjectNode heldOutRelations(HeldOutRelations h, int components) {
    if (h.groups().isEmpty()) {
      return null;
    }
    ObjectNode node = Json.object();
    node.put("groups_that_gain", h.gains(components));
    ArrayNode groups = node.putArray("groups");
    for (HeldOutRelations.Group g : h.groups()) {
      ObjectNode group = groups.addObject();
      group.set("relations", Json.tree(g.relations()));
      group.put("pairs", g.pairs());
      group.put("before", g.before());
      group.set("dimensions", Json.tree(g.dimensions()));
      group.set("held_out", Json.tree(g.after()));
      group.set("random_subspace", Json.tree(g.random()));
    }
    return node;
  }

  private static ObjectNode distractors(Distractors d) {
    ObjectNode node = Json.object();
    node.put("pairs", d.pairs());
    ObjectNode all = node.putObject("all");
    all.put("share_before", d.before().observed());
    all.set("null", test(d.before(), 1));
    all.put("share_after", d.after()).put("chance_after", d.afterChance());
    ArrayNode nuisances = node.putArray("nuisances");
    for (Distractors.Nuisance n : d.nuisances()) {
      ObjectNode nuisance = nuisances.addObject();
      nuisance.put("name", n.name());
      nuisance.put("share_before", n.before().observed());
      nuisance.set("null", test(n.before(), 1));
      nuisance.put("share_after", n.after()).put("chance_after", n.afterChance());
      nuisance.put("removed", n.removed()).put("removed_chance", n.removedChance());
    }
    node.set("constant", Json.tree(d.constant()));
    ArrayNode removed = node.putArray("removed_directions");
    for (Distractors.Direction r : d.removed()) {
      ObjectNode direction = removed.addObject();
      direction.put("share_of_scatter", r.share());
      direction.put("explained_by_nuisances", r.explained());
      ObjectNode r2 = direction.putObject("r_squared");
      ObjectNode carries = direction.putObject("carries");
      for (int j = 0; j < d.nuisances().size(); j++) {
        r2.put(d.nuisances().get(j).name(), r.rSquared()[j]);
        carries.put(d.nuisances().get(j).name(), r.carries()[j]);
      }
    }
    return node;
  }
}
