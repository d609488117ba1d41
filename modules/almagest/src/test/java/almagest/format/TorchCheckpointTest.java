package almagest.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files in {@code torch/} were made by the script beside them. */
class TorchCheckpointTest {
  @TempDir Path folder;

  private static Path made(String name) {
    return HostileFilesTest.hostile().resolveSibling("torch").resolve(name);
  }

  @Test
  void everyKindAndStrideReadsAsPyTorchReadsIt() {
    TorchCheckpoint checkpoint = TorchCheckpoint.open(made("tensors.pt"));
    Npz expected = Npz.open(made("tensors.npz"));
    assertThat(checkpoint.tensors().keySet()).isEqualTo(expected.names());
    for (String name : expected.names()) {
      assertThat(checkpoint.tensor(name).shape()).as(name).isEqualTo(expected.tensor(name).shape());
      assertThat(checkpoint.tensor(name).floats())
          .as(name)
          .isEqualTo(expected.tensor(name).floats());
    }
    assertThat(checkpoint.tensor("contiguous").data().isMapped()).isTrue();
    assertThat(checkpoint.tensor("uint8").longs()).containsExactly(200, 1);
    assertThat(checkpoint.tensor("int32").type()).isEqualTo(ElementType.I32);
  }

  @Test
  void nestedDictionariesAreFlattened() {
    TorchCheckpoint checkpoint = TorchCheckpoint.open(made("nested.pt"));
    assertThat(checkpoint.tensors().keySet()).containsExactly("model.0.bias", "model.0.weight");
    assertThat(checkpoint.tensor("model.0.weight").matrix().row(1)).containsExactly(3, 4, 5);
    assertThat(checkpoint.values())
        .containsEntry("step", 7L)
        .containsEntry("rate", 0.5)
        .containsEntry("done", false)
        .containsEntry("name", "tiny")
        .hasSize(4);
  }

  @Test
  void protocol4IsReadToo() {
    assertThat(TorchCheckpoint.open(made("protocol4.pt")).tensor("w").floats())
        .containsExactly(0, 1, 2, 3);
  }

  @Test
  void everyNameThatIsNotATensorsIsRefusedByName() throws IOException {
    for (String name :
        new String[] {
          "os\nsystem", "builtins\neval", "torch\nload", "torch._utils\n_rebuild_device_tensor"
        }) {
      Path file = archive(pickle("c" + name + "\n."));
      assertThatThrownBy(() -> TorchCheckpoint.open(file))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(name.replace('\n', '.'))
          .hasMessageContaining("byte 2");
    }
  }

  @Test
  void instructionsThatMakeObjectsAreRefused() throws IOException {
    // INST, OBJ, NEWOBJ, NEWOBJ_EX, EXT1, PERSID, REDUCE of a dictionary, text instead of a code
    for (String program :
        new String[] {"(ios\nsystem\n.", "(o.", "\u0081.", "\u0092.", "\u0082.", "Px\n.", "})R."}) {
      Path file = archive(pickle(program));
      assertThatThrownBy(() -> TorchCheckpoint.open(file))
          .as(program)
          .isInstanceOf(InputException.class);
    }
  }

  @Test
  void aDictionaryWithinItselfIsNotFollowed() throws IOException {
    // } memo 0, key "a", get 0, set: d["a"] = d
    Path file = archive(pickle("}q\0X\1\0\0\0ah\0s."));
    assertThatThrownBy(() -> TorchCheckpoint.open(file)).isInstanceOf(InputException.class);
  }

  @Test
  void everyPrefixOfAPickleIsRefused() throws IOException {
    ZipArchive zip = ZipArchive.open(made("tensors.pt"));
    byte[] whole = zip.bytes(zip.members().get("tensors/data.pkl")).toArray(Tensor.BYTE);
    for (int length = 0; length < whole.length; length += 7) {
      byte[] prefix = java.util.Arrays.copyOf(whole, length);
      Path file = archive(prefix);
      assertThatThrownBy(() -> TorchCheckpoint.open(file))
          .as("%d bytes", length)
          .isInstanceOf(InputException.class);
    }
  }

  private static byte[] pickle(String program) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0x80);
    out.write(2);
    out.writeBytes(program.getBytes(StandardCharsets.ISO_8859_1));
    return out.toByteArray();
  }

  private Path archive(byte[] pickle) throws IOException {
    Path file = folder.resolve("a.pt");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("archive/data.pkl"));
      zip.write(pickle);
      zip.closeEntry();
    }
    return file;
  }
}
