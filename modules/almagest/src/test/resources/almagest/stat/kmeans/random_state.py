"""Labels of scikit-learn's KMeans by random_state, and the numbers of NumPy's RandomState.

Writes random-state.npz beside itself: of the points x of the other files here the labels for
random_state 0 to 4 (k as in expected.json), and of some seeds the numbers 0, 1, 2, 622, 623, 624 and
5000 of random_sample(). NumPy 2.4.6, scikit-learn 1.9.1.
"""
import json
import pathlib

import numpy as np
from sklearn.cluster import KMeans

HERE = pathlib.Path(__file__).parent
expected = json.loads((HERE / "expected.json").read_text())
arrays = {}
for name in ("clear", "overlapping", "one-dimensional"):
    x = np.load(HERE / f"{name}.npz")["x"]
    arrays[name] = np.array(
        [KMeans(expected[name]["k"], n_init=10, random_state=r).fit_predict(x) for r in range(5)], np.int32
    )
for seed in (0, 1, 20241024, 2**32 - 1):
    arrays[f"seed {seed}"] = np.random.RandomState(seed).random_sample(5001)[[0, 1, 2, 622, 623, 624, 5000]]
np.savez_compressed(HERE / "random-state.npz", **arrays)
