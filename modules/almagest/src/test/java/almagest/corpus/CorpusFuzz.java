package almagest.corpus;

import almagest.run.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Targets for a fuzzer that is guided by coverage (see docs/files.md): any bytes are documents, or
 * are refused by an {@link InputException}.
 */
final class CorpusFuzz {
  private static final Path FOLDER = folder();

  private CorpusFuzz() {}

  private static Path folder() {
    try {
      Path folder = Files.createTempDirectory("fuzz");
      folder.toFile().deleteOnExit();
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void read(String name, byte[] data, DocumentReader.Opener opener) {
    Path file = FOLDER.resolve(name);
    try {
      Files.write(file, data);
      try (DocumentReader documents = opener.open(file, new Oddities())) {
        while (documents.next() != null) {
          // To the end, or to an error.
        }
      } catch (InputException e) {
        // Refused by name, as it should be.
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Target for JSON lines: plain, or packed where they begin as packed ones do. */
  static final class OfPileLines {
    public static void fuzzerTestOneInput(byte[] data) {
      byte first = data.length == 0 ? 0 : data[0];
      String ending = first == 0x28 ? ".zst" : first == 0x1f ? ".gz" : "";
      PileLines.Fields fields = new PileLines.Fields(PileLines.TEXT_FIELD, null, null, null);
      read(
          "fuzzed.jsonl" + ending,
          data,
          (file, oddities) -> new PileLines(file, "fuzzed", fields, oddities));
    }
  }

  /** Target for Parquet. */
  static final class OfParquet {
    public static void fuzzerTestOneInput(byte[] data) {
      read(
          "fuzzed.parquet",
          data,
          (file, oddities) ->
              new ParquetRows(
                  file, "fuzzed", PileLines.TEXT_FIELD, null, oddities, Duration.ofMillis(300)));
    }
  }
}
