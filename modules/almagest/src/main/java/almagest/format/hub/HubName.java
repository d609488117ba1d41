package almagest.format.hub;

import almagest.run.InputException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a file or folder on the hub, written {@code hub:ORG/REPO[@REVISION][:PATH]}, or
 * {@code hub:datasets/ORG/REPO…} for a data set.
 *
 * @param dataset whether it is a data set and not a model
 * @param repository {@code ORG/REPO}, or a bare name for the oldest models
 * @param revision a branch, a tag, or a commit of 40 hexadecimal digits, which pins the content
 * @param path a file or folder in the repository, without a slash at either end; empty for the
 *     files at its root
 */
public record HubName(boolean dataset, String repository, String revision, String path) {
  static final String MAIN = "main";

  private static final String PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
  private static final Pattern REPOSITORY = Pattern.compile(PART + "(?:/" + PART + ")?");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern WRITTEN =
      Pattern.compile("hub:(datasets/)?([^@:]+)(?:@([^:]+))?(?::(.*))?");

  public HubName {
    if (!REPOSITORY.matcher(repository).matches() || repository.contains("..")) {
      throw new InputException(
          repository
              + ": expected a repository ORG/NAME of letters, digits, dot, dash, underscore");
    }
    checkPath(repository, revision);
    if (!path.isEmpty()) {
      checkPath(repository, path);
    }
  }

  /** Whether the text begins like a hub name. */
  public static boolean isWritten(String text) {
    return text.startsWith("hub:");
  }

  /**
   * Reads the written form.
   *
   * @throws InputException when the text has another form
   */
  public static HubName parse(String text) {
    Matcher m = WRITTEN.matcher(text);
    if (!m.matches()) {
      throw new InputException(
          text
              + ": expected hub:ORG/REPO[@REVISION][:PATH], e.g."
              + " hub:google/gemma-scope-2b-pt-res:layer_12/width_16k/average_l0_41/params.npz");
    }
    String path = m.group(4) == null ? "" : m.group(4).replaceAll("/+$", "");
    return new HubName(
        m.group(1) != null, m.group(2), m.group(3) == null ? MAIN : m.group(3), path);
  }

  /** A path in a model repository at its main branch. */
  static HubName model(String repository, String path) {
    return new HubName(false, repository, MAIN, path);
  }

  HubName withPath(String other) {
    return new HubName(dataset, repository, revision, other);
  }

  HubName withRevision(String other) {
    return new HubName(dataset, repository, other, path);
  }

  /** Whether the revision is a whole commit, whose content cannot change. */
  public boolean isPinned() {
    return isCommit(revision);
  }

  static boolean isCommit(String text) {
    return COMMIT.matcher(text).matches();
  }

  /** The folder of the repository in a cache, e.g. {@code models--google--gemma-2b}. */
  String folder() {
    return (dataset ? "datasets" : "models") + "--" + repository.replace("/", "--");
  }

  /** Refuses paths that would lead out of the folder they are to be put in. */
  static void checkPath(String repository, String path) {
    boolean bad = path.isEmpty() || path.length() > 1000 || path.contains("\\");
    for (String part : path.split("/", -1)) {
      bad |= part.isEmpty() || part.equals(".") || part.equals("..");
    }
    if (bad || path.chars().anyMatch(c -> c < ' ')) {
      throw new InputException(
          repository
              + ": \""
              + path.replaceAll("\\p{Cntrl}", "?")
              + "\" is no path inside a repository");
    }
  }

  @Override
  public String toString() {
    return "hub:"
        + (dataset ? "datasets/" : "")
        + repository
        + (revision.equals(MAIN) ? "" : "@" + revision)
        + (path.isEmpty() ? "" : ":" + path);
  }
}
