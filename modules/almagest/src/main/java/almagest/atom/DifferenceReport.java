package almagest.atom;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What clusters of all differences of a cloud are written as. */
public final class DifferenceReport {
  private DifferenceReport() {}

  /**
   * Writes {@code clusters.npz} and says how it fits the faces that were found.
   *
   * @param unit whether differences were clustered at unit length
   * @return for {@code faces.json}: sizes and inertia; the share of listed faces with both sides in
   *     one cluster, and what that would be for sides drawn from the clusters by their sizes
   */
  public static ObjectNode write(
      Path folder, DifferenceClusters.Fit fit, boolean unit, FaceReport report) {
    int k = fit.centres().rows();
    int[] sizes = new int[k];
    for (short label : fit.labels()) {
      sizes[label]++;
    }
    short[] turned = new short[fit.labels().length];
    for (int i = 0; i < turned.length; i++) {
      turned[i] = (short) (fit.turned()[i] ? 1 : 0);
    }
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("labels", NpyArray.of(fit.labels()));
    arrays.put("turned", NpyArray.of(turned));
    arrays.put("centres", NpyArray.narrowed(fit.centres()));
    arrays.put("sizes", NpyArray.of(sizes));
    Npz.write(folder.resolve("clusters.npz"), arrays);
    double chance = 0;
    for (int size : sizes) {
      double share = (double) size / fit.labels().length;
      chance += share * share;
    }
    int together = 0;
    for (CrystalSearch.Ranked ranked : report.listed()) {
      Face f = ranked.face();
      together +=
          cluster(fit, f.a(), f.b(), report.n()) == cluster(fit, f.c(), f.d(), report.n()) ? 1 : 0;
    }
    ObjectNode json = Json.object();
    json.put("k", k)
        .put("unit_length", unit)
        .put("inertia", fit.inertia())
        .put("iterations", fit.iterations())
        .put(
            "faces_together",
            report.listed().isEmpty() ? Double.NaN : (double) together / report.listed().size())
        .put("chance", chance);
    json.set("sizes", Json.tree(sizes));
    return json;
  }

  private static int cluster(DifferenceClusters.Fit fit, int i, int j, int n) {
    return fit.labels()[DifferenceClusters.Fit.place(Math.min(i, j), Math.max(i, j), n)];
  }
}
