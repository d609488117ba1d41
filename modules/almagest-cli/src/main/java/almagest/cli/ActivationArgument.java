package almagest.cli;

import almagest.activation.ActivationStore;
import almagest.activation.TokenTable;
import almagest.feature.ActivationSource;
import almagest.format.Npy;
import almagest.format.Npz;
import almagest.format.Tensor;
import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Activations as a user names them: the folder of a store, {@code X.npy} or {@code FILE.npz:KEY}.
 *
 * @param document the document of each row; where nothing says, each run of 256 rows counts as one
 * @param model the model's name, or empty
 * @param hook the hook point's name, or empty
 */
record ActivationArgument(ActivationSource source, int[] document, String model, String hook) {
  private static final int RUN = 256;

  static ActivationArgument open(String where) {
    Path path = Path.of(where);
    if (Files.isDirectory(path)) {
      ActivationStore store = ActivationStore.open(path);
      TokenTable table = store.tokenTable();
      return new ActivationArgument(
          ActivationSource.of(store), table.document(), store.model(), store.hook().name());
    }
    FloatMatrix x = matrix(where);
    int[] document = new int[x.rowsAsInt()];
    Arrays.setAll(document, r -> r / RUN);
    return new ActivationArgument(ActivationSource.of(x), document, "", "");
  }

  /** [product of the leading dimensions, d_model]. */
  static FloatMatrix matrix(String where) {
    int colon = where.lastIndexOf(".npz:");
    Tensor tensor =
        colon < 0
            ? Npy.tensor(Path.of(where))
            : Npz.open(Path.of(where.substring(0, colon + 4))).tensor(where.substring(colon + 5));
    if (tensor.rank() < 2) {
      throw new InputException(where + ": expected activations [tokens, d_model], found " + tensor);
    }
    return tensor.matrix();
  }
}
