package almagest.atlas;

import almagest.brain.Cooccurrence;
import almagest.brain.LobeSilhouette;
import almagest.feature.Sae;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One number a feature, several of them: {@code quantities.npz}, by which a map can be coloured and
 * a lobe's border be found. A member is float32 [n]; its name is what the page calls it.
 *
 * <ul>
 *   <li>{@code encoder norm}: |W_enc,f|
 *   <li>{@code encoder-decoder cosine}: between the direction that is read and the one that is
 *       written
 *   <li>{@code silhouette direction AFFINITY-kK}, {@code silhouette phi AFFINITY-kK}: {@link
 *       LobeSilhouette} in that clustering
 * </ul>
 */
public final class Quantities {
  private Quantities() {}

  /**
   * Writes the file.
   *
   * @param folder a layer's folder, with {@code labels-AFFINITY-kK.npy}
   * @param labels which of them, as {@code phi-k3}
   * @param counts null where there are none
   */
  public static void write(
      Path folder,
      Sae sae,
      @Nullable Cooccurrence counts,
      Iterable<String> labels,
      Workers workers) {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    FloatMatrix decoder = sae.wDec();
    encoder(sae, decoder, arrays);
    for (String name : labels) {
      int[] lobes = Npy.read(folder.resolve("labels-" + name + ".npy")).ints();
      arrays.put(
          "silhouette direction " + name,
          NpyArray.of(LobeSilhouette.byDirection(decoder, lobes, workers)));
      if (counts != null) {
        arrays.put(
            "silhouette phi " + name, NpyArray.of(LobeSilhouette.byPhi(counts, lobes, workers)));
      }
    }
    Npz.write(folder.resolve("quantities.npz"), arrays);
  }

  private static void encoder(Sae sae, FloatMatrix decoder, Map<String, NpyArray> arrays) {
    FloatMatrix encoder = sae.wEnc();
    float[] norm = new float[sae.dSae()];
    float[] cosine = new float[sae.dSae()];
    float[] reads = new float[sae.dModel()];
    float[] writes = new float[sae.dModel()];
    for (int f = 0; f < norm.length; f++) {
      encoder.copyRow(f, reads);
      decoder.copyRow(f, writes);
      double read = 0;
      double written = 0;
      double both = 0;
      for (int j = 0; j < reads.length; j++) {
        read += (double) reads[j] * reads[j];
        written += (double) writes[j] * writes[j];
        both += (double) reads[j] * writes[j];
      }
      norm[f] = (float) Math.sqrt(read);
      cosine[f] = (float) (both / Math.sqrt(read * written));
    }
    arrays.put("encoder norm", NpyArray.of(norm));
    arrays.put("encoder-decoder cosine", NpyArray.of(cosine));
  }
}
