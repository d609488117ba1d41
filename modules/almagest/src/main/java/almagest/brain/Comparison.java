package almagest.brain;

import almagest.format.Json;
import almagest.run.AtomicFile;
import almagest.stat.NullTest;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Every affinity at every number of lobes in one table: agreement with geometry and how well a lobe
 * is read off a direction (the article's Fig. 3). Missing figures are NaN.
 *
 * @param rows affinities in the order asked, k ascending
 */
record Comparison(List<Row> rows) {
  /**
   * @param amiNull mean under permuted labels
   * @param amiZ standard deviations above it; what that means is in the cut's own null
   * @param accuracy balanced, of the published classifier
   * @param chance 1 / classes
   * @param corrected balanced accuracy of the rigorous classifier
   * @param frequency of firing frequency alone
   */
  record Row(
      String affinity,
      int k,
      double ami,
      double amiNull,
      double amiZ,
      double accuracy,
      double chance,
      double corrected,
      double frequency,
      double ncut,
      double stabilityHalves) {}

  static Comparison of(Map<String, List<Lobes.Cut>> cuts) {
    List<Row> rows = new ArrayList<>();
    cuts.forEach((name, list) -> list.forEach(cut -> rows.add(row(name, cut))));
    return new Comparison(rows);
  }

  private static Row row(String name, Lobes.Cut cut) {
    Position position = cut.position();
    double ami = Double.NaN;
    double amiNull = Double.NaN;
    double amiZ = Double.NaN;
    double accuracy = Double.NaN;
    double corrected = Double.NaN;
    double frequency = Double.NaN;
    if (position != null) {
      ami = position.agreement().ami();
      for (NullTest test : position.nulls()) {
        if (test.kind().equals("permuted labels")) {
          amiNull = test.mean();
          amiZ = test.z();
        }
      }
      var published = position.published();
      accuracy = published == null ? Double.NaN : published.value();
      CorrectedClassifier rigorous = position.corrected();
      if (rigorous != null) {
        corrected = rigorous.balancedAccuracy();
        frequency = rigorous.frequency().balancedAccuracy();
      }
    }
    return new Row(
        name,
        cut.k(),
        ami,
        amiNull,
        amiZ,
        accuracy,
        1.0 / cut.k(),
        corrected,
        frequency,
        cut.normalisedCut(),
        cut.stabilityHalves());
  }

  ArrayNode toJson() {
    ArrayNode list = Json.object().putArray("rows");
    for (Row row : rows) {
      ObjectNode node = list.addObject();
      node.put("affinity", row.affinity);
      node.put("k", row.k);
      node.set("ami", Json.tree(row.ami));
      node.set("ami_null_mean", Json.tree(row.amiNull));
      node.set("ami_z", Json.tree(row.amiZ));
      node.set("balanced_accuracy", Json.tree(row.accuracy));
      node.set("chance", Json.tree(row.chance));
      node.set("balanced_accuracy_corrected", Json.tree(row.corrected));
      node.set("balanced_accuracy_of_frequency", Json.tree(row.frequency));
      node.set("ncut", Json.tree(row.ncut));
      node.set("stability_halves", Json.tree(row.stabilityHalves));
    }
    return list;
  }

  /** The same as text, one line a row, for plotting elsewhere; a missing figure is empty. */
  void write(Path file) {
    StringBuilder text =
        new StringBuilder(
            "affinity,k,ami,ami_null_mean,ami_z,balanced_accuracy,chance,balanced_accuracy_corrected,"
                + "balanced_accuracy_of_frequency,ncut,stability_halves\n");
    for (Row row : rows) {
      text.append(row.affinity).append(',').append(row.k);
      for (double v :
          new double[] {
            row.ami,
            row.amiNull,
            row.amiZ,
            row.accuracy,
            row.chance,
            row.corrected,
            row.frequency,
            row.ncut,
            row.stabilityHalves
          }) {
        text.append(',').append(Double.isNaN(v) ? "" : Double.toString(v));
      }
      text.append('\n');
    }
    AtomicFile.write(file, out -> out.write(text.toString().getBytes(StandardCharsets.UTF_8)));
  }
}
