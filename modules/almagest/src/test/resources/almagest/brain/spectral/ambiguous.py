"""Normalised cuts that scikit-learn's spectral clustering finds where no number of lobes suits.

Features fire independently, with heavy-tailed frequencies, so two seeds seldom agree. Writes
ambiguous.npz (the counts) and ambiguous.json (per affinity and k: the cuts of ten seeds and the mean
adjusted Rand index between them) beside itself. NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1;
numpy seed 7, random_state 0 to 9.
"""
import itertools
import json
import pathlib

import numpy as np
from sklearn.cluster import SpectralClustering
from sklearn.metrics import adjusted_rand_score

from normalised_cut import normalised_cut

HERE = pathlib.Path(__file__).parent
N, CHUNKS = 160, 1500

rng = np.random.default_rng(7)
rate = np.clip((rng.pareto(1.2, N) + 1) * 0.02, 0.01, 0.6)
fires = (rng.random((CHUNKS, N)) < rate).astype(np.int64)
counts = fires.T @ fires
np.savez(HERE / "ambiguous.npz", histogram=counts.astype(np.int32), n_chunks=np.int64(CHUNKS))
c = counts.astype(float)
d = np.diag(c)
s = np.sqrt(d * (CHUNKS - d))
affinities = {
    "phi": (CHUNKS * c - np.outer(d, d)) / np.outer(s, s) + 1,
    "jaccard": c / (d[:, None] + d - c),
    "overlap": c / np.minimum(d[:, None], d),
}
report = {}
for name, a in affinities.items():
    np.fill_diagonal(a, 0)
    for k in (5, 8, 16):
        runs = [
            SpectralClustering(k, affinity="precomputed", n_init=10, random_state=seed).fit_predict(a)
            for seed in range(10)
        ]
        report[f"{name} {k}"] = {
            "cuts": [normalised_cut(a, labels) for labels in runs],
            "agreement": float(
                np.mean([adjusted_rand_score(x, y) for x, y in itertools.combinations(runs, 2)])
            ),
        }
(HERE / "ambiguous.json").write_text(json.dumps(report, indent=1) + "\n")
