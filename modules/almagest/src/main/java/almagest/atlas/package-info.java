/**
 * The page: everything a run directory holds, in one HTML file that needs no network. {@link
 * almagest.atlas.Atlas} reads the directory leniently (a part that is missing is left out and named
 * on the page), packs numbers as compressed typed arrays and contexts as columns, and inlines
 * style, scripts and the two drawing libraries.
 *
 * <p>The page's own sources are the ES modules, the style sheet and the template among this
 * package's resources; {@code main.js} is where to start reading.
 */
@NullMarked
package almagest.atlas;

import org.jspecify.annotations.NullMarked;
