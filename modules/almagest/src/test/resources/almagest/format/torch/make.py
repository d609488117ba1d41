"""Checkpoints for TorchCheckpointTest, and the values that PyTorch itself reads from them.

Made with torch 2.15.0 and numpy 2.4.6. Run in this folder: python make.py
"""
import collections
import warnings

import numpy as np
import torch

warnings.filterwarnings("ignore")
g = torch.Generator().manual_seed(20)
base = torch.randn(7, 5, 6, generator=g)
state = collections.OrderedDict(
    contiguous=base,
    transposed=base[0].t(),
    permuted=base.permute(2, 0, 1),
    window=base[1:3, ::2, 1:4],
    row=base[2, 3],
    shared=base.view(-1)[100:],
    scalar=torch.tensor(0.75),
    empty=torch.zeros(0, 3),
    half=torch.randn(3, 4, generator=g).half(),
    bfloat=torch.randn(3, 4, generator=g).bfloat16().t(),
    double=torch.randn(4, generator=g).double(),
    int64=torch.arange(-3, 4),
    int32=torch.tensor(8, dtype=torch.int32),
    int16=torch.tensor([-1, 300], dtype=torch.int16),
    int8=torch.tensor([-1, 100], dtype=torch.int8),
    uint8=torch.tensor([200, 1], dtype=torch.uint8),
    boolean=torch.tensor([True, False]),
    parameter=torch.nn.Parameter(torch.randn(2, 3, generator=g)),
)
torch.save(state, "tensors.pt")
read = torch.load("tensors.pt", weights_only=True)
np.savez("tensors.npz", **{k: v.detach().float().numpy() for k, v in read.items()})

layer = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
with torch.no_grad():
    layer[0].weight.copy_(torch.arange(6.0).view(2, 3))
    layer[0].bias.copy_(torch.tensor([-1.0, 1.0]))
torch.save(
    {"model": layer.state_dict(), "step": 7, "rate": 0.5, "done": False, "name": "tiny", "sizes": [3, 2], "none": None},
    "nested.pt",
)
torch.save({"w": torch.arange(4.0)}, "protocol4.pt", pickle_protocol=4)
