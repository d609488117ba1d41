package almagest.corpus;

/**
 * One text of a corpus.
 *
 * @param id names the document within its corpus; the same in every run
 * @param text never blank
 * @param type the label by which lobes are compared, e.g. {@code code-java}
 * @param source where the text was taken from: Maven coordinates, a file's name
 */
public record Document(String id, String text, String type, String source) {
  /** What a reader is shown: the last part of the id, e.g. {@code Joiner.java#2}. */
  public String title() {
    return id.substring(id.lastIndexOf('/') + 1);
  }
}
