package almagest.atom;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.AtomicFile;
import almagest.run.InputException;
import almagest.run.Provenance;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a search of a cloud writes: {@code faces.jsonl}, a ranked face a line; {@code faces.json},
 * how it was searched and what chance gives; {@code faces.npz}, the same faces as arrays.
 *
 * @param labels [n] a name for every point, or empty
 * @param contexts [n] texts in which each point fires, or empty
 * @param groups segments of listed faces that carry the same function, or empty
 * @param layer whose features the points are, in every line; null to leave it out
 * @param fdr faces with a larger q are not listed; 1 for all
 */
public record FaceReport(
    CrystalSearch.Result result,
    RemovedDirections removed,
    int n,
    int d,
    List<String> labels,
    List<List<String>> contexts,
    List<FaceGroups.Group> groups,
    @Nullable Integer layer,
    double fdr) {
  public FaceReport {
    check("labels", labels.size(), n);
    check("contexts", contexts.size(), n);
    if (!(fdr > 0 && fdr <= 1)) {
      throw new InputException("--fdr: expected above 0 and at most 1, found " + fdr);
    }
    labels = List.copyOf(labels);
    contexts = List.copyOf(contexts);
    groups = List.copyOf(groups);
  }

  /** Refuses a list that does not have an entry for each point. */
  public static void check(String what, int found, int n) {
    if (found != 0 && found != n) {
      throw new InputException(
          "--" + what + ": expected one for each of the " + n + " points, found " + found);
    }
  }

  /** The faces that are listed, best first. */
  public List<CrystalSearch.Ranked> listed() {
    return result.upTo(fdr);
  }

  /** One line of {@code faces.jsonl}. */
  ObjectNode line(int rank, CrystalSearch.Ranked ranked) {
    Face f = ranked.face();
    int[] points = {f.a(), f.b(), f.c(), f.d()};
    ObjectNode line = Json.object();
    line.put("rank", rank).put("kind", name(f.kind()));
    if (layer != null) {
      line.put("layer", layer);
    }
    line.set("points", Json.tree(points));
    ArrayNode names = line.putArray("labels");
    for (int p : points) {
      names.add(label(p));
    }
    line.put("score", f.score())
        .put("residual", f.residual())
        .put("cosine", f.cosine())
        .put("p", ranked.p())
        .put("q", ranked.q());
    if (!contexts.isEmpty()) {
      ArrayNode texts = line.putArray("contexts");
      for (int p : points) {
        texts.add(Json.tree(contexts.get(p)));
      }
    }
    return line;
  }

  private String label(int point) {
    return labels.isEmpty() ? Integer.toString(point) : labels.get(point);
  }

  private static String name(Face.Kind kind) {
    return kind == Face.Kind.PARALLELOGRAM ? "parallelogram" : "trapezoid";
  }

  /** The content of {@code faces.json}. */
  public ObjectNode summary(Provenance provenance) {
    ObjectNode json = Json.object();
    json.set("almagest", Json.tree(provenance));
    json.putObject("cloud").put("n", n).put("d", d);
    ObjectNode axes = json.putObject("removed");
    axes.put("directions", removed.directions().length);
    axes.set("variance_share", Json.tree(removed.share()));
    axes.put("refined_by_faces", removed.faces());
    FaceSearch.Limits l = result.limits();
    json.putObject("limits")
        .put("residual", l.residual())
        .put("gap", l.gap())
        .put("cosine", l.cosine())
        .put("parallelogram_misfit", l.parallelogramMisfit())
        .put("trapezoid_misfit", l.trapezoidMisfit())
        .put("stretch", l.stretch())
        .put("least_edge", l.leastEdge())
        .put("antipodal", FaceMeasures.ANTIPODAL)
        .put("most", l.most());
    ObjectNode chance = json.putObject("chance");
    chance.put("clouds", result.nulls()).put("cloud_p", result.cloudP());
    chance.set("parallelograms", Json.tree(result.chanceParallelograms()));
    chance.set("trapezoids", Json.tree(result.chanceTrapezoids()));
    ObjectNode found = json.putObject("found");
    for (Face.Kind kind : Face.Kind.values()) {
      found
          .putObject(name(kind) + "s")
          .put("within_limits", count(result.faces(), kind))
          .put("listed", count(listed(), kind));
    }
    found.put("fdr", fdr).put("more_than_kept", result.cut());
    ArrayNode relations = json.putArray("groups");
    for (FaceGroups.Group group : groups) {
      ObjectNode relation = relations.addObject();
      relation.put("kind", name(group.kind())).put("cosine", group.cosine());
      relation.set("pairs", Json.tree(group.pairs()));
      ArrayNode words = relation.putArray("labels");
      group.pairs().forEach(pair -> words.addArray().add(label(pair[0])).add(label(pair[1])));
    }
    return json;
  }

  private static long count(List<CrystalSearch.Ranked> faces, Face.Kind kind) {
    return faces.stream().filter(f -> f.face().kind() == kind).count();
  }

  /**
   * Writes {@code faces.jsonl}, {@code faces.json} (the given summary) and {@code faces.npz}; the
   * last with {@code points} int32 [m, 4], {@code trapezoid} int16 [m] (0 for a parallelogram), and
   * {@code misfit}, {@code gap}, {@code residual}, {@code cosine}, {@code p}, {@code q}, float64
   * [m].
   */
  public void write(Path folder, ObjectNode summary) {
    List<CrystalSearch.Ranked> faces = listed();
    AtomicFile.write(
        folder.resolve("faces.jsonl"),
        out -> {
          for (int i = 0; i < faces.size(); i++) {
            out.write(Json.line(line(i + 1, faces.get(i))).getBytes(StandardCharsets.UTF_8));
            out.write('\n');
          }
        });
    Npz.write(folder.resolve("faces.npz"), arrays(faces));
    Json.write(folder.resolve("faces.json"), summary);
  }

  private static Map<String, NpyArray> arrays(List<CrystalSearch.Ranked> faces) {
    int m = faces.size();
    int[] points = new int[4 * m];
    short[] trapezoid = new short[m];
    double[][] values = new double[6][m];
    for (int i = 0; i < m; i++) {
      Face f = faces.get(i).face();
      points[4 * i] = f.a();
      points[4 * i + 1] = f.b();
      points[4 * i + 2] = f.c();
      points[4 * i + 3] = f.d();
      trapezoid[i] = (short) (f.kind() == Face.Kind.TRAPEZOID ? 1 : 0);
      values[0][i] = f.misfit();
      values[1][i] = f.gap();
      values[2][i] = f.residual();
      values[3][i] = f.cosine();
      values[4][i] = faces.get(i).p();
      values[5][i] = faces.get(i).q();
    }
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("points", NpyArray.of(points, m, 4));
    arrays.put("trapezoid", NpyArray.of(trapezoid));
    String[] names = {"misfit", "gap", "residual", "cosine", "p", "q"};
    for (int v = 0; v < names.length; v++) {
      arrays.put(names[v], NpyArray.of(values[v]));
    }
    return arrays;
  }
}
