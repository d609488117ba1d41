/**
 * The command line: one class per command, {@link almagest.cli.Main} on top. Commands read options,
 * call the library and print; they hold no science.
 */
@NullMarked
package almagest.cli;

import org.jspecify.annotations.NullMarked;
