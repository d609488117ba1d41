"""Encoding speed of SAEs in PyTorch on random weights and activations, float32, all cores.

The peer of SaeEncodeBench. Usage: sae_encode_torch.py [d_model] [d_sae] [tokens]; a JSON line per rule.
"""
import json
import os
import sys
import time

import torch

D, M, N = (int(sys.argv[i + 1]) if len(sys.argv) > i + 1 else v for i, v in enumerate((2304, 16384, 4096)))
torch.set_num_threads(os.cpu_count())
torch.set_grad_enabled(False)
x = torch.randn(N, D)
w = torch.randn(D, M) / D**0.5
b = torch.zeros(M)
threshold = torch.full((M,), 2.5)


def jumprelu():
    pre = x @ w + b
    return pre * (pre > threshold)


def topk():
    pre = x @ w + b
    top = torch.topk(pre, 64, dim=1)
    return torch.zeros_like(pre).scatter(1, top.indices, top.values.relu())


for f in (jumprelu, topk):
    f()
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        y = f()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"name": "sae-encode-torch-" + f.__name__, "seconds": seconds, "min": min(seconds),
                      "l0": (y > 0).sum().item() / N, "torch": torch.__version__, "threads": torch.get_num_threads()}))
