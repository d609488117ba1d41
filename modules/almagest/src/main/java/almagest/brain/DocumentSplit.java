package almagest.brain;

import almagest.run.Seed;
import almagest.stat.Permutation;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

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
    Map<Integer, Map<Integer, Boolean>> byType = new HashMap<>();
    for (int t = 0; t < document.length; t++) {
      byType.computeIfAbsent((int) type[t], key -> new LinkedHashMap<>()).put(document[t], false);
    }
    byType.forEach((kind, documents) -> {
      int[] order =
          Permutation.of(documents.size(), seed.split("held out").split((long) kind).generator());
      Integer[] names = documents.keySet().toArray(Integer[]::new);
      long count = Math.round(share * names.length);
      if (share > 0 && share < 1 && names.length > 1) {
        count = Math.clamp(count, 1, names.length - 1);
      }
      for (int i = 0; i < count; i++) {
        documents.put(names[order[i]], true);
      }
    });
    boolean[] out = new boolean[document.length];
    for (int t = 0; t < document.length; t++) {
      out[t] = Boolean.TRUE.equals(byType.get((int) type[t]).get(document[t]));
    }
    return out;
  }
}
