package almagest.corpus;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Guesses the language of a text by counting words that are frequent in one of the European Union's
 * languages; good enough for a paragraph, not for a headline.
 */
final class Languages {
  /** Which languages a rule takes. */
  enum Choice {
    ALL,
    ENGLISH,
    OTHER;

    boolean accepts(String language) {
      return switch (this) {
        case ALL -> true;
        case ENGLISH -> language.equals("en");
        case OTHER -> !language.equals("en") && !language.equals(UNKNOWN);
      };
    }
  }

  static final String UNKNOWN = "?";

  private static final Map<String, String> FREQUENT =
      Map.ofEntries(
          Map.entry("bg", "на и да за от че се не са в по това които което"),
          Map.entry("cs", "je že se na a která které který jsem bych tak jako pro nebo aby jsou"),
          Map.entry("da", "er og at det en af til der ikke for vi jeg som har på kan skal være"),
          Map.entry(
              "de", "der die das und ist nicht zu den wir ich mit eine auf für dass von sich"),
          Map.entry("el", "και το να της την του για είναι που των με από στην θα"),
          Map.entry("en", "the of and to in that is a we this for be it have on i not are as will"),
          Map.entry("es", "el la de que y en los las no es una por con para del se lo como"),
          Map.entry("et", "ja on et ei see mis kui ka oma selle peab oleks meie ning"),
          Map.entry("fi", "ja on että ei se ovat mutta joka tämä myös kuin olen voi sekä"),
          Map.entry("fr", "le la les de et que des est pas une dans pour nous du il je en qui"),
          Map.entry("hu", "a az és hogy nem is egy van ez meg azt ezt kell amely csak"),
          Map.entry("it", "di che il la e per un non è del una in sono con le della i ho"),
          Map.entry("lt", "ir kad yra į tai su iš ne mes kaip apie taip pat šis bus"),
          Map.entry("lv", "un ir ka par to ar no tas mēs šo kas uz arī lai nav"),
          Map.entry("nl", "de het een van en dat in is niet wij ik op voor zijn te met die ook"),
          Map.entry("pl", "w na z że do się nie jest to oraz przez które aby jak dla będzie"),
          Map.entry("pt", "o que de a e não os em para uma da do com as é um no por se"),
          Map.entry("ro", "de și în să că la pe nu este o cu din pentru care sunt ale şi"),
          Map.entry("sk", "je že sa na a ktoré ktorá ktorý som by aby ako pre alebo sú tiež"),
          Map.entry("sl", "je da in na za v ki se so ne tudi bi pa smo kot to ali"),
          Map.entry("sv", "att och det är en i som för vi inte av jag på har den om med kan"));

  /** Each word gives its weight to the languages that have it. */
  private static final Map<String, Map<String, Double>> WEIGHTS = weights();

  /** So many characters tell a language as well as thousands do. */
  private static final int ENOUGH = 1000;

  private Languages() {}

  private static Map<String, Map<String, Double>> weights() {
    Map<String, Map<String, Double>> weights = new HashMap<>();
    FREQUENT.forEach((language, words) -> {
      for (String word : words.split(" ")) {
        weights.computeIfAbsent(word, w -> new HashMap<>()).put(language, 0.0);
      }
    });
    // A word that many languages share tells little.
    weights.values().forEach(shares -> shares.replaceAll((l, w) -> 1.0 / shares.size()));
    return weights;
  }

  /** The code of the language (ISO 639-1), or {@value #UNKNOWN} where too few words are known. */
  static String guess(String text) {
    Map<String, Double> scores = new HashMap<>();
    String head = text.substring(0, Math.min(ENOUGH, text.length()));
    for (String word : head.toLowerCase(Locale.ROOT).split("[^\\p{L}]+")) {
      WEIGHTS
          .getOrDefault(word, Map.of())
          .forEach((language, weight) -> scores.merge(language, weight, Double::sum));
    }
    String best = UNKNOWN;
    double most = 1.5;
    for (Map.Entry<String, Double> score : new java.util.TreeMap<>(scores).entrySet()) {
      if (score.getValue() > most) {
        best = score.getKey();
        most = score.getValue();
      }
    }
    return best;
  }
}
