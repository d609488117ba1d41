"""Steps per second of the plain PyTorch training loop of a TopK SAE: autograd, dense decode, Adam.

The peer of SaeTrainBench: 384 dimensions, 4096 features, k 32, batch 4096, float32, all cores.
Usage: sae_train_torch.py [steps]; prints one JSON line.
"""
import json
import os
import sys
import time

import torch

D, M, K, BATCH = 384, 4096, 32, 4096
STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 30
torch.set_num_threads(os.cpu_count())
g = torch.Generator().manual_seed(1)
directions = torch.randn(2048, D, generator=g) / D**0.5
amounts = torch.zeros(8 * BATCH, 2048)
amounts.scatter_(1, torch.randint(2048, (8 * BATCH, 16), generator=g),
                 torch.empty(8 * BATCH, 16).exponential_(generator=g))
data = amounts @ directions + 0.02 * torch.randn(8 * BATCH, D, generator=g)
del amounts
data -= data.mean(0)
data *= (D / data.square().sum(1).mean()).sqrt()

dec = torch.nn.functional.normalize(torch.randn(M, D, generator=g), dim=1)
w_dec = torch.nn.Parameter(dec.clone())
w_enc = torch.nn.Parameter(dec.T.contiguous())
b_enc = torch.nn.Parameter(torch.zeros(M))
b_dec = torch.nn.Parameter(torch.zeros(D))
adam = torch.optim.Adam([w_enc, w_dec, b_enc, b_dec], lr=1e-3)


def step(x):
    pre = (x - b_dec) @ w_enc + b_enc
    top = torch.topk(pre, K, dim=1)
    f = torch.zeros_like(pre).scatter(1, top.indices, top.values.relu())
    error = f @ w_dec + b_dec - x
    loss = error.square().sum(1).mean()
    adam.zero_grad()
    loss.backward()
    with torch.no_grad():
        w_dec.grad.sub_((w_dec.grad * w_dec).sum(1, keepdim=True) * w_dec)
    adam.step()
    with torch.no_grad():
        w_dec.div_(w_dec.norm(dim=1, keepdim=True))
    return loss.item() / D


for i in range(3):
    step(data[:BATCH])
start = time.perf_counter()
for i in range(STEPS):
    at = i % 8 * BATCH
    loss = step(data[at:at + BATCH])
seconds = time.perf_counter() - start
print(json.dumps({"name": "sae-train-torch", "steps": STEPS, "seconds": seconds,
                  "steps_per_second": STEPS / seconds, "loss": loss, "torch": torch.__version__,
                  "threads": torch.get_num_threads()}))
