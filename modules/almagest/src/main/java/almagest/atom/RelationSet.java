package almagest.atom;

import almagest.corpus.AnalogyQuestion;
import almagest.corpus.Relation;
import almagest.format.Json;
import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Relations and analogy questions over one list of words, which vectors are made of or given for.
 *
 * <p>A pair counts once in a relation: its second copy would be held out from a projection that was
 * fitted to the first.
 *
 * @param words distinct
 * @param relations with at least one pair each, all different
 * @param questions by category
 * @param leftOut what lacks its words, and pairs that stand there before
 */
public record RelationSet(
    List<String> words,
    List<Numbered> relations,
    Map<String, List<Analogies.Question>> questions,
    List<LeftOut> leftOut) {
  public RelationSet {
    words = List.copyOf(words);
    List<LeftOut> out = new ArrayList<>(leftOut);
    List<Numbered> distinct = new ArrayList<>();
    for (Numbered r : relations) {
      distinct.add(r.distinct(words, out));
    }
    relations = List.copyOf(distinct);
    leftOut = List.copyOf(out);
    if (relations.isEmpty() && questions.isEmpty()) {
      throw new InputException(
          "no relation has a pair whose words are both there, and no analogy question its four");
    }
  }

  /**
   * A relation by the numbers of its words.
   *
   * @param pairs [pairs][2] input and output
   * @param source where the pairs come from
   * @param optional whether it may be left out of LDA for want of pairs: those of analogy
   *     categories, and what lost pairs for want of words
   */
  public record Numbered(String name, List<int[]> pairs, String source, boolean optional) {
    public Numbered {
      pairs = List.copyOf(pairs);
    }

    private Numbered distinct(List<String> words, List<LeftOut> out) {
      Map<List<Integer>, int[]> first = new LinkedHashMap<>();
      String example = "";
      for (int[] pair : pairs) {
        for (int w : pair) {
          if (w < 0 || w >= words.size()) {
            throw new InputException(
                "relation \"%s\" names word %d of %d".formatted(name, w, words.size()));
          }
        }
        int[] before = first.putIfAbsent(List.of(pair[0], pair[1]), pair);
        if (before != null && example.isEmpty()) {
          example = words.get(pair[0]) + "\" and \"" + words.get(pair[1]);
        }
      }
      int copies = pairs.size() - first.size();
      if (copies == 0) {
        return this;
      }
      out.add(
          new LeftOut(
              name,
              copies,
              pairs.size(),
              "pairs that stand there before, e.g. \"" + example + "\""));
      return new Numbered(name, List.copyOf(first.values()), source, optional);
    }
  }

  /**
   * Pairs or questions of which not all words are there.
   *
   * @param name of the relation or category
   * @param count how many
   * @param of how many there were
   * @param reason what is missing, with an example
   */
  public record LeftOut(String name, int count, int of, String reason) {}

  /** All words that relations and questions name, in the order of their first occurrence. */
  public static List<String> words(List<Relation> relations, List<AnalogyQuestion> questions) {
    Set<String> words = new java.util.LinkedHashSet<>();
    for (Relation r : relations) {
      for (Relation.Pair p : r.pairs()) {
        words.add(p.input());
        words.add(p.output());
      }
    }
    for (AnalogyQuestion q : questions) {
      words.addAll(List.of(q.a(), q.b(), q.c(), q.d()));
    }
    return List.copyOf(words);
  }

  /**
   * What can be asked of these words.
   *
   * @param words distinct
   * @param optional whether relations may be left out for want of pairs
   * @throws InputException for a word that occurs twice, or when nothing is left
   */
  public static RelationSet of(
      List<String> words,
      List<Relation> relations,
      List<AnalogyQuestion> questions,
      boolean optional) {
    Map<String, Integer> index = new LinkedHashMap<>();
    for (int i = 0; i < words.size(); i++) {
      Integer before = index.put(words.get(i), i);
      if (before != null) {
        throw new InputException(
            "the word \"%s\" stands at %d and at %d of the list of words"
                .formatted(words.get(i), before, i));
      }
    }
    List<LeftOut> leftOut = new ArrayList<>();
    Map<String, List<int[]>> pairs = new LinkedHashMap<>();
    Map<String, String> sources = new LinkedHashMap<>();
    Map<String, Boolean> lost = new LinkedHashMap<>();
    for (Relation r : relations) {
      int missing = 0;
      String example = "";
      for (Relation.Pair p : r.pairs()) {
        Integer a = index.get(p.input());
        Integer b = index.get(p.output());
        if (a == null || b == null) {
          missing++;
          example = example.isEmpty() ? (a == null ? p.input() : p.output()) : example;
        } else {
          pairs.computeIfAbsent(r.name(), n -> new ArrayList<>()).add(new int[] {a, b});
        }
      }
      sources.putIfAbsent(r.name(), r.source());
      if (missing > 0) {
        lost.put(r.name(), true);
        leftOut.add(
            new LeftOut(
                r.name(),
                missing,
                r.pairs().size(),
                "pairs without a vector for each word, e.g. \"" + example + "\""));
      }
    }
    List<Numbered> numbered = new ArrayList<>();
    pairs.forEach((name, list) ->
        numbered.add(
            new Numbered(
                name,
                list,
                sources.getOrDefault(name, ""),
                optional || lost.getOrDefault(name, false))));
    return new RelationSet(words, numbered, numbers(index, questions, leftOut), leftOut);
  }

  private static Map<String, List<Analogies.Question>> numbers(
      Map<String, Integer> index, List<AnalogyQuestion> questions, List<LeftOut> leftOut) {
    Map<String, List<Analogies.Question>> byCategory = new LinkedHashMap<>();
    Map<String, int[]> counts = new LinkedHashMap<>();
    Map<String, String> examples = new LinkedHashMap<>();
    for (AnalogyQuestion q : questions) {
      int[] count = counts.computeIfAbsent(q.category(), c -> new int[2]);
      count[1]++;
      Integer a = index.get(q.a());
      Integer b = index.get(q.b());
      Integer c = index.get(q.c());
      Integer d = index.get(q.d());
      if (a == null || b == null || c == null || d == null) {
        count[0]++;
        examples.putIfAbsent(
            q.category(),
            List.of(q.a(), q.b(), q.c(), q.d()).stream()
                .filter(w -> !index.containsKey(w))
                .findFirst()
                .orElse(""));
      } else {
        byCategory
            .computeIfAbsent(q.category(), n -> new ArrayList<>())
            .add(new Analogies.Question(a, b, c, d));
      }
    }
    counts.forEach((category, count) -> {
      if (count[0] > 0) {
        leftOut.add(
            new LeftOut(
                category,
                count[0],
                count[1],
                "questions without a vector for each word, e.g. \""
                    + examples.getOrDefault(category, "")
                    + "\""));
      }
    });
    return byCategory;
  }

  /** These with relations of too few pairs left out where that is allowed, and said. */
  public RelationSet withPairs(int least) {
    List<Numbered> kept = new ArrayList<>();
    List<LeftOut> out = new ArrayList<>(leftOut);
    for (Numbered r : relations) {
      if (r.optional && r.pairs.size() < least) {
        out.add(
            new LeftOut(
                r.name,
                r.pairs.size(),
                r.pairs.size(),
                "a relation of fewer than " + least + " pairs takes no part in LDA"));
      } else {
        kept.add(r);
      }
    }
    return kept.isEmpty() && questions.isEmpty()
        ? this
        : new RelationSet(words, kept, questions, out);
  }

  /**
   * The pairs' differences.
   *
   * @param vectors [words, d]
   */
  public Differences differences(FloatMatrix vectors) {
    if (vectors.rows() != words.size()) {
      throw new InputException(
          vectors.rows() + " vectors for " + words.size() + " words, expected one each");
    }
    int[] inputs = side(0);
    int[] outputs = side(1);
    FloatMatrix from = FloatMatrix.zeros(inputs.length, vectors.columns());
    FloatMatrix to = FloatMatrix.zeros(inputs.length, vectors.columns());
    List<String[]> pairs = new ArrayList<>();
    for (int i = 0; i < inputs.length; i++) {
      from.setRow(i, vectors.row(inputs[i]));
      to.setRow(i, vectors.row(outputs[i]));
      pairs.add(new String[] {words.get(inputs[i]), words.get(outputs[i])});
    }
    int[] labels = new int[inputs.length];
    int at = 0;
    for (int r = 0; r < relations.size(); r++) {
      int end = at + relations.get(r).pairs.size();
      Arrays.fill(labels, at, end, r);
      at = end;
    }
    return new Differences(
        relations.stream().map(Numbered::name).toList(), pairs, labels, from, to);
  }

  /** Writes {@code relations} (name, pairs, source) and {@code left_out} of crystals.json. */
  public void describe(ObjectNode result) {
    ArrayNode described = result.putArray("relations");
    for (Numbered r : relations) {
      described
          .addObject()
          .put("name", r.name)
          .put("pairs", r.pairs.size())
          .put("source", String.valueOf(Path.of(r.source).getFileName()));
    }
    result.set("left_out", Json.tree(leftOut));
  }

  /** Words of one side of all pairs, relation by relation. */
  int[] side(int side) {
    return relations.stream().flatMap(r -> r.pairs.stream()).mapToInt(p -> p[side]).toArray();
  }
}
