package almagest.corpus;

import java.util.ArrayList;
import java.util.List;

/** Counts what a pass over a corpus took in its stride, so that it can be said afterwards. */
final class Oddities {
  private long untyped;
  private long blank;
  private long mended;
  private long pictures;
  private String fields = "";

  /** A document that names no type. */
  void untyped() {
    untyped++;
  }

  /** A document without text, which is passed over. */
  void blank() {
    blank++;
  }

  /** A document in which half of a surrogate pair was replaced. */
  void mended() {
    mended++;
  }

  /** A file that is not text, which is passed over. */
  void picture() {
    pictures++;
  }

  /** The fields that a document without a type has. */
  void fields(String names) {
    if (fields.isEmpty()) {
      fields = names;
    }
  }

  List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (untyped > 0) {
      notes.add(
          "documents without a type, called "
              + PileLines.UNTYPED
              + ": "
              + untyped
              + (fields.isEmpty()
                  ? " (types are the folders right below the one that was given)"
                  : " (--type-field names the field; there are " + fields + ")"));
    }
    if (blank > 0) {
      notes.add("documents without text, passed over: " + blank);
    }
    if (mended > 0) {
      notes.add("documents with half of a surrogate pair, replaced by U+FFFD: " + mended);
    }
    if (pictures > 0) {
      notes.add("files that are not text, passed over: " + pictures);
    }
    return notes;
  }
}
