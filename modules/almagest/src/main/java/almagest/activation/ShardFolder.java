package almagest.activation;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * A folder that is filled shard by shard, {@code shard-NNNN.EXTENSION}, with {@code tokens.npz} and
 * a description written last. What it is begun with stands in {@code plan.json}, so that shards of
 * something else are never taken for its own.
 *
 * @param extension of the shards, without dot
 * @param description name of the file that marks it finished
 */
public record ShardFolder(Path path, String extension, String description) {
  private static final String PLAN = "plan.json";

  public Path shard(int index) {
    return path.resolve(String.format(Locale.ROOT, "shard-%04d.%s", index, extension));
  }

  public Path descriptionFile() {
    return path.resolve(description);
  }

  /**
   * Begins it, or goes on with one that was begun with the same plan; others' shards are removed.
   */
  public void begin(ObjectNode plan) {
    Path file = path.resolve(PLAN);
    if (Files.exists(file) && Json.line(Json.read(file)).equals(Json.line(plan))) {
      return;
    }
    if (Files.isDirectory(path)) {
      try (DirectoryStream<Path> old = Files.newDirectoryStream(path, "shard-*." + extension)) {
        for (Path shard : old) {
          Files.delete(shard);
        }
        Files.deleteIfExists(descriptionFile());
      } catch (IOException e) {
        throw InputException.in(path, "", "cannot be emptied (" + e.getMessage() + ")", "");
      }
    }
    Json.write(file, plan);
  }

  /**
   * Marks it finished.
   *
   * @param root what is described besides; gets the number of tokens and the rows of every shard
   */
  public void finish(ObjectNode root, TokenTable tokens, List<Integer> rows) {
    tokens.write(path);
    root.put("tokens", tokens.tokens());
    ArrayNode shards = root.putArray("shards");
    rows.forEach(shards::add);
    Json.write(descriptionFile(), root);
  }

  /** A whole number of the description, 0 to {@code most}. */
  public long count(String key, JsonNode node, long most) {
    if (!node.isIntegralNumber()
        || !node.canConvertToLong()
        || node.longValue() < 0
        || node.longValue() > most) {
      throw InputException.in(descriptionFile(), key, "expected a whole number, found " + node, "");
    }
    return node.longValue();
  }
}
