package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.tensor.SparseRows;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkBuilderTest {
  /** Pieces as shards would cut them: of a document, a few tokens at a time. */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 1000})
  void chunksOfActivationsFollowTheDefinition(int piece) {
    Map<String, NpyArray> a = Npz.read(Fixtures.file("tokens/activations.npz"));
    long[] shape = a.get("shape").longs();
    SparseRows tokens =
        new SparseRows(
            (int) shape[1],
            a.get("indptr").longs(),
            a.get("indices").ints(),
            a.get("values").floats());
    long[] start = a.get("document_start").longs();
    ChunkBuilder builder =
        new ChunkBuilder((int) shape[1], new ChunkBuilder.Options(16, 1f, false));
    for (int d = 0; d + 1 < start.length; d++) {
      for (int from = (int) start[d] + 1; from < start[d + 1]; from += piece) {
        builder.add(d, (short) 0, tokens, from, (int) Math.min(start[d + 1], from + piece));
      }
    }
    Chunks chunks = builder.build(List.of("any"));
    Map<String, NpyArray> expected = Npz.read(Fixtures.file("tokens/chunks.npz"));
    assertThat(chunks.pattern().indptr()).isEqualTo(expected.get("indptr").longs());
    assertThat(chunks.pattern().indices()).isEqualTo(expected.get("indices").ints());
    assertThat(chunks.document()).isEqualTo(expected.get("document").ints());
  }

  @ParameterizedTest
  @CsvSource({"1023, 3", "256, 1", "255, 0", "1024, 4"})
  void onlyWholeChunksCount(int tokens, int expected) {
    assertThat(chunks(tokens, false).count()).isEqualTo(expected);
  }

  @Test
  void tailsCountOnRequest() {
    assertThat(chunks(1023, true).count()).isEqualTo(4);
    assertThat(chunks(256, true).count()).isEqualTo(1);
  }

  @Test
  void documentsNeverMix() {
    SparseRows tokens = tokens(300);
    ChunkBuilder builder = new ChunkBuilder(2, ChunkBuilder.Options.PUBLISHED);
    builder.add(0, (short) 0, tokens, 0, 200);
    builder.add(1, (short) 0, tokens, 0, 300);
    Chunks chunks = builder.build(List.of("any"));
    assertThat(chunks.document()).containsExactly(1);
    assertThat(chunks.pattern().indices()).containsExactly(1);
  }

  private static Chunks chunks(int tokens, boolean tails) {
    ChunkBuilder builder = new ChunkBuilder(2, new ChunkBuilder.Options(256, 1f, tails));
    builder.add(0, (short) 0, tokens(tokens), 0, tokens);
    return builder.build(List.of("any"));
  }

  /** Feature 0 at exactly the threshold, feature 1 just above it. */
  private static SparseRows tokens(int count) {
    long[] indptr = new long[count + 1];
    int[] indices = new int[2 * count];
    float[] values = new float[2 * count];
    for (int i = 0; i < count; i++) {
      indptr[i + 1] = 2L * i + 2;
      indices[2 * i + 1] = 1;
      values[2 * i] = 1f;
      values[2 * i + 1] = Math.nextUp(1f);
    }
    return new SparseRows(2, indptr, indices, values);
  }
}
