package almagest.brain;

import almagest.format.ElementType;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.format.Tensor;
import almagest.run.InputException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The published layout of counts: {@code histogram} [n, n] and {@code n_chunks}. */
final class CooccurrenceFile {
  /** The side of the squares in which both halves of the matrix are compared. */
  private static final int SIDE = 512;

  private CooccurrenceFile() {}

  /** Values of the full matrix, row-major. */
  interface Full {
    /** Copies {@code many} values from place {@code first} on. */
    void copy(long first, long[] into, int at, int many);
  }

  static Cooccurrence read(Path file) {
    Npz npz = Npz.open(file);
    Tensor histogram = npz.tensor("histogram");
    long[] shape = histogram.shape();
    if (shape.length != 2 || shape[0] != shape[1] || shape[0] == 0) {
      throw InputException.in(
          file, "histogram", "expected [n, n], found " + Arrays.toString(shape), "");
    }
    if (histogram.type().isFloating()) {
      throw InputException.in(
          file, "histogram", "expected integers, found " + histogram.type(), "");
    }
    long chunks = chunks(npz.array("n_chunks"), file);
    return checked(Math.toIntExact(shape[0]), chunks, file.toString(), histogram::copyIntegers);
  }

  private static long chunks(NpyArray array, Path file) {
    long[] values;
    try {
      values = array.longs();
    } catch (InputException e) {
      throw InputException.in(file, "n_chunks", "expected an integer", "");
    }
    if (values.length != 1 || values[0] < 0) {
      throw InputException.in(
          file, "n_chunks", "expected one number from 0, found " + Arrays.toString(values), "");
    }
    return values[0];
  }

  /** Counts from a full matrix that is not trusted. */
  static Cooccurrence checked(int n, long chunks, String origin, Full full) {
    long[] own = new long[n];
    for (int i = 0; i < n; i++) {
      full.copy((long) i * n + i, own, i, 1);
      if (own[i] < 0) {
        throw bad(origin, i, i, own[i], "negative", "did the counts overflow?");
      }
      if (own[i] > chunks) {
        throw bad(
            origin, i, i, own[i], "more than n_chunks = " + chunks, "do the two belong together?");
      }
    }
    Cooccurrence counts = new Cooccurrence(n, chunks);
    long[] square = new long[SIDE * SIDE];
    long[] transposed = new long[SIDE * SIDE];
    for (int i0 = 0; i0 < n; i0 += SIDE) {
      int height = Math.min(n, i0 + SIDE) - i0;
      for (int j0 = i0; j0 < n; j0 += SIDE) {
        int width = Math.min(n, j0 + SIDE) - j0;
        for (int i = 0; i < height; i++) {
          full.copy((long) (i0 + i) * n + j0, square, i * SIDE, width);
        }
        for (int j = 0; j < width; j++) {
          full.copy((long) (j0 + j) * n + i0, transposed, j * SIDE, height);
        }
        for (int i = 0; i < height; i++) {
          for (int j = i0 == j0 ? i : 0; j < width; j++) {
            check(
                origin,
                i0 + i,
                j0 + j,
                square[i * SIDE + j],
                transposed[j * SIDE + i],
                own,
                chunks);
          }
          int from = i0 == j0 ? i : 0;
          counts.setRow(i0 + i, j0 + from, square, i * SIDE + from, width - from);
        }
      }
    }
    return counts;
  }

  private static void check(
      String origin, int i, int j, long c, long transposed, long[] own, long chunks) {
    if (c != transposed) {
      throw bad(origin, i, j, c, "but " + transposed + " transposed", "counts are symmetric");
    }
    if (c < 0) {
      throw bad(origin, i, j, c, "negative", "did the counts overflow?");
    }
    if (c > Math.min(own[i], own[j])) {
      throw bad(
          origin,
          i,
          j,
          c,
          "more than min(c_i, c_j) = " + Math.min(own[i], own[j]),
          "a pair cannot fire more often than its features");
    }
    if (c < own[i] - (chunks - own[j])) {
      throw bad(
          origin,
          i,
          j,
          c,
          "less than c_i + c_j - n_chunks = " + (own[i] - (chunks - own[j])),
          "features that fire so often must meet; do counts and n_chunks belong together?");
    }
  }

  private static InputException bad(
      String origin, int i, int j, long found, String problem, String advice) {
    return new InputException(
        "%s, histogram[%d, %d]: found %d, %s; %s".formatted(origin, i, j, found, problem, advice));
  }

  static void write(Path file, Cooccurrence counts) {
    long n = counts.features();
    Map<String, Npz.Content> contents = new LinkedHashMap<>();
    contents.put(
        "histogram",
        new Npz.Content(
            counts.wide() ? ElementType.I64 : ElementType.I32,
            new long[] {n, n},
            out -> writeRows(counts, out)));
    contents.put(
        "n_chunks",
        new Npz.Content(
            ElementType.I64,
            new long[0],
            out -> {
              ByteBuffer one = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
              out.write(one.putLong(counts.chunks()).array());
            }));
    Npz.writeContents(file, contents);
  }

  private static void writeRows(Cooccurrence counts, OutputStream out) throws IOException {
    int n = counts.features();
    int bytes = counts.wide() ? Long.BYTES : Integer.BYTES;
    ByteBuffer line =
        ByteBuffer.allocate(Math.multiplyExact(n, bytes)).order(ByteOrder.LITTLE_ENDIAN);
    try {
      counts.wholeRows(
          0,
          n,
          (i, row) -> {
            line.clear();
            for (int j = 0; j < n; j++) {
              if (counts.wide()) {
                line.putLong(row[j]);
              } else {
                line.putInt((int) row[j]);
              }
            }
            try {
              out.write(line.array());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
