/**
 * Benchmarks: one small program per stage, run by hand beside its Python peer on the same files.
 * Each prints a JSON line with the seconds of every repetition and the figures that judge the
 * answer.
 */
@NullMarked
package almagest.bench;

import org.jspecify.annotations.NullMarked;
