package almagest.atom;

import almagest.format.Json;
import almagest.stat.NullTest;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** A layer of {@code crystals.json}. */
final class CrystalsJson {
  private CrystalsJson() {}

  static ObjectNode of(Crystals.Layer layer) {
    ObjectNode node = Json.object();
    ObjectNode lda = node.putObject("lda");
    lda.put("components", layer.components());
    lda.set("between_class_share", Json.tree(layer.ratios()));
    ArrayNode relations = node.putArray("relations");
    layer.relations().forEach(r -> relations.add(relation(r)));
    SilhouetteCurve s = layer.silhouette();
    ObjectNode silhouette = node.putObject("silhouette");
    silhouette.put("before", s.before());
    silhouette.set("dimensions", Json.tree(s.dimensions()));
    silhouette.set("train", Json.tree(s.train()));
    silhouette.set("held_out", Json.tree(s.heldOut()));
    silhouette.set("shuffled", Json.tree(s.shuffledHeldOut()));
    silhouette.set("shuffled_train", Json.tree(s.shuffledTrain()));
    silhouette.set("random_subspace", Json.tree(s.random()));
    Scatter c = layer.scatter();
    ObjectNode scatter = node.putObject("scatter");
    scatter.set("before", Json.tree(c.before()));
    scatter.set("after", Json.tree(c.after()));
    scatter.set("relation", Json.tree(c.relation()));
    scatter.set("pair", Json.tree(c.pairs()));
    LengthEffect l = layer.length();
    ObjectNode length = node.putObject("length");
    length.put("r", l.r());
    length.set("ci", Json.tree(new double[] {l.lo(), l.hi()}));
    length.put("n", l.n());
    length.set("score", Json.tree(l.score()));
    length.set("difference", Json.tree(l.length()));
    return node;
  }

  private static ObjectNode relation(RelationQuality r) {
    ObjectNode node = Json.object();
    node.put("name", r.name());
    node.put("pairs", r.pairs());
    node.put("gains", r.gains());
    node.set("before", faces(r.before(), r.beforeNull()));
    node.set("after", faces(r.after(), r.afterNull()));
    node.set("across_relations", faces(r.across(), null));
    node.set("random_subspace", faces(r.random(), null));
    node.set("unseen_relation", faces(r.unseen(), null));
    ObjectNode analogy = node.putObject("analogy");
    analogy.put("accuracy", r.analogy().accuracy());
    analogy.put("without_offset", r.analogy().withoutOffset());
    analogy.put("questions", r.analogy().questions());
    return node;
  }

  private static ObjectNode faces(Faces f, @org.jspecify.annotations.Nullable NullTest test) {
    ObjectNode node = Json.object();
    node.putObject("parallelogram_residual").put("median", f.residual());
    node.putObject("trapezoid_cosine").put("median", f.cosine()).put("mean", f.meanCosine());
    node.put("faces", f.faces());
    if (test != null) {
      ObjectNode n = node.putObject("null");
      n.put("kind", test.kind()).put("mean", test.mean()).put("sd", test.sd()).put("z", test.z());
      n.put("p", test.p()).put("trials", test.trials()).put("effect", test.effect());
    }
    return node;
  }
}
