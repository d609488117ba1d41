package almagest.atom;

import java.util.List;
import java.util.TreeSet;

/**
 * The best faces of one kind so far, each once, at most so many; safe to share between threads.
 * What is kept in the end does not depend on the order in which faces come.
 */
final class BestFaces {
  private final int most;
  private final TreeSet<Face> faces = new TreeSet<>(Face.ORDER);
  private volatile double limit;
  private boolean full;

  /**
   * @param limit a misfit above it is of no interest
   */
  BestFaces(int most, double limit) {
    this.most = most;
    this.limit = limit;
  }

  /** A face with a larger misfit cannot be among the best any more. */
  double limit() {
    return limit;
  }

  synchronized void offer(Face face) {
    if (face.misfit() > limit || !faces.add(face)) {
      return;
    }
    if (faces.size() > most) {
      faces.removeLast();
      full = true;
    }
    if (faces.size() == most) {
      limit = Math.min(limit, faces.getLast().misfit());
    }
  }

  /** Best first. */
  synchronized List<Face> list() {
    return List.copyOf(faces);
  }

  /** Whether some were left out for want of room. */
  synchronized boolean cut() {
    return full;
  }
}
