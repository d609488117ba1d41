package almagest.run;

import java.nio.file.Path;

/**
 * Something the user handed in is wrong: a file, an option's value, sizes that do not fit together.
 * The message is one line that names the file, the place, what was expected, what was found and
 * what to do; the command line prints it and exits with code 3.
 */
public final class InputException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public InputException(String message) {
    super(oneLine(message));
  }

  public InputException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  /**
   * @param place where in the file: a byte offset, a line, a key; may be empty
   * @param problem what was expected and what was found
   * @param advice what the user can do; may be empty
   */
  public static InputException in(Path file, String place, String problem, String advice) {
    return new InputException(
        file
            + (place.isEmpty() ? "" : ", " + place)
            + ": "
            + problem
            + (advice.isEmpty() ? "" : "; " + advice));
  }

  private static String oneLine(String message) {
    return message.replaceAll("\\s*[\\r\\n]+\\s*", " ");
  }
}
