package almagest.model;

import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;

/**
 * The special tokens that a {@code tokenizer.json} puts round a text. The tokenizer library ends
 * the whole process at a template that names a token it does not describe, so that is refused
 * before. It tells templates by what they hold and does not look at their type, so neither does
 * this.
 */
final class TokenizerTemplate {
  private TokenizerTemplate() {}

  static void check(Path file, JsonNode description) {
    checkProcessor(file, description.path("post_processor"));
  }

  private static void checkProcessor(Path file, JsonNode processor) {
    for (JsonNode part : processor.path("processors")) {
      checkProcessor(file, part);
    }
    JsonNode known = processor.path("special_tokens");
    for (String template : new String[] {"single", "pair"}) {
      for (JsonNode piece : processor.path(template)) {
        JsonNode id = piece.path("SpecialToken").path("id");
        if (!id.isMissingNode() && !known.has(id.asText())) {
          throw bad(file, template + " names " + id + ", which special_tokens does not describe");
        }
        if (template.equals("single")
            && !piece.path("Sequence").path("id").asText("A").equals("A")) {
          throw bad(file, "single names a second text");
        }
      }
    }
    for (JsonNode token : known) {
      if (token.path("ids").size() != token.path("tokens").size()) {
        throw bad(file, "ids and tokens of " + token.path("id") + " are not equally many");
      }
    }
  }

  private static InputException bad(Path file, String problem) {
    return InputException.in(file, "post_processor", problem, "");
  }
}
