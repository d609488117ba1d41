"""Compares lobes with scikit-learn's spectral clustering of the same counts.

    ./almagest lobes --chunks CHUNKS.npz --affinity phi,jaccard --k 2,3,5,8 --out LOBES
    python lobes_agreement.py CHUNKS.npz LOBES [SEEDS]

Prints a line for each labels-AFFINITY-kK.npy in LOBES, of the affinities phi, jaccard, dice, overlap
and simple-matching: the share of pairs of scikit-learn's seeds (2 unless told) that agree, that of
seeds with which the lobes agree (adjusted Rand index 0.99), and by how much the least normalised cut
of the seeds lies above the lobes'. NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1.
"""
import itertools
import pathlib
import re
import sys

import numpy as np
import scipy.sparse as sparse
from sklearn.cluster import SpectralClustering
from sklearn.metrics import adjusted_rand_score

chunks = np.load(sys.argv[1])
seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 2
t, n = (int(v) for v in chunks["shape"])
rows = sparse.csr_matrix((np.ones(len(chunks["indices"])), chunks["indices"], chunks["indptr"]), shape=(t, n))
c = (rows.T @ rows).toarray()
d = np.diag(c)


def ratio(a, b):
    return np.divide(a, b, out=np.zeros_like(c), where=b > 0)


def cut(a, labels):
    member = np.eye(labels.max() + 1)[labels]
    volume = a.sum(1) @ member
    inside = np.einsum("ik,ik->k", member, a @ member)
    return np.divide(volume - inside, volume, out=np.zeros_like(volume), where=volume > 0).sum()


s = np.sqrt(d * (t - d))
affinities = {
    "phi": lambda: ratio(t * c - np.outer(d, d), np.outer(s, s)) + 1,
    "jaccard": lambda: ratio(c, d[:, None] + d - c),
    "dice": lambda: ratio(2 * c, np.broadcast_to(d[:, None] + d, c.shape)),
    "overlap": lambda: ratio(c, np.minimum(d[:, None], d)),
    "simple-matching": lambda: (t - d[:, None] - d + 2 * c) / t,
}
for file in sorted(pathlib.Path(sys.argv[2]).glob("labels-*-k*.npy")):
    name, k = re.fullmatch(r"labels-(.+)-k(\d+)\.npy", file.name).groups()
    if name not in affinities:
        continue
    a = affinities[name]()
    np.fill_diagonal(a, 0)
    ours = np.load(file)
    theirs = [SpectralClustering(int(k), affinity="precomputed", n_init=10, random_state=r).fit_predict(a) for r in range(seeds)]
    agree = np.mean([adjusted_rand_score(x, y) >= 0.99 for x, y in itertools.combinations(theirs, 2)])
    alike = np.mean([adjusted_rand_score(ours, x) >= 0.99 for x in theirs])
    above = min(cut(a, x) for x in theirs) / cut(a, ours) - 1
    print(f"{name} k={k}: seeds agree {agree:.2f}, with ours {alike:.2f}, their least cut {above:+.3%} above", flush=True)
