/**
 * Readers and writers of the files that users have: npy, npz, safetensors, JSON. Readers distrust
 * the file: sizes in it are claims that are checked against the file before anything is allocated,
 * and everything wrong is an {@link almagest.run.InputException} that names file, place, what was
 * expected and what was found. Writers are atomic and write the same bytes for the same content.
 */
@NullMarked
package almagest.format;

import org.jspecify.annotations.NullMarked;
