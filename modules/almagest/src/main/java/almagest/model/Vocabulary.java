package almagest.model;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Token strings by id, and how they are shown to a reader. */
final class Vocabulary {
  /** How SentencePiece spells a byte. */
  private static final Pattern BYTE = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

  private final Map<Integer, String> pieces;
  private final boolean wordPiece;
  private final boolean byteLevel;
  private final int unknown;

  private Vocabulary(
      Map<Integer, String> pieces, boolean wordPiece, boolean byteLevel, int unknown) {
    this.pieces = pieces;
    this.wordPiece = wordPiece;
    this.byteLevel = byteLevel;
    this.unknown = unknown;
  }

  static Vocabulary read(Path file) {
    return of(file, Json.read(file));
  }

  static Vocabulary of(Path file, JsonNode root) {
    JsonNode model = root.path("model");
    Map<Integer, String> pieces = new HashMap<>();
    JsonNode vocabulary = model.path("vocab");
    if (vocabulary.isArray()) {
      for (int i = 0; i < vocabulary.size(); i++) {
        pieces.put(i, vocabulary.get(i).path(0).asText());
      }
    } else if (vocabulary.isObject()) {
      vocabulary.properties().forEach(e -> pieces.put(e.getValue().asInt(), e.getKey()));
    } else {
      throw InputException.in(file, "model.vocab", "expected a vocabulary", "");
    }
    for (JsonNode added : root.path("added_tokens")) {
      pieces.put(added.path("id").asInt(), added.path("content").asText());
    }
    boolean byteLevel =
        root.path("decoder").toString().contains("\"ByteLevel\"")
            || root.path("pre_tokenizer").toString().contains("\"ByteLevel\"");
    int unknown = model.path("unk_id").asInt(-1);
    String token = model.path("unk_token").asText("");
    for (Map.Entry<Integer, String> e : pieces.entrySet()) {
      unknown = !token.isEmpty() && e.getValue().equals(token) ? e.getKey() : unknown;
    }
    return new Vocabulary(
        pieces, model.path("type").asText().equals("WordPiece"), byteLevel, unknown);
  }

  /** The id that stands for what the vocabulary cannot spell; −1 where there is none. */
  int unknown() {
    return unknown;
  }

  String piece(int id) {
    return pieces.getOrDefault(id, "");
  }

  String display(int id) {
    String piece = piece(id);
    if (wordPiece) {
      boolean special = piece.startsWith("[") && piece.endsWith("]") && piece.length() > 2;
      return piece.startsWith("##") ? piece.substring(2) : special ? piece : " " + piece;
    }
    if (byteLevel) {
      return bytes(piece);
    }
    if (BYTE.matcher(piece).matches()) {
      int b = Integer.parseInt(piece.substring(3, 5), 16);
      return b < 0x80 ? String.valueOf((char) b) : "\uFFFD";
    }
    return piece.replace('\u2581', ' ');
  }

  /**
   * Undoes the byte alphabet of GPT-2: printable Latin-1 characters stand for themselves, the other
   * 68 bytes for U+0100 onwards in their order.
   */
  private static String bytes(String piece) {
    byte[] out = new byte[piece.length()];
    for (int i = 0; i < out.length; i++) {
      int c = piece.charAt(i);
      int b = c < 256 ? c : hidden(c - 256);
      if (b < 0) {
        return piece; // an added token that is written as it is
      }
      out[i] = (byte) b;
    }
    return new String(out, StandardCharsets.UTF_8);
  }

  private static int hidden(int rank) {
    int r = rank;
    for (int b = 0; b < 256; b++) {
      boolean shown = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
      if (!shown && r-- == 0) {
        return b;
      }
    }
    return -1;
  }
}
