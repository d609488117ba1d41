package almagest.feature;

import almagest.activation.ShardFolder;
import almagest.activation.TokenTable;
import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.tensor.SparseRows;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The features of a corpus on disk, where its activations would take too much room: a folder of
 * shards {@code shard-NNNN.npz} (CSR: {@code indptr} int64 [tokens + 1], {@code indices} int32,
 * {@code values} float32, {@code shape} int64 [2]), {@code tokens.npz} as an {@link
 * almagest.activation.ActivationStore} has it, and {@code features.json}. {@link FeatureCollector}
 * writes it.
 */
public final class FeatureStore {
  private static final String DESCRIPTION = "features.json";

  private final Path folder;
  private final int dSae;
  private final int[] rows;

  private FeatureStore(Path folder, int dSae, int[] rows) {
    this.folder = folder;
    this.dSae = dSae;
    this.rows = rows;
  }

  /** Opens a finished store. */
  public static FeatureStore open(Path folder) {
    ShardFolder files = shards(folder);
    JsonNode root = Json.read(files.descriptionFile());
    JsonNode shards = root.path("shards");
    int[] rows = new int[shards.size()];
    for (int s = 0; s < rows.length; s++) {
      rows[s] = (int) files.count("shards", shards.get(s), Integer.MAX_VALUE);
    }
    return new FeatureStore(
        folder, (int) files.count("d_sae", root.path("d_sae"), Integer.MAX_VALUE), rows);
  }

  static ShardFolder shards(Path folder) {
    return new ShardFolder(folder, "npz", DESCRIPTION);
  }

  public int dSae() {
    return dSae;
  }

  public long tokens() {
    long tokens = 0;
    for (int r : rows) {
      tokens += r;
    }
    return tokens;
  }

  /** Where every row comes from. */
  public TokenTable tokenTable() {
    return TokenTable.read(folder, tokens());
  }

  /** Hands all features to everybody who counts something, shard by shard, in order. */
  public void stream(Progress progress, List<FeatureConsumer> consumers) {
    try (Progress.Task task = progress.start("reading features", tokens(), "tokens")) {
      long first = 0;
      for (int s = 0; s < rows.length; s++) {
        SparseRows features = read(s);
        for (FeatureConsumer consumer : consumers) {
          consumer.accept(first, features);
        }
        first += rows[s];
        task.advance(rows[s]);
      }
    }
  }

  private SparseRows read(int shard) {
    Path file = shards(folder).shard(shard);
    Map<String, NpyArray> arrays = Npz.read(file);
    SparseRows features;
    try {
      features =
          new SparseRows(
              dSae,
              Npz.get(arrays, "indptr", file).longs(),
              Npz.get(arrays, "indices", file).ints(),
              Npz.get(arrays, "values", file).floats());
    } catch (IllegalArgumentException e) {
      throw InputException.in(file, "", "no sparse rows (" + e.getMessage() + ")", "");
    }
    if (features.rows() != rows[shard]) {
      throw InputException.in(
          file, "indptr", "expected " + rows[shard] + " rows, found " + features.rows(), "");
    }
    return features;
  }
}
