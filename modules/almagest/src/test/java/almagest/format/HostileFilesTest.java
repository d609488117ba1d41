package almagest.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every damaged or malicious file ends as the manifest beside it says. */
class HostileFilesTest {
  private static final Map<String, Consumer<Path>> READERS =
      Map.of(
          "safetensors",
          file -> Safetensors.open(file).tensors().values().forEach(Tensor::matrix),
          "json",
          Json::read,
          "npy",
          Npy::read,
          "npz",
          Npz::read,
          "pt",
          TorchCheckpoint::open);

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> everyFileEndsAsItsManifestSays() throws Exception {
    Path hostile = hostile();
    return StreamSupport.stream(Json.read(hostile.resolve("manifest.json")).spliterator(), false)
        .filter(entry -> READERS.containsKey(entry.get("reader").textValue()))
        .map(entry ->
            DynamicTest.dynamicTest(
                entry.get("file").textValue() + ": " + entry.get("wrong").textValue(),
                () -> check(hostile, entry)));
  }

  private static void check(Path hostile, JsonNode entry) {
    Path file = hostile.resolve(entry.get("file").textValue());
    Consumer<Path> reader = READERS.get(entry.get("reader").textValue());
    Throwable thrown = catchThrowable(() -> reader.accept(file));
    if (thrown != null) {
      assertThat(thrown)
          .isInstanceOf(InputException.class)
          .hasMessageContaining(file.toString())
          .hasMessageNotContaining("\n");
      assertThat(thrown.getMessage().length()).isLessThan(file.toString().length() + 700);
    }
    switch (entry.get("expect").textValue()) {
      case "refuse" -> assertThat(thrown).isNotNull();
      case "accept" -> assertThat(thrown).isNull();
      default -> {}
    }
  }

  @TestFactory
  Stream<DynamicTest> anIndexCannotLeadOutOfItsDirectory() throws Exception {
    Path hostile = hostile();
    return Stream.of("index-path-traversal.json")
        .map(name ->
            DynamicTest.dynamicTest(
                name,
                () -> {
                  Path index = folder.resolve("model.safetensors.index.json");
                  Files.copy(hostile.resolve(name), index, StandardCopyOption.REPLACE_EXISTING);
                  assertThat(catchThrowable(() -> Safetensors.open(folder)))
                      .isInstanceOf(InputException.class)
                      .hasMessageContaining(index.toString());
                }));
  }

  static Path hostile() {
    try {
      return Path.of(HostileFilesTest.class.getResource("hostile").toURI());
    } catch (URISyntaxException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }
}
