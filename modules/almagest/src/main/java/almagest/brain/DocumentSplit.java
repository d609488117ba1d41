package almagest.brain;

import almagest.run.Seed;
import almagest.stat.Permutation;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Sets documents aside, so that lobes made from some can be tested on others. All chunks of a
 * document go to the same side; each document type gives its share of documents, at least one if it
 * has two or more, so that no type is missing by chance.
 */
public final class DocumentSplit {
  private DocumentSplit() {}

  /**
   * @param document the document of each chunk
   * @param type its document type
   * @param share of each type's documents to hold out, 0 to 1
   * @return per chunk whether it is held out
   */
  public static boolean[] heldOut(int[] document, short[] type, double share, Seed seed) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("a share of documents lies between 0 and 1: " + share);
    }
    Map<Integer, Set<Integer>> byType = new TreeMap<>();
    for (int t = 0; t < document.length; t++) {
      byType.computeIfAbsent((int) type[t], key -> new LinkedHashSet<>()).add(document[t]);
    }
    Set<Integer> chosen = new HashSet<>();
    byType.forEach((kind, documents) -> {
      Integer[] names = documents.toArray(Integer[]::new);
      int[] order =
          Permutation.of(names.length, seed.split("held out").split((long) kind).generator());
      long count = Math.round(share * names.length);
      if (share > 0 && share < 1 && names.length > 1) {
        count = Math.clamp(count, 1, names.length - 1);
      }
      for (int i = 0; i < count; i++) {
        chosen.add(names[order[i]]);
      }
    });
    boolean[] out = new boolean[document.length];
    for (int t = 0; t < document.length; t++) {
      out[t] = chosen.contains(document[t]);
    }
    return out;
  }
}
