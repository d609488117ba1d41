"""PyTorch checkpoints of SAEs beyond those in saes/, and what their formulas compute.

Made with torch 2.15.0, numpy 2.4.6 (seed 5). Run in this folder: python make.py
openai_*: names and formula of sparse_autoencoder/model.py of github.com/openai/sparse_autoencoder. matryoshka: names and formula of
dictionary_learning 0.1.0, with whose class (imported where it is installed) the result is compared.
"""
import collections
import json
import os

import numpy as np
import torch

D, M, K = 12, 30, 4
generator = torch.Generator().manual_seed(5)
draw = lambda *shape: torch.randn(shape, generator=generator)


def store(name, checkpoint, x, features, reconstruction, trainer=None):
    os.makedirs(name, exist_ok=True)
    torch.save(checkpoint, f"{name}/ae.pt")
    if trainer:
        json.dump({"trainer": trainer}, open(f"{name}/config.json", "w"))
    np.savez(f"{name}/io.npz", x=x.numpy(), features=features.numpy(), reconstruction=reconstruction.numpy())


for name, activation in (("openai_topk", "TopK"), ("openai_relu", "ReLU"), ("openai_unnamed", None)):
    sae = collections.OrderedDict(
        {"pre_bias": draw(D), "latent_bias": draw(M), "stats_last_nonzero": torch.zeros(M, dtype=torch.long),
         "encoder.weight": draw(M, D), "decoder.weight": draw(D, M)})
    if activation:
        sae["activation"] = activation
        sae["activation_state_dict"] = (
            collections.OrderedDict(k=K, postact_fn="ReLU") if activation == "TopK" else collections.OrderedDict())
    x = 2 * draw(16, D) + 1
    y, mean, sd = x, 0, 1
    if activation == "TopK":
        mean = x.mean(-1, keepdim=True)
        sd = x.std(-1, keepdim=True)
        y = (x - mean) / (sd + 1e-5)
    pre = (y - sae["pre_bias"]) @ sae["encoder.weight"].T + sae["latent_bias"]
    if activation == "TopK":
        best = pre.topk(K)
        pre = torch.zeros_like(pre).scatter(-1, best.indices, best.values)
    features = pre.relu()
    store(name, sae, x, features, (features @ sae["decoder.weight"].T + sae["pre_bias"]) * sd + mean)

sae = {"W_enc": draw(D, M), "b_enc": draw(M), "W_dec": draw(M, D), "b_dec": draw(D), "k": torch.tensor(K, dtype=torch.int),
       "threshold": torch.tensor(1.25), "group_sizes": torch.tensor([10, 20])}
x = draw(16, D)
pre = ((x - sae["b_dec"]) @ sae["W_enc"] + sae["b_enc"]).relu()
features = pre * (pre > 1.25)
reconstruction = features @ sae["W_dec"] + sae["b_dec"]
try:
    from dictionary_learning.trainers.matryoshka_batch_top_k import MatryoshkaBatchTopKSAE

    theirs = MatryoshkaBatchTopKSAE(D, M, K, [10, 20])
    theirs.load_state_dict(sae)
    with torch.no_grad():
        assert torch.allclose(theirs.encode(x), features) and torch.allclose(theirs(x), reconstruction, atol=1e-5)
except ImportError:
    print("dictionary_learning is not installed: matryoshka is by formula alone")
store("matryoshka", sae, x, features, reconstruction, {"dict_class": "MatryoshkaBatchTopKSAE"})
