package almagest.brain;

import almagest.format.Json;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Names proposed for lobes from what is most typical of them: document types on which more of the
 * lobe fires than elsewhere, and tokens at which its features fire. A proposal says what stands
 * out, not what the lobe is for.
 *
 * @param types for each lobe, the typical types
 * @param tokens for each lobe, the typical tokens; empty lists when no contexts were at hand
 */
record LobeNames(List<List<TypicalType>> types, List<List<FeatureTokens.Typical>> tokens) {
  private static final int LISTED = 8;
  private static final int TYPES = 2;
  private static final int TOKENS = 3;

  /** Below this a type does not stand out. */
  private static final double LEAST_RATIO = 1.1;

  /**
   * @param ratio the lobe's share of features that fire on this type over its mean share on all
   *     types, divided by the same of all lobes together
   */
  record TypicalType(String type, double ratio) {}

  static LobeNames of(Lobes.Cut cut, @Nullable FeatureTokens contexts) {
    List<List<TypicalType>> types = new ArrayList<>();
    List<List<FeatureTokens.Typical>> tokens = new ArrayList<>();
    for (int l = 0; l < cut.k(); l++) {
      types.add(cut.types() == null ? List.of() : types(cut.types(), cut.sizes(), l));
      tokens.add(contexts == null ? List.of() : contexts.typical(cut.labels(), l, LISTED));
    }
    return new LobeNames(types, tokens);
  }

  private static List<TypicalType> types(LobeTypes found, int[] sizes, int lobe) {
    double[][] share = found.meanShare();
    int kinds = found.types().size();
    double[] ratio = new double[kinds];
    double own = 0;
    double everyone = 0;
    double[] all = new double[kinds];
    double chunks = 0;
    for (int t = 0; t < kinds; t++) {
      if (found.chunks()[t] > 0) {
        for (int l = 0; l < sizes.length; l++) {
          all[t] += sizes[l] * share[l][t];
        }
        own += found.chunks()[t] * share[lobe][t];
        everyone += found.chunks()[t] * all[t];
        chunks += found.chunks()[t];
      }
    }
    if (!(own > 0 && chunks > 0)) {
      return List.of();
    }
    for (int t = 0; t < kinds; t++) {
      ratio[t] = all[t] > 0 ? share[lobe][t] / own * everyone / all[t] : 0;
    }
    return IntStream.range(0, kinds)
        .filter(t -> ratio[t] >= LEAST_RATIO)
        .mapToObj(t -> new TypicalType(found.types().get(t), ratio[t]))
        .sorted(Comparator.comparingDouble(t -> -t.ratio))
        .limit(LISTED)
        .toList();
  }

  /** One name a lobe: {@code type, type · token token token}. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    for (int l = 0; l < types.size(); l++) {
      String kinds =
          types.get(l).stream()
              .limit(TYPES)
              .map(TypicalType::type)
              .collect(Collectors.joining(", "));
      String words =
          tokens.get(l).stream()
              .limit(TOKENS)
              .map(FeatureTokens.Typical::token)
              .collect(Collectors.joining(" "));
      names.add(
          kinds.isEmpty() && words.isEmpty()
              ? "nothing typical"
              : kinds.isEmpty() ? words : words.isEmpty() ? kinds : kinds + " · " + words);
    }
    return names;
  }

  /**
   * Adds {@code names}, {@code typical} and, below the coarsest cut, {@code path}: the name of each
   * lobe after those of the coarser lobes it comes from, repeated names left out.
   *
   * @param coarser paths of the coarser cut
   * @return the paths of this cut
   */
  List<String> writeTo(ObjectNode node, Lobes.@Nullable Parents parents, List<String> coarser) {
    List<String> names = names();
    node.set("names", Json.tree(names));
    var list = node.putArray("typical");
    for (int l = 0; l < types.size(); l++) {
      ObjectNode lobe = list.addObject();
      lobe.set("types", Json.tree(types.get(l)));
      lobe.set("tokens", Json.tree(tokens.get(l)));
    }
    if (parents == null) {
      return names;
    }
    List<String> paths = new ArrayList<>();
    for (int l = 0; l < names.size(); l++) {
      String above = coarser.get(parents.lobe()[l]);
      boolean same = above.equals(names.get(l)) || above.endsWith(" › " + names.get(l));
      paths.add(same ? above : above + " › " + names.get(l));
    }
    node.set("path", Json.tree(paths));
    return paths;
  }
}
