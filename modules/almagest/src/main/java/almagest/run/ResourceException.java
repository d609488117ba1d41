package almagest.run;

/**
 * The machine has too little of something (memory, disk, network); the message says how much is
 * needed. Exit code 4.
 */
public final class ResourceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ResourceException(String message) {
    super(message);
  }

  public ResourceException(String message, Throwable cause) {
    super(message, cause);
  }
}
