package almagest.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyTest {
  @TempDir Path folder;

  private Map<String, NpyArray> arrays() {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("f", NpyArray.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
    arrays.put("d", NpyArray.of(new double[] {Math.PI}));
    arrays.put("i", NpyArray.of(new int[70_000]));
    arrays.put("n", NpyArray.scalar(12));
    arrays.put("s", NpyArray.of(new short[] {-1, 2}, 1, 2, 1));
    arrays.put("e", NpyArray.of(new float[0], 0, 3));
    return arrays;
  }

  @Test
  void whatIsWrittenIsReadBack() {
    Path file = folder.resolve("a.npz");
    Npz.write(file, arrays());
    Map<String, NpyArray> back = Npz.read(file);
    assertThat(back.keySet()).containsExactly("f", "d", "i", "n", "s", "e");
    assertThat(back.get("f").shape()).containsExactly(2, 3);
    assertThat(back.get("f").floats()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(back.get("d").doubles()).containsExactly(Math.PI);
    assertThat(back.get("i").ints()).hasSize(70_000);
    assertThat(back.get("n").longs()).containsExactly(12);
    assertThat(back.get("s").longs()).containsExactly(-1, 2);
    assertThat(back.get("s").shape()).containsExactly(1, 2, 1);
    assertThat(back.get("e").shape()).containsExactly(0, 3);
  }

  @Test
  void aCompressedArchiveHoldsTheSame() throws IOException {
    Path stored = folder.resolve("stored.npz");
    Path deflated = folder.resolve("deflated.npz");
    Npz.write(stored, arrays());
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(deflated))) {
      for (Map.Entry<String, NpyArray> e : arrays().entrySet()) {
        zip.putNextEntry(new ZipEntry(e.getKey() + ".npy"));
        Npy.write(zip, e.getValue().tensor());
        zip.closeEntry();
      }
    }
    assertThat(Files.size(deflated)).isLessThan(Files.size(stored) / 10);
    Npz a = Npz.open(stored);
    Npz b = Npz.open(deflated);
    assertThat(b.names()).isEqualTo(a.names());
    for (String name : a.names()) {
      assertThat(b.tensor(name).data().mismatch(a.tensor(name).data())).isEqualTo(-1);
    }
  }

  @Test
  void aStoredMemberAndAnNpyFileAreUsedWhereTheyLie() {
    FloatMatrix m = FloatMatrix.copyOf(new float[] {1, 2, 3, 4, 5, 6}, 3);
    Npy.write(folder.resolve("m.npy"), m);
    Npz.writeTensors(folder.resolve("m.npz"), Map.of("m", Tensor.of(m)));
    FloatMatrix mapped = Npy.map(folder.resolve("m.npy"));
    assertThat(mapped.data().isMapped()).isTrue();
    assertThat(mapped.toArray()).containsExactly(m.toArray());
    FloatMatrix member = Npz.open(folder.resolve("m.npz")).tensor("m").matrix();
    assertThat(member.data().isMapped()).isTrue();
    assertThat(member.toArray()).containsExactly(m.toArray());
  }

  @Test
  void fortranOrderIsTransposed() {
    Tensor t = Npy.tensor(HostileFilesTest.hostile().resolve("npy-fortran-order.npy"));
    assertThat(t.shape()).containsExactly(2, 3);
    assertThat(t.floats()).containsExactly(0, 2, 4, 1, 3, 5);
  }

  @Test
  void equalContentIsEqualBytes() throws IOException {
    Npz.write(folder.resolve("a.npz"), arrays());
    Npz.write(folder.resolve("b.npz"), arrays());
    assertThat(Files.mismatch(folder.resolve("a.npz"), folder.resolve("b.npz"))).isEqualTo(-1);
  }

  @Test
  void unsignedBytesAreNotNegative() throws IOException {
    byte[] header = NpyHeader.write(ElementType.U8, new long[] {2});
    byte[] all = java.util.Arrays.copyOf(header, header.length + 2);
    all[header.length] = (byte) 200;
    all[header.length + 1] = 7;
    Files.write(folder.resolve("u.npy"), all);
    assertThat(Npy.read(folder.resolve("u.npy")).longs()).containsExactly(200, 7);
  }

  @Test
  void theHeaderIsADictionaryInAnyOrderAndNothingElse() throws IOException {
    assertThat(read("{'shape': (2,), 'fortran_order': False, 'descr': '<i2'}").longs())
        .containsExactly(8224, 8224);
    assertThat(read("{ 'descr' : '|i1','fortran_order':False,'shape': (2L, 2), }").shape())
        .containsExactly(2, 2);
    for (String bad :
        new String[] {
          "{'descr': '<i2', 'fortran_order': False, 'shape': (2)}",
          "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), 'shape': (2,)}",
          "{'descr': '<i2', 'fortran_order': False, 'shape': (2,,)}",
          "{'descr': '<i2', 'fortran_order': 0, 'shape': (2,)}",
          "{'descr': (2,), 'fortran_order': False, 'shape': (2,)}",
          "{'descr': '<i2', 'fortran_order': False, 'shape': False}",
          "{'descr': '<i2', 'fortran_order': False, 'shape': (2,)} + x",
          "{'descr': '<i2' 'fortran_order': False, 'shape': (2,)}",
          "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), 'more': False}",
        }) {
      assertThatThrownBy(() -> read(bad)).as(bad).isInstanceOf(InputException.class);
    }
  }

  /** Version 1, the header as given, then four spaces of data. */
  private NpyArray read(String header) throws IOException {
    byte[] text = (header + "    ").getBytes(StandardCharsets.US_ASCII);
    byte[] file = new byte[10 + text.length];
    System.arraycopy(NpyHeader.write(ElementType.I8, new long[0]), 0, file, 0, 8);
    file[8] = (byte) header.length();
    System.arraycopy(text, 0, file, 10, text.length);
    Files.write(folder.resolve("h.npy"), file);
    return Npy.read(folder.resolve("h.npy"));
  }
}
