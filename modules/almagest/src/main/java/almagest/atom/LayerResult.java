package almagest.atom;

import almagest.format.Json;
import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything about relations in one set of word vectors: crystals and analogies.
 *
 * @param differences of the relations that took part; null when crystals were not measured
 * @param layer null when crystals were not measured
 * @param skipped why not; empty otherwise
 * @param ofPairs analogies of each relation that took part: every pair (at most 500) is asked with
 *     the next pair as its example
 * @param asked analogies of each category of questions
 * @param words how many words could be answers
 */
public record LayerResult(
    @Nullable Differences differences,
    Crystals.@Nullable Layer layer,
    String skipped,
    Map<String, Analogies.Score> ofPairs,
    Map<String, Analogies.Score> asked,
    int words) {
  /** Relations ask at most so many of their own pairs. */
  private static final int QUESTIONS = 500;

  /**
   * Measures.
   *
   * @param set its relations of too few pairs are left out already
   * @param vectors [words, d]
   * @param traits of the words
   */
  public static LayerResult of(
      RelationSet set,
      FloatMatrix vectors,
      Traits traits,
      Crystals.Options options,
      Workers workers,
      Progress progress) {
    Analogies analogies = new Analogies(vectors);
    Map<String, Analogies.Score> asked = new LinkedHashMap<>();
    set.questions().forEach((name, list) -> asked.put(name, analogies.ask(list, workers)));
    if (set.relations().size() < 3 && !asked.isEmpty()) {
      return new LayerResult(
          null,
          null,
          "crystals need at least 3 relations of %d pairs or more, found %d"
              .formatted(options.leastPairs(), set.relations().size()),
          Map.of(),
          asked,
          set.words().size());
    }
    Differences differences = set.differences(vectors);
    Crystals.Layer layer =
        Crystals.measure(
            differences, traits.differences(set.side(0), set.side(1)), options, workers, progress);
    Map<String, Analogies.Score> ofPairs = new LinkedHashMap<>();
    for (RelationSet.Numbered r : set.relations()) {
      ofPairs.put(r.name(), analogies.ask(questions(r.pairs()), workers));
    }
    return new LayerResult(differences, layer, "", ofPairs, asked, set.words().size());
  }

  /** Each pair with the next as its example, where d is none of the other three. */
  private static List<Analogies.Question> questions(List<int[]> pairs) {
    List<Analogies.Question> questions = new ArrayList<>();
    for (int q = 0; q < pairs.size() && questions.size() < QUESTIONS; q++) {
      int[] example = pairs.get((q + 1) % pairs.size());
      int[] own = pairs.get(q);
      if (own[1] != example[0] && own[1] != example[1] && own[1] != own[0]) {
        questions.add(new Analogies.Question(example[0], example[1], own[0], own[1]));
      }
    }
    return questions;
  }

  /** As a layer of {@code crystals.json}; NaN is null. */
  public ObjectNode toJson() {
    ObjectNode node = layer == null ? Json.object() : layer.toJson();
    if (layer == null) {
      node.put("skipped", skipped);
    } else {
      for (var relation : node.get("relations")) {
        Analogies.Score score = ofPairs.get(relation.get("name").asText());
        if (score != null) {
          ((ObjectNode) relation).set("analogy", analogy(score));
        }
      }
    }
    if (!asked.isEmpty()) {
      ObjectNode all = node.putObject("analogies");
      all.put("words", words);
      ArrayNode categories = all.putArray("categories");
      Analogies.Score sum = new Analogies.Score(0, 0, 0, 0, 0);
      for (Map.Entry<String, Analogies.Score> e : asked.entrySet()) {
        ObjectNode category = Json.object().put("name", e.getKey());
        category.setAll(analogy(e.getValue()));
        categories.add(category);
        sum = sum.plus(e.getValue());
      }
      all.set("all", analogy(sum));
    }
    return node;
  }

  private static ObjectNode analogy(Analogies.Score s) {
    ObjectNode node = Json.object();
    node.put("questions", s.questions());
    node.put("accuracy", s.share(s.threeCosAdd()));
    node.put("without_offset", s.share(s.withoutOffset()));
    node.put("three_cos_add", s.threeCosAdd());
    node.put("three_cos_mul", s.threeCosMul());
    node.put("pair_direction", s.pairDirection());
    node.put("nearest_to_c", s.withoutOffset());
    return node;
  }
}
