package almagest.corpus;

import almagest.run.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Separated values as RFC 4180 has them: cells may be quoted, and then hold anything. */
final class Table {
  /**
   * @param line the 1-based line on which the row begins
   */
  record Row(int line, List<String> cells) {}

  private Table() {}

  /** The rows that are not blank; spaces around cells that are not quoted are dropped. */
  static List<Row> rows(Path file, String text, char separator) {
    List<Row> rows = new ArrayList<>();
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    int line = 1;
    int began = 1;
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i++);
      if (c == '"' && cell.toString().isBlank() && !quoted) {
        cell.setLength(0);
        quoted = true;
        int from = line;
        boolean open = true;
        while (open && i < text.length()) {
          char q = text.charAt(i++);
          if (q == '"' && i < text.length() && text.charAt(i) == '"') {
            cell.append('"');
            i++;
          } else if (q == '"') {
            open = false;
          } else {
            line += q == '\n' ? 1 : 0;
            cell.append(q);
          }
        }
        if (open) {
          throw InputException.in(file, "line " + from, "a quotation that never ends", "");
        }
      } else if (c == separator) {
        cells.add(quoted ? cell.toString() : cell.toString().strip());
        cell.setLength(0);
        quoted = false;
      } else if (c == '\n') {
        end(rows, cells, cell, quoted, began);
        cells = new ArrayList<>();
        quoted = false;
        began = ++line;
      } else if (c != '\r') {
        cell.append(c);
      }
    }
    end(rows, cells, cell, quoted, began);
    return rows;
  }

  private static void end(
      List<Row> rows, List<String> cells, StringBuilder cell, boolean quoted, int line) {
    if (!cells.isEmpty() || quoted || !cell.toString().isBlank()) {
      cells.add(quoted ? cell.toString() : cell.toString().strip());
      rows.add(new Row(line, cells));
    }
    cell.setLength(0);
  }
}
