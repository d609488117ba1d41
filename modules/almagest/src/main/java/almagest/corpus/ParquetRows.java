package almagest.corpus;

import almagest.run.InputException;
import dev.hardwood.InputFile;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.StructAccessor;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.ColumnSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a Parquet file as documents: one column holds the text, another the type. Columns
 * within a group are named by a path with dots. Rows whose text is null or blank are passed over.
 */
final class ParquetRows implements DocumentReader {
  /** Where the type is looked for when no column was asked for. */
  private static final List<String> USUAL_TYPES = List.of("type", PileLines.TYPE_FIELD);

  /** Held so that its level is not collected with it. */
  private static final Logger CHATTER = Logger.getLogger("dev.hardwood");

  static {
    // The reader reports at INFO which decompressor it found; nobody who maps concepts asked.
    if (CHATTER.getLevel() == null) {
      CHATTER.setLevel(Level.WARNING);
    }
  }

  private final Path file;
  private final String name;
  private final Oddities oddities;
  private final String[] textPath;
  private final String @Nullable [] typePath;
  private final ParquetFileReader reader;
  private final RowReader rows;
  private long row;

  /**
   * @param name of the file within its corpus
   * @param typeColumn null for {@code type} or {@value PileLines#TYPE_FIELD}, where there is one
   */
  ParquetRows(
      Path file, String name, String textColumn, @Nullable String typeColumn, Oddities oddities) {
    this.file = file;
    this.name = name;
    this.oddities = oddities;
    ParquetFileReader opened = null;
    try {
      opened = ParquetFileReader.open(InputFile.of(file));
      List<ColumnSchema> columns = opened.getFileSchema().getColumns();
      ColumnSchema text = require(columns, textColumn, "--text-field");
      if (text.type() != PhysicalType.BYTE_ARRAY) {
        throw InputException.in(
            file,
            "",
            "column '" + textColumn + "' holds " + text.type() + ", expected text",
            "--text-field names another column");
      }
      String type =
          typeColumn == null
              ? USUAL_TYPES.stream().filter(t -> find(columns, t) != null).findFirst().orElse(null)
              : dotted(require(columns, typeColumn, "--type-field"));
      if (type == null) {
        oddities.fields(names(columns));
      }
      this.textPath = textColumn.split("\\.");
      this.typePath = type == null ? null : type.split("\\.");
      this.reader = opened;
      this.rows =
          opened
              .buildRowReader()
              .projection(
                  type == null
                      ? ColumnProjection.columns(textColumn)
                      : ColumnProjection.columns(textColumn, type))
              .build();
    } catch (InputException e) {
      close(opened);
      throw e;
    } catch (IOException | RuntimeException e) {
      close(opened);
      throw unreadable(e);
    }
  }

  private static @Nullable ColumnSchema find(List<ColumnSchema> columns, String name) {
    return columns.stream()
        .filter(c -> c.maxRepetitionLevel() == 0 && dotted(c).equals(name))
        .findFirst()
        .orElse(null);
  }

  private ColumnSchema require(List<ColumnSchema> columns, String name, String option) {
    ColumnSchema column = find(columns, name);
    if (column == null) {
      throw InputException.in(
          file,
          "",
          "there is no column '" + name + "' with one value a row, only " + names(columns),
          option + " names the column");
    }
    return column;
  }

  private static String dotted(ColumnSchema column) {
    return String.join(".", column.fieldPath().elements());
  }

  private static String names(List<ColumnSchema> columns) {
    String first =
        columns.stream().limit(12).map(ParquetRows::dotted).collect(Collectors.joining(", "));
    return columns.size() > 12 ? first + ", …" : first;
  }

  @Override
  public @Nullable Document next() {
    try {
      while (rows.hasNext()) {
        rows.next();
        row++;
        StructAccessor holder = holder(textPath);
        String last = textPath[textPath.length - 1];
        String text = holder == null || holder.isNull(last) ? "" : holder.getString(last);
        if (text.isBlank()) {
          oddities.blank();
          continue;
        }
        return new Document(name + "#" + row, text, type(), name);
      }
      return null;
    } catch (RuntimeException e) {
      throw unreadable(e);
    }
  }

  private String type() {
    StructAccessor holder = typePath == null ? null : holder(typePath);
    String last = typePath == null ? "" : typePath[typePath.length - 1];
    if (holder == null || holder.isNull(last)) {
      oddities.untyped();
      return PileLines.UNTYPED;
    }
    return String.valueOf(holder.getValue(last));
  }

  /** The group that holds the last part of a path in this row, or null where there is none. */
  private @Nullable StructAccessor holder(String[] path) {
    StructAccessor here = rows;
    for (String part : Stream.of(path).limit(path.length - 1L).toList()) {
      here = here.isNull(part) ? null : here.getStruct(part);
      if (here == null) {
        return null;
      }
    }
    return here;
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
