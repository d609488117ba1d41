package almagest.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "gemma",
        "gemma3_text",
        "gpt2",
        "gpt_neox",
        "llama",
        "llama_bf16",
        "mistral",
        "opt",
        "phi3",
        "qwen2",
        "qwen3"
      })
  void idsPiecesAndTextEqualTheReference(String model) throws Exception {
    Path directory = Path.of(TokenizerTest.class.getResource(model).toURI());
    JsonNode expected = Json.read(directory.resolve("tokens.json"));
    try (Tokenizer tokenizer = Tokenizer.open(directory.resolve("tokenizer.json"))) {
      for (JsonNode text : expected.path("texts")) {
        String t = text.path("text").asText();
        assertThat(tokenizer.encode(t)).as(t).containsExactly(ints(text.path("ids")));
        int[] plain = ints(text.path("ids_no_special"));
        assertThat(tokenizer.encodePlain(t)).as(t).containsExactly(plain);
        assertThat(tokenizer.decode(plain)).isEqualTo(text.path("decoded").asText());
        int[] ids = ints(text.path("ids"));
        for (int i = 0; i < ids.length; i++) {
          assertThat(tokenizer.piece(ids[i])).isEqualTo(text.path("tokens").path(i).asText());
        }
      }
    }
  }

  @Test
  void aPieceThatOnlyLooksLikeAByteIsShownAsItIs() {
    JsonNode description =
        Json.tree(Map.of("model", Map.of("vocab", Map.of("<0xZZ>", 0, "<0x41>", 1))));
    Vocabulary vocabulary = Vocabulary.of(Path.of("tokenizer.json"), description);
    assertThat(vocabulary.display(0)).isEqualTo("<0xZZ>");
    assertThat(vocabulary.display(1)).isEqualTo("A");
  }

  @Test
  void aVocabularyWithoutItsUnknownTokenIsRefusedWhenATextNeedsIt() {
    String json =
        """
        {"version": "1.0", "added_tokens": [],
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                   "max_input_chars_per_word": 100, "vocab": {"a": 0}}}
        """;
    try (Tokenizer tokenizer = Tokenizer.of(Path.of("tokenizer.json"), parsed(json))) {
      assertThat(tokenizer.encode("a")).containsExactly(0);
      assertThatThrownBy(() -> tokenizer.encode("b"))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("tokenizer.json")
          .hasMessageContaining("[UNK]");
    }
  }

  /** The tokenizer library would end the whole process. */
  @ParameterizedTest
  @CsvSource({
    "TemplateProcessing, A, '{\"[SEP]\": {\"id\": \"[SEP]\", \"ids\": [1], \"tokens\": [\"[SEP]\"]}}', [CLS]",
    "Unheard-of, A, '{\"[SEP]\": {\"id\": \"[SEP]\", \"ids\": [1], \"tokens\": [\"[SEP]\"]}}', [CLS]",
    "TemplateProcessing, A, '{\"[CLS]\": {\"id\": \"[CLS]\", \"ids\": [1, 2], \"tokens\": [\"[CLS]\"]}}', equally many",
    "TemplateProcessing, B, '{\"[CLS]\": {\"id\": \"[CLS]\", \"ids\": [1], \"tokens\": [\"[CLS]\"]}}', second text"
  })
  void aTemplateIsRefusedThatCannotBeFilled(
      String type, String text, String known, String problem) {
    String json =
        """
        {"model": {"type": "WordPiece", "vocab": {"a": 0, "[CLS]": 1}},
         "post_processor": {"type": "Sequence", "processors": [
           {"type": "TYPE",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                       {"Sequence": {"id": "TEXT", "type_id": 0}}],
            "pair": [], "special_tokens": KNOWN}]}}
        """
            .replace("KNOWN", known)
            .replace("TYPE", type)
            .replace("TEXT", text);
    assertThatThrownBy(() -> Tokenizer.of(Path.of("tokenizer.json"), parsed(json)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("post_processor")
        .hasMessageContaining(problem);
  }

  private static JsonNode parsed(String json) {
    try {
      return Json.parse(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }
}
