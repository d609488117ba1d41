package almagest.format;

import almagest.run.AtomicFile;
import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The {@code .npy} format, versions 1 to 3, of plain numbers in little endian. Arrays in Fortran
 * order are read when they have at most two dimensions; object and structured arrays, big-endian
 * values and any file whose size is not what its header promises are refused.
 *
 * <p>Source: numpy.lib.format, NEP 1.
 */
public final class Npy {
  private Npy() {}

  /** Reads an array into the heap; for fewer than 2^31 elements. */
  public static NpyArray read(Path file) {
    return NpyArray.of(tensor(file));
  }

  /** The array as it lies in the memory-mapped file, of any size. */
  public static Tensor tensor(Path file) {
    return tensor(MappedFile.map(file), file, "");
  }

  /**
   * A matrix [n, d] of a memory-mapped file; float32 is not copied.
   *
   * @throws InputException when it is not two-dimensional
   */
  public static FloatMatrix map(Path file) {
    return matrix(tensor(file));
  }

  static FloatMatrix matrix(Tensor tensor) {
    if (tensor.rank() != 2) {
      throw new InputException(
          tensor.place()
              + ": expected two dimensions [n, d], found the shape "
              + Arrays.toString(tensor.shape()));
    }
    return tensor.matrix();
  }

  /**
   * Checks the header against the memory it lies in.
   *
   * @param member the name inside an archive, for messages; empty for a plain file
   */
  static Tensor tensor(MemorySegment memory, Path file, String member) {
    NpyHeader header = NpyHeader.read(memory, file, member);
    long available = memory.byteSize() - header.bytes();
    long needed;
    try {
      needed = header.type().bytes(Tensor.count(header.shape()));
    } catch (ArithmeticException e) {
      needed = Long.MAX_VALUE;
    }
    String place = file + (member.isEmpty() ? "" : ", " + member);
    if (needed != available) {
      throw new InputException(
          place
              + ", byte "
              + header.bytes()
              + ": the shape "
              + Arrays.toString(header.shape())
              + " promises "
              + (needed == Long.MAX_VALUE ? "more than 2^63" : needed)
              + " bytes of data, the file has "
              + available);
    }
    MemorySegment data = memory.asSlice(header.bytes());
    if (!header.fortranOrder() || header.shape().length < 2) {
      return new Tensor(place, header.type(), header.shape(), data);
    }
    if (header.shape().length > 2) {
      throw new InputException(
          place + ": Fortran order in more than two dimensions; save numpy.ascontiguousarray(x)");
    }
    long[] stored = {header.shape()[1], header.shape()[0]};
    return new Tensor(place, header.type(), stored, data).transposed();
  }

  /** Writes an array, atomically. */
  public static void write(Path file, NpyArray array) {
    write(file, array.tensor());
  }

  /** Writes a matrix [rows, columns] of float32, atomically. */
  public static void write(Path file, FloatMatrix matrix) {
    write(file, Tensor.of(matrix));
  }

  /** Writes a tensor of a kind that numpy knows, atomically and in pieces. */
  public static void write(Path file, Tensor tensor) {
    AtomicFile.write(file, out -> write(out, tensor));
  }

  static void write(OutputStream out, Tensor tensor) throws IOException {
    out.write(NpyHeader.write(tensor.type(), tensor.shape()));
    SafetensorsWriter.copy(tensor.data(), out);
  }
}
