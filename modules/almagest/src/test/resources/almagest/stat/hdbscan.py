"""Makes hdbscan.npz with scikit-learn 1.9.1: python hdbscan.py"""
import numpy as np, sklearn
from sklearn.cluster import HDBSCAN
rng = np.random.default_rng(7)
x = np.concatenate([rng.normal(c, s, (m, 3)) for c, s, m in [(0, .3, 40), (4, .8, 60), (-5, .2, 15), ([0, 6, 0], 1.0, 45)]] + [rng.uniform(-9, 9, (30, 3))])
x = x[rng.permutation(len(x))]
out = {"x": x}
for size, samples in [(5, 5), (10, 3), (20, 8)]:
    out[f"labels_{size}_{samples}"] = HDBSCAN(min_cluster_size=size, min_samples=samples, algorithm="brute", copy=True).fit_predict(x).astype(np.int32)
np.savez_compressed("hdbscan.npz", **out)
print(sklearn.__version__, {k: (v.max() + 1, (v < 0).sum()) for k, v in out.items() if k != "x"})
