package almagest.corpus;

import almagest.run.InputException;
import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.FileSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of a Parquet file as documents: one column holds the text, another the type. */
final class ParquetRows implements DocumentReader {
  private final Path file;
  private final String name;
  private final String textColumn;
  private final @Nullable String typeColumn;
  private final ParquetFileReader reader;
  private final RowReader rows;
  private long row;

  /**
   * @param name of the file within its corpus
   * @param typeColumn null for {@code type}, which may be missing
   */
  ParquetRows(Path file, String name, String textColumn, @Nullable String typeColumn) {
    this.file = file;
    this.name = name;
    this.textColumn = textColumn;
    ParquetFileReader opened = null;
    try {
      opened = ParquetFileReader.open(InputFile.of(file));
      List<String> columns = columns(opened.getFileSchema());
      require(columns, textColumn, "--text-field");
      if (typeColumn != null) {
        require(columns, typeColumn, "--type-field");
      }
      this.typeColumn =
          typeColumn == null ? (columns.contains("type") ? "type" : null) : typeColumn;
      this.reader = opened;
      this.rows =
          opened
              .buildRowReader()
              .projection(
                  this.typeColumn == null
                      ? ColumnProjection.columns(textColumn)
                      : ColumnProjection.columns(textColumn, this.typeColumn))
              .build();
    } catch (InputException e) {
      close(opened);
      throw e;
    } catch (IOException | RuntimeException e) {
      close(opened);
      throw unreadable(e);
    }
  }

  private static List<String> columns(FileSchema schema) {
    return schema.getColumns().stream().map(c -> c.fieldPath().topLevelName()).distinct().toList();
  }

  private void require(List<String> columns, String column, String option) {
    if (!columns.contains(column)) {
      throw InputException.in(
          file,
          "",
          "there is no column '" + column + "', only " + String.join(", ", columns),
          option + " names the column");
    }
  }

  @Override
  public @Nullable Document next() {
    try {
      while (rows.hasNext()) {
        rows.next();
        row++;
        String text = rows.isNull(textColumn) ? "" : rows.getString(textColumn);
        if (text.isBlank()) {
          continue;
        }
        String type =
            typeColumn == null || rows.isNull(typeColumn)
                ? PileLines.UNTYPED
                : String.valueOf(rows.getValue(typeColumn));
        return new Document(name + "#" + row, text, type, name);
      }
      return null;
    } catch (RuntimeException e) {
      throw unreadable(e);
    }
  }

  private InputException unreadable(Exception e) {
    return new InputException(
        file
            + (row == 0 ? "" : ", row " + row)
            + ": is not a Parquet file that can be read ("
            + e.getMessage()
            + ")",
        e);
  }

  private static void close(@Nullable ParquetFileReader reader) {
    try {
      if (reader != null) {
        reader.close();
      }
    } catch (IOException e) {
      // The file was only read.
    }
  }

  @Override
  public void close() {
    rows.close();
    close(reader);
  }
}
