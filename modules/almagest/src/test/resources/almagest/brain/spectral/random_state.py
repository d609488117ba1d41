"""Labels of scikit-learn's spectral clustering by random_state, where seeds agree and where not.

Two corpora with heavy-tailed frequencies of firing: "lobes", 200 features in eight lobes, and
"none", 160 features that fire independently. Writes random-state-NAME.npz beside itself: the counts,
and for every affinity and k the labels of random_state 0 to 9 and their normalised cuts. NumPy
2.4.6, SciPy 1.17.1, scikit-learn 1.9.1; numpy seeds 11 and 7.
"""
import pathlib

import numpy as np
from sklearn.cluster import SpectralClustering

HERE = pathlib.Path(__file__).parent
CHUNKS, LOBES, SEEDS = 1500, 8, 10


def normalised_cut(a, labels):
    """Sum over lobes of the share of their weight that leaves them; a has diagonal 0."""
    member = np.eye(labels.max() + 1)[labels]
    volume = a.sum(1) @ member
    return (1 - np.einsum("ik,ik->k", member, a @ member) / volume).sum()


def lobes():
    rng = np.random.default_rng(11)
    lobe = rng.integers(LOBES, size=200)
    rate = np.clip((rng.pareto(1.0, 200) + 1) * 0.01, 0.002, 0.6)
    topic = rng.integers(LOBES, size=CHUNKS)
    return rng.random((CHUNKS, 200)) < np.clip(rate * np.where(topic[:, None] == lobe, 3, 1), 0, 0.95)


def none():
    rng = np.random.default_rng(7)
    rate = np.clip((rng.pareto(1.2, 160) + 1) * 0.02, 0.01, 0.6)
    return rng.random((CHUNKS, 160)) < rate


for name, fires in {"lobes": lobes(), "none": none()}.items():
    counts = fires.T.astype(np.int64) @ fires
    c = counts.astype(float)
    d = np.diag(c)
    s = np.sqrt(d * (CHUNKS - d))
    affinities = {
        "phi": (CHUNKS * c - np.outer(d, d)) / np.outer(s, s) + 1,
        "simple-matching": (CHUNKS - d[:, None] - d + 2 * c) / CHUNKS,
        "jaccard": c / (d[:, None] + d - c),
        "overlap": c / np.minimum(d[:, None], d),
    }
    arrays = {"histogram": counts.astype(np.int32), "n_chunks": np.int64(CHUNKS)}
    for affinity, a in affinities.items():
        np.fill_diagonal(a, 0)
        for k in (2, 3, 5, 8, 12, 16):
            runs = [
                SpectralClustering(k, affinity="precomputed", n_init=10, random_state=seed).fit_predict(a)
                for seed in range(SEEDS)
            ]
            arrays[f"{affinity} {k}"] = np.array(runs, np.int32)
            arrays[f"{affinity} {k} cuts"] = np.array([normalised_cut(a, labels) for labels in runs])
    np.savez_compressed(HERE / f"random-state-{name}.npz", **arrays)
