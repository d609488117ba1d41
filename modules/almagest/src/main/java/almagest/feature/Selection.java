package almagest.feature;

import java.util.Arrays;

/**
 * The features of one row that fire, as they are found: an index and an activation each. Used by
 * one thread at a time and reused row after row.
 */
public final class Selection {
  int[] indices;
  float[] values;
  int size;

  /** What an activation must exceed to be kept; rises while the k largest are sought. */
  float bound;

  Selection(int capacity) {
    indices = new int[capacity];
    values = new float[capacity];
  }

  void clear() {
    size = 0;
    bound = 0;
  }

  void add(int index, float value) {
    if (size == indices.length) {
      indices = Arrays.copyOf(indices, size * 2);
      values = Arrays.copyOf(values, size * 2);
    }
    indices[size] = index;
    values[size++] = value;
  }

  /**
   * Keeps the k best: greater activation first, then the smaller index. Afterwards {@link #bound}
   * is the least activation kept, which a later feature has to exceed.
   */
  void keepBest(int k) {
    if (size > k) {
      select(k);
      size = k;
    }
    if (size == k) {
      float least = Float.POSITIVE_INFINITY;
      for (int i = 0; i < k; i++) {
        least = Math.min(least, values[i]);
      }
      bound = least;
    }
  }

  /** Quickselect: moves the k best to the front, in no order. */
  private void select(int k) {
    int low = 0;
    int high = size - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (before(middle, low)) {
        swap(middle, low);
      }
      if (before(high, low)) {
        swap(high, low);
      }
      if (before(high, middle)) {
        swap(high, middle);
      }
      float pivotValue = values[middle];
      int pivotIndex = indices[middle];
      int i = low;
      int j = high;
      while (i <= j) {
        while (better(values[i], indices[i], pivotValue, pivotIndex)) {
          i++;
        }
        while (better(pivotValue, pivotIndex, values[j], indices[j])) {
          j--;
        }
        if (i <= j) {
          swap(i++, j--);
        }
      }
      if (k - 1 <= j) {
        high = j;
      } else if (k - 1 >= i) {
        low = i;
      } else {
        return;
      }
    }
  }

  private boolean before(int a, int b) {
    return better(values[a], indices[a], values[b], indices[b]);
  }

  private static boolean better(float a, int indexA, float b, int indexB) {
    return a > b || (a == b && indexA < indexB);
  }

  private void swap(int a, int b) {
    float v = values[a];
    values[a] = values[b];
    values[b] = v;
    int x = indices[a];
    indices[a] = indices[b];
    indices[b] = x;
  }

  /** Orders by index; insertion sort for the few that fire, heap sort beyond. */
  void sortByIndex() {
    if (size > 64) {
      for (int i = size / 2 - 1; i >= 0; i--) {
        sink(i, size);
      }
      for (int end = size - 1; end > 0; end--) {
        swap(0, end);
        sink(0, end);
      }
      return;
    }
    for (int i = 1; i < size; i++) {
      int x = indices[i];
      float v = values[i];
      int j = i - 1;
      while (j >= 0 && indices[j] > x) {
        indices[j + 1] = indices[j];
        values[j + 1] = values[j];
        j--;
      }
      indices[j + 1] = x;
      values[j + 1] = v;
    }
  }

  private void sink(int root, int end) {
    int i = root;
    while (2 * i + 1 < end) {
      int child = 2 * i + 1;
      if (child + 1 < end && indices[child + 1] > indices[child]) {
        child++;
      }
      if (indices[i] >= indices[child]) {
        return;
      }
      swap(i, child);
      i = child;
    }
  }
}
