package almagest.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkersTest {
  @Test
  void everyPieceRunsOnceAlsoWhenNested() {
    try (Workers workers = new Workers(4)) {
      AtomicIntegerArray seen = new AtomicIntegerArray(400);
      workers.run(20, i -> workers.run(20, j -> seen.incrementAndGet(20 * i + j)));
      assertThat(IntStream.range(0, 400).map(seen::get)).allMatch(n -> n == 1);
    }
  }

  @Test
  void resultsComeInTheOrderOfThePieces() {
    try (Workers workers = new Workers(3)) {
      assertThat(workers.map(50, i -> i * i))
          .isEqualTo(IntStream.range(0, 50).mapToObj(i -> i * i).toList());
    }
  }

  @Test
  void aFailureReachesTheCaller() {
    try (Workers workers = new Workers(3)) {
      assertThatThrownBy(() ->
              workers.run(
                  10,
                  i -> {
                    if (i == 7) {
                      throw new InputException("seven");
                    }
                  }))
          .hasMessage("seven");
    }
  }
}
