/**
 * Transformers whose forward pass can be watched. {@link almagest.model.LanguageModel#open} reads a
 * model's directory; {@link almagest.model.LanguageModel#forward} runs {@linkplain
 * almagest.model.Context contexts} of token ids and reads {@linkplain almagest.model.Hook hook
 * points}. An architecture is one file that reads like its equations (start with {@code Bert});
 * what runs it, batches it and hands hook points over is {@code Transformer}.
 */
@NullMarked
package almagest.model;

import org.jspecify.annotations.NullMarked;
