package almagest.corpus;

import almagest.run.InputException;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * One file of a Maven repository, pinned to its bytes.
 *
 * @param type the file's extension, mostly {@code jar}
 * @param classifier {@code sources}, {@code docs}, … or empty
 * @param sha256 of the file, 64 hexadecimal digits
 */
public record MavenArtifact(
    String groupId,
    String artifactId,
    String version,
    String type,
    String classifier,
    String sha256) {
  /** Nothing that could leave a directory or break out of an XML text. */
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.+-]*");

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  public MavenArtifact {
    sha256 = sha256.toLowerCase(Locale.ROOT);
    for (String part : new String[] {groupId, artifactId, version, type}) {
      if (!PART.matcher(part).matches()) {
        throw new InputException(
            "Maven coordinates: '" + part + "' is not a group, artifact, version or type");
      }
    }
    if (!classifier.isEmpty() && !PART.matcher(classifier).matches()) {
      throw new InputException("Maven coordinates: '" + classifier + "' is not a classifier");
    }
    if (!SHA256.matcher(sha256).matches()) {
      throw new InputException(
          "artifact "
              + groupId
              + ":"
              + artifactId
              + ": expected sha256 as 64 hexadecimal digits, found '"
              + sha256
              + "'");
    }
  }

  /**
   * @param coordinates {@code group:artifact:version}, {@code …:type} or {@code …:type:classifier}
   */
  public static MavenArtifact of(String coordinates, String sha256) {
    String[] parts = coordinates.split(":", -1);
    if (parts.length < 3 || parts.length > 5) {
      throw new InputException(
          "Maven coordinates: expected group:artifact:version[:type[:classifier]], found '"
              + coordinates
              + "'");
    }
    return new MavenArtifact(
        parts[0],
        parts[1],
        parts[2],
        parts.length > 3 ? parts[3] : "jar",
        parts.length > 4 ? parts[4] : "",
        sha256);
  }

  /** As given to {@link #of}, without a type that is {@code jar} where nothing follows it. */
  public String coordinates() {
    String base = groupId + ":" + artifactId + ":" + version;
    return classifier.isEmpty()
        ? base + (type.equals("jar") ? "" : ":" + type)
        : base + ":" + type + ":" + classifier;
  }

  /** The name that {@code dependency:copy} gives the file. */
  public String fileName() {
    return artifactId + "-" + version + (classifier.isEmpty() ? "" : "-" + classifier) + "." + type;
  }
}
