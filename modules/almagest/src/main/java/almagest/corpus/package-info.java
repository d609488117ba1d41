/**
 * Documents and where they come from, and the other data that is fetched rather than kept in the
 * source tree.
 *
 * <p>Start with {@link almagest.corpus.Corpora#open}, which takes {@code default}, {@code quick} or
 * a path and gives a {@link almagest.corpus.Corpus}: documents of labelled types in a fixed order,
 * streamed. {@link almagest.corpus.Manifest} is the readable file that says how the embedded
 * corpora are cut from published Maven artifacts, {@link almagest.corpus.MavenArtifacts} brings
 * those through the ordinary Maven client into a cache, {@link almagest.corpus.EmbeddedModel} does
 * the same for the two embedded language models, and {@link almagest.corpus.Relations} holds word
 * pairs such as country and capital.
 */
@NullMarked
package almagest.corpus;

import org.jspecify.annotations.NullMarked;
