package almagest.corpus;

import almagest.run.InputException;
import almagest.run.ResourceException;
import dev.hardwood.InputFile;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.StructAccessor;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.ColumnSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a Parquet file as documents: one column holds the text, another the type. Columns
 * within a group are named by a path with dots. Rows whose text is null or blank are passed over.
 *
 * <p>A thread of its own reads ahead, because the reader underneath waits for ever when one of its
 * workers dies of a damaged page; a file that gives no row for two minutes is refused.
 */
final class ParquetRows implements DocumentReader {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Rows that are read ahead. */
  private static final int AHEAD = 64;

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
  private final ColumnProjection columns;
  private final Duration patience;
  private final BlockingQueue<Step> ahead = new ArrayBlockingQueue<>(AHEAD);
  private final Thread thread;
  private long row;

  /** What the reading thread hands over. */
  private sealed interface Step {}

  /** Null where the row has none. */
  private record Row(@Nullable String text, @Nullable String type) implements Step {}

  private record End() implements Step {}

  private record Failure(Throwable cause) implements Step {}

  /**
   * @param name of the file within its corpus
   * @param typeColumn null for {@code type} or {@value PileLines#TYPE_FIELD}, where there is one
   */
  ParquetRows(
      Path file, String name, String textColumn, @Nullable String typeColumn, Oddities oddities) {
    this(file, name, textColumn, typeColumn, oddities, PATIENCE);
  }

  /**
   * @param patience how long to wait for a row
   */
  ParquetRows(
      Path file,
      String name,
      String textColumn,
      @Nullable String typeColumn,
      Oddities oddities,
      Duration patience) {
    this.file = file;
    this.patience = patience;
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
      this.columns =
          type == null
              ? ColumnProjection.columns(textColumn)
              : ColumnProjection.columns(textColumn, type);
    } catch (InputException e) {
      close(opened);
      throw e;
    } catch (IOException | RuntimeException e) {
      close(opened);
      throw unreadable(e);
    }
    thread = Thread.ofPlatform().daemon().name("parquet-" + name).start(this::readAhead);
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

  private void readAhead() {
    try (ParquetFileReader closing = reader) {
      try (RowReader rows = closing.buildRowReader().projection(columns).build()) {
        while (rows.hasNext()) {
          rows.next();
          ahead.put(new Row(text(rows), type(rows)));
        }
        ahead.put(new End());
      } catch (RuntimeException | Error e) {
        ahead.put(new Failure(e));
      }
    } catch (InterruptedException | IOException e) {
      // Nobody waits for more: whoever interrupts is closing us, and the file was only read.
    }
  }

  private @Nullable String text(RowReader rows) {
    StructAccessor holder = holder(rows, textPath);
    String last = textPath[textPath.length - 1];
    return holder == null || holder.isNull(last) ? null : holder.getString(last);
  }

  private @Nullable String type(RowReader rows) {
    StructAccessor holder = typePath == null ? null : holder(rows, typePath);
    String last = typePath == null ? "" : typePath[typePath.length - 1];
    return holder == null || holder.isNull(last) ? null : String.valueOf(holder.getValue(last));
  }

  /** The group that holds the last part of a path in this row, or null where there is none. */
  private static @Nullable StructAccessor holder(RowReader rows, String[] path) {
    StructAccessor here = rows;
    for (String part : Stream.of(path).limit(path.length - 1L).toList()) {
      here = here.isNull(part) ? null : here.getStruct(part);
      if (here == null) {
        return null;
      }
    }
    return here;
  }

  @Override
  public @Nullable Document next() {
    while (true) {
      switch (take()) {
        case Row(String text, String type) -> {
          row++;
          if (text == null || text.isBlank()) {
            oddities.blank();
            continue;
          }
          if (type == null) {
            oddities.untyped();
          }
          return new Document(
              name + "#" + row, text, type == null ? PileLines.UNTYPED : type, name);
        }
        case End() -> {
          return null;
        }
        case Failure(Throwable cause) -> throw unreadable(cause);
      }
    }
  }

  private Step take() {
    try {
      Step step = ahead.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (step == null) {
        throw InputException.in(
            file,
            "row " + (row + 1),
            "no row came for " + patience.toSeconds() + " s",
            "the file is damaged here, or lies on something very slow");
      }
      return step;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ResourceException("interrupted while reading " + file, e);
    }
  }

  private InputException unreadable(Throwable e) {
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
    thread.interrupt();
    try {
      thread.join(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
