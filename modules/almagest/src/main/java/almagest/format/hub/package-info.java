/**
 * Published files by name: {@link almagest.format.hub.Hub} speaks the Hugging Face hub's protocol
 * and keeps files in the cache layout of its own tools, so that what either has fetched serves
 * both; {@link almagest.format.hub.HubName} is a name such as {@code
 * hub:google/gemma-scope-2b-pt-res:layer_12/width_16k/average_l0_41/params.npz}; {@link
 * almagest.format.hub.SaeReleases} knows how the releases that SAELens lists are named. Nothing
 * here is used unless a name asks for it, and nothing that the server says is trusted: names, sizes
 * and checksums are checked.
 */
@NullMarked
package almagest.format.hub;

import org.jspecify.annotations.NullMarked;
