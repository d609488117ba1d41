package almagest.cli;

/**
 * Pieces of text set into lines of a terminal: a piece that does not fit begins a new line,
 * indented, without its leading white space. What steers colours takes no room.
 */
final class Wrapped {
  private static final int LEAST = 40;
  private static final int MOST = 200;
  private static final int USUAL = 80;

  private final StringBuilder out;
  private final int width;
  private final int indent;
  private int column;

  /**
   * Begins where {@code out} ends.
   *
   * @param column how many cells of the line are taken
   * @param indent how many cells later lines leave free
   */
  Wrapped(StringBuilder out, int width, int column, int indent) {
    this.out = out;
    this.width = width;
    this.column = column;
    this.indent = indent;
  }

  /** The cells of a line: COLUMNS where the shell hands it on, else 80. */
  static int columns() {
    String told = System.getenv("COLUMNS");
    return told != null && told.matches("\\d{1,5}")
        ? Math.clamp(Integer.parseInt(told), LEAST, MOST)
        : USUAL;
  }

  /** Adds a piece that is not broken. */
  void add(String piece) {
    add("", piece, "");
  }

  /** Adds a piece with what switches its colours on and off. */
  void add(String before, String piece, String after) {
    String text = piece;
    if (column + cells(text.stripTrailing()) > width && column > indent) {
      out.append('\n').append(" ".repeat(indent));
      column = indent;
      text = text.stripLeading();
    }
    out.append(before).append(text).append(after);
    column += cells(text);
  }

  /** Adds a text that may be broken at its spaces. */
  void words(String before, String text, String after) {
    for (String word : text.split("(?<=\\S)(?=\\s)")) {
      add(before, word, after);
    }
  }

  /** Ends the line. */
  void end() {
    out.append('\n');
    column = 0;
  }

  /**
   * How many cells a terminal gives a text: two for a wide character, none for a mark on another.
   */
  static int cells(String text) {
    return text.codePoints().map(Wrapped::cells).sum();
  }

  private static int cells(int c) {
    int type = Character.getType(c);
    if (type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.FORMAT) {
      return 0;
    }
    boolean wide =
        (c >= 0x1100 && c <= 0x115f)
            || (c >= 0x2e80 && c <= 0xa4cf)
            || (c >= 0xac00 && c <= 0xd7a3)
            || (c >= 0xf900 && c <= 0xfaff)
            || (c >= 0xfe30 && c <= 0xfe6f)
            || (c >= 0xff00 && c <= 0xff60)
            || (c >= 0x1f300 && c <= 0x1faff)
            || (c >= 0x20000 && c <= 0x3fffd);
    return wide ? 2 : 1;
  }
}
