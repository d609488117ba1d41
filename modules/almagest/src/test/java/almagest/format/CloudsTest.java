package almagest.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CloudsTest {
  @TempDir Path folder;

  @Test
  void oneCloudUnderItsManyNames() {
    FloatMatrix cloud = FloatMatrix.copyOf(new float[] {1, 2, 3, 4, 5, 6}, 2);
    Map<String, Tensor> parts = new LinkedHashMap<>();
    parts.put("b_dec", Tensor.of(new float[2]));
    parts.put("W_dec", Tensor.of(cloud));
    Npy.write(folder.resolve("c.npy"), cloud);
    Npz.writeTensors(folder.resolve("params.npz"), parts);
    Safetensors.write(folder.resolve("sae.safetensors"), parts, Map.of());
    for (String name :
        new String[] {
          "c.npy", "params.npz", "params.npz:W_dec", "sae.safetensors", "sae.safetensors:W_dec"
        }) {
      assertThat(Clouds.isCloud(folder.resolve(name).toString())).isTrue();
      assertThat(Clouds.open(folder.resolve(name).toString()).toArray())
          .as(name)
          .containsExactly(cloud.toArray());
    }
    assertThatThrownBy(() -> Clouds.open(folder.resolve("params.npz:b_dec").toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("[2]");
    assertThatThrownBy(() -> Clouds.open(folder.resolve("params.npz:W").toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("[W_dec, b_dec]");
  }

  @Test
  void aPointThatIsNowhereIsRefused() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      Path file = folder.resolve("c.npy");
      Npy.write(file, FloatMatrix.copyOf(new float[] {1, 2, 3, bad}, 2));
      assertThatThrownBy(() -> Clouds.open(file.toString()))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("row 1");
    }
  }
}
