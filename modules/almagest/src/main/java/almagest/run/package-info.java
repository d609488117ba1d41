/**
 * What every long computation needs and no science lives in: the two kinds of failure a user can
 * cause ({@link almagest.run.InputException}, {@link almagest.run.ResourceException}), progress
 * reports, a pool of workers whose results do not depend on its size, seeds that are split by name,
 * files that appear whole or not at all, and the provenance that every result carries.
 */
@NullMarked
package almagest.run;

import org.jspecify.annotations.NullMarked;
