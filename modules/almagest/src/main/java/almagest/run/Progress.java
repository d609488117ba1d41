package almagest.run;

/**
 * Where long work reports how far it is. The library never prints; the command line shows rate and
 * time left.
 */
public interface Progress {
  /** Reports nowhere. */
  Progress NONE =
      (stage, total, unit) ->
          new Task() {
            @Override
            public void advance(long done) {}

            @Override
            public void close() {}
          };

  /**
   * Starts a stage.
   *
   * @param stage what a person would call it, e.g. {@code "forward pass"}
   * @param total the number of units of work, or a negative number when it is not known
   * @param unit the plural of the unit, e.g. {@code "tokens"}
   */
  Task start(String stage, long total, String unit);

  /** One stage in progress; safe to use from several threads. */
  interface Task extends AutoCloseable {
    /** Adds to the work done. */
    void advance(long done);

    @Override
    void close();
  }
}
