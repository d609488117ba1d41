/**
 * The whole road as stages: {@link almagest.cli.pipeline.Stage} says what a step needs and makes,
 * {@link almagest.cli.pipeline.RunDirectory} runs only what is not there yet and survives being
 * killed, {@link almagest.cli.pipeline.WholeRun} lines the stages up from corpus to page.
 */
@NullMarked
package almagest.cli.pipeline;

import org.jspecify.annotations.NullMarked;
