package almagest.atom;

import almagest.linalg.Blas;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.Arrays;
import java.util.List;

/**
 * Analogy questions "a is to b as c is to ?", answered with the best of all words but a, b and c
 * themselves, by three rules. All words are brought to unit length first.
 *
 * <ul>
 *   <li>3CosAdd (Mikolov et al. 2013): the word of largest cosine with b − a + c;
 *   <li>3CosMul (Levy and Goldberg 2014): the largest cos(x, b) cos(x, c) / (cos(x, a) + 0.001)
 *       with cosines moved to 0 … 1;
 *   <li>PairDirection (the same): the largest cosine of x − c with b − a.
 * </ul>
 *
 * <p>Beside them stands the word nearest to c, without any offset, since many an answer is merely
 * near its question. A word whose vector is zero is never an answer.
 */
public final class Analogies {
  /** Questions answered at a time. */
  private static final int BLOCK = 128;

  private static final double EPSILON = 0.001;

  private final FloatMatrix words;
  private final boolean[] zero;

  /**
   * @param vectors [words, d]
   */
  public Analogies(FloatMatrix vectors) {
    this.words = FloatMatrix.zeros(vectors.rows(), vectors.columns());
    this.zero = new boolean[vectors.rowsAsInt()];
    for (int i = 0; i < zero.length; i++) {
      float[] row = vectors.row(i);
      double square = 0;
      for (float v : row) {
        square += (double) v * v;
      }
      zero[i] = square == 0;
      double norm = Math.sqrt(square);
      for (int j = 0; j < row.length && !zero[i]; j++) {
        row[j] = (float) (row[j] / norm);
      }
      words.setRow(i, row);
    }
  }

  /**
   * A question by the numbers of its words.
   *
   * @param d the right answer
   */
  public record Question(int a, int b, int c, int d) {}

  /**
   * How many questions were answered rightly.
   *
   * @param questions how many were asked
   * @param withoutOffset right by the word nearest to c
   */
  public record Score(
      int questions, int threeCosAdd, int threeCosMul, int pairDirection, int withoutOffset) {
    /** A share of the questions; NaN without any. */
    public double share(int right) {
      return questions == 0 ? Double.NaN : (double) right / questions;
    }

    /** The sum of two. */
    public Score plus(Score other) {
      return new Score(
          questions + other.questions,
          threeCosAdd + other.threeCosAdd,
          threeCosMul + other.threeCosMul,
          pairDirection + other.pairDirection,
          withoutOffset + other.withoutOffset);
    }
  }

  /** The answers [questions][4]: by 3CosAdd, 3CosMul, PairDirection, and without offset. */
  public int[][] answers(List<Question> questions, Workers workers) {
    for (Question q : questions) {
      for (int w : new int[] {q.a, q.b, q.c, q.d}) {
        if (w < 0 || w >= zero.length) {
          throw new InputException("an analogy asks for word " + w + " of " + zero.length);
        }
      }
    }
    int[][] answers = new int[questions.size()][];
    int m = zero.length;
    for (int from = 0; from < questions.size(); from += BLOCK) {
      List<Question> block = questions.subList(from, Math.min(questions.size(), from + BLOCK));
      FloatMatrix given = FloatMatrix.zeros(3L * block.size(), words.columns());
      for (int q = 0; q < block.size(); q++) {
        given.setRow(3L * q, words.row(block.get(q).a));
        given.setRow(3L * q + 1, words.row(block.get(q).b));
        given.setRow(3L * q + 2, words.row(block.get(q).c));
      }
      FloatMatrix cosines = FloatMatrix.zeros(given.rows(), m);
      Blas.multiplyTransposed(given, words, cosines, workers);
      int first = from;
      workers.run(
          block.size(),
          q ->
              answers[first + q] =
                  answer(
                      block.get(q),
                      cosines.row(3L * q),
                      cosines.row(3L * q + 1),
                      cosines.row(3L * q + 2)));
    }
    return answers;
  }

  /** Cosines of every word with a, b and c are all that any of the rules needs. */
  private int[] answer(Question q, float[] withA, float[] withB, float[] withC) {
    int[] best = {-1, -1, -1, -1};
    double[] top = new double[4];
    Arrays.fill(top, Double.NEGATIVE_INFINITY);
    double[] scores = new double[4];
    for (int x = 0; x < zero.length; x++) {
      if (x == q.a || x == q.b || x == q.c || zero[x]) {
        continue;
      }
      double a = withA[x];
      double b = withB[x];
      double c = withC[x];
      scores[0] = b - a + c;
      scores[1] = (1 + b) / 2 * ((1 + c) / 2) / ((1 + a) / 2 + EPSILON);
      double offset = Math.sqrt(Math.max(0, 2 - 2 * c));
      // (x − c)·(b − a) over |x − c|; |b − a| is the same for all x. x = c has no direction.
      scores[2] =
          offset == 0 ? Double.NEGATIVE_INFINITY : (b - a - withC[q.b] + withC[q.a]) / offset;
      scores[3] = c;
      for (int k = 0; k < 4; k++) {
        if (scores[k] > top[k]) {
          top[k] = scores[k];
          best[k] = x;
        }
      }
    }
    return best;
  }

  /** Asks the questions. O(questions × words × d). */
  public Score ask(List<Question> questions, Workers workers) {
    int[] right = new int[4];
    int[][] answers = answers(questions, workers);
    for (int q = 0; q < answers.length; q++) {
      for (int k = 0; k < 4; k++) {
        right[k] += answers[q][k] == questions.get(q).d ? 1 : 0;
      }
    }
    return new Score(questions.size(), right[0], right[1], right[2], right[3]);
  }
}
