/**
 * From documents to activations: {@link almagest.activation.Windows} cuts documents into what the
 * model sees at once, {@link almagest.activation.ActivationStream} runs it and hands blocks on,
 * {@link almagest.activation.ActivationCollector} keeps them on disk as an {@link
 * almagest.activation.ActivationStore}. Special tokens and padding never get that far.
 */
@NullMarked
package almagest.activation;

import org.jspecify.annotations.NullMarked;
