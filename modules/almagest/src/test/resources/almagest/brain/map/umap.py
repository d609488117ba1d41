"""Makes umap.npz with umap-learn 0.5.12 (numpy 2): python umap.py"""
import numpy as np, os, sys
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]
from umap import umap_
rng = np.random.default_rng(11)
x = np.concatenate([rng.normal(c, s, (m, 6)) for c, s, m in [(0, 1, 50), (5, .2, 40)]]).astype(np.float32)
d = np.sqrt(((x[:, None].astype(float) - x[None]) ** 2).sum(-1))
k = 12
index = np.argsort(d, axis=1, kind="stable")[:, :k].astype(np.int32)
graph, sigma, rho = umap_.fuzzy_simplicial_set(
    x, k, None, "euclidean", knn_indices=index, knn_dists=np.take_along_axis(d, index, 1).astype(np.float32))
least = np.array([0.0, 0.05, 0.1, 0.25, 0.5, 0.8, 1.0])
curve = np.array([umap_.find_ab_params(1.0, m) for m in least])
np.savez_compressed("umap.npz", x=x, k=np.array([k]), graph=graph.toarray(), sigma=sigma, rho=rho, least=least, curve=curve)
