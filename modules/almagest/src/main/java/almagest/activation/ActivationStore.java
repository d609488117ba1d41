package almagest.activation;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.model.Hook;
import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Activations of one hook point on disk: a folder of shards {@code shard-NNNN.npy} [tokens,
 * d_model] float32, memory-mapped when read; {@code tokens.npz} with {@code document}, {@code
 * position}, {@code id} and {@code window} int32 [tokens]; and {@code activations.json}. Rows are
 * in document order: by document, window, position. Special tokens are not among them.
 */
public final class ActivationStore {
  static final String DESCRIPTION = "activations.json";

  private final Path folder;
  private final String model;
  private final Hook hook;
  private final int dModel;
  private final long tokens;
  private final long[] starts;

  private ActivationStore(
      Path folder, String model, Hook hook, int dModel, long tokens, long[] starts) {
    this.folder = folder;
    this.model = model;
    this.hook = hook;
    this.dModel = dModel;
    this.tokens = tokens;
    this.starts = starts;
  }

  /** Opens a finished store. */
  public static ActivationStore open(Path folder) {
    ShardFolder files = shards(folder);
    Path file = files.descriptionFile();
    JsonNode root = Json.read(file);
    List<Long> rows = new ArrayList<>();
    long total = 0;
    rows.add(0L);
    for (JsonNode shard : root.path("shards")) {
      total = Math.addExact(total, files.count("shards", shard, Long.MAX_VALUE));
      rows.add(total);
    }
    if (total != files.count("tokens", root.path("tokens"), Long.MAX_VALUE)) {
      throw InputException.in(
          file,
          "shards",
          "the shards hold " + total + " tokens, expected " + root.path("tokens"),
          "");
    }
    return new ActivationStore(
        folder,
        root.path("model").asText(),
        Hook.parse(root.path("hook").asText()),
        (int)
            Math.min(
                Integer.MAX_VALUE, files.count("d_model", root.path("d_model"), Long.MAX_VALUE)),
        total,
        rows.stream().mapToLong(Long::longValue).toArray());
  }

  static ShardFolder shards(Path folder) {
    return new ShardFolder(folder, "npy", DESCRIPTION);
  }

  public Path folder() {
    return folder;
  }

  /** The name of the model that made it. */
  public String model() {
    return model;
  }

  public Hook hook() {
    return hook;
  }

  /** The width of a row. */
  public int dModel() {
    return dModel;
  }

  public long tokens() {
    return tokens;
  }

  /** The number of shards. */
  public int shards() {
    return starts.length - 1;
  }

  /** The row of the whole store at which a shard begins; that of {@link #shards} is the end. */
  public long start(int shard) {
    return starts[shard];
  }

  /** A shard, [its tokens, d_model], mapped read-only. */
  public FloatMatrix shard(int shard) {
    Path file = shards(folder).shard(shard);
    FloatMatrix values = Npy.map(file);
    long expected = starts[shard + 1] - starts[shard];
    if (values.rows() != expected || values.columns() != dModel) {
      throw InputException.in(
          file,
          "",
          "expected [%d, %d] values, found [%d, %d]"
              .formatted(expected, dModel, values.rows(), values.columns()),
          "collect it again");
    }
    return values;
  }

  /** Where every row comes from. */
  public TokenTable tokenTable() {
    return TokenTable.read(folder, tokens);
  }
}
