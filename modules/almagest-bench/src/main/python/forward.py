#!/usr/bin/env python3
"""Tokens per second of transformers to the middle layer: batch 16 of 256 tokens, all processors.

usage: forward.py MODEL float32|bfloat16 REPEAT [eager|sdpa]
"""
import json
import os
import sys
import time

import torch
from transformers import AutoModel

directory, dtype, repeat = sys.argv[1], getattr(torch, sys.argv[2]), int(sys.argv[3])
attention = sys.argv[4] if len(sys.argv) > 4 else "sdpa"
torch.set_num_threads(os.cpu_count())
model = AutoModel.from_pretrained(directory, dtype=dtype, attn_implementation=attention).eval()
half = model.config.num_hidden_layers // 2
model.layers = model.layers[:half]
model.config.num_hidden_layers = half
ids = torch.randint(3, model.config.vocab_size, (16, 256), generator=torch.Generator().manual_seed(0))
seconds, processor = [], []
with torch.inference_mode():
    for r in range(-1, repeat):
        start, used = time.perf_counter(), time.process_time()
        model(ids, use_cache=False)
        if r >= 0:
            seconds.append(time.perf_counter() - start)
            processor.append(time.process_time() - used)
print(json.dumps({"name": f"forward {sys.argv[2]}, transformers", "seconds": seconds, "processor_seconds": processor,
                  "tokens": 4096, "layers": half, "threads": torch.get_num_threads(), "attention": attention}))
