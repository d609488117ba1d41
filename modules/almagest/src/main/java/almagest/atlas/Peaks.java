package almagest.atlas;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tokens at the peaks of a feature's contexts, of which the commonest serve as its name. */
final class Peaks {
  private static final int NAME = 3;

  private final Map<String, Integer> counts = new LinkedHashMap<>();

  /** Takes the token at the peak of a context; what is only white space names nothing. */
  void add(String token) {
    String bare = token.strip();
    if (!bare.isEmpty()) {
      counts.merge(bare, 1, Integer::sum);
    }
  }

  /** At most three tokens, the commonest first; of equally common ones, the one seen first. */
  List<String> name() {
    return counts.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
        .limit(NAME)
        .map(Map.Entry::getKey)
        .toList();
  }
}
