"""The normalised cut of a graph, for the generators beside it."""
import numpy as np


def normalised_cut(a, labels):
    """Sum over lobes of the share of their weight that leaves them; a has diagonal 0."""
    degree = a.sum(1)
    total = 0
    for c in np.unique(labels):
        inside = labels == c
        total += 1 - a[np.ix_(inside, inside)].sum() / degree[inside].sum()
    return total
