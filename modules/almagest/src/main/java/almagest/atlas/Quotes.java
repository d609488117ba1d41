package almagest.atlas;

import org.jspecify.annotations.Nullable;

/**
 * Which contexts a page takes along, and how.
 *
 * @param perFeature how many of a feature, the first ones
 * @param apart whether they come also in small pieces by feature, for a page whose data are fetched
 *     when they are first needed
 * @param elsewhere the folder beside the page that holds all of them, where there is one
 */
record Quotes(int perFeature, boolean apart, @Nullable String elsewhere) {
  /** All, in pieces as well. */
  static final Quotes ALL = new Quotes(Integer.MAX_VALUE, true, null);
}
