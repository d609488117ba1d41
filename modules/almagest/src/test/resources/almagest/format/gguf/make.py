"""A GGUF file with every kind of tensor that is read, and the values of an independent reader.

Made with gguf 0.19.0 and numpy 2.4.6. Blocks of the K
kinds are random bytes with finite scales, as the package does not quantise to them.
Run in this folder: python make.py
"""
import gguf
import numpy as np
from gguf import GGMLQuantizationType as Q
from gguf import quants

rng = np.random.default_rng(20)
writer = gguf.GGUFWriter("kinds.gguf", "llama")
writer.add_uint32("llama.block_count", 2)
writer.add_float32("llama.rope.freq_base", 10000.0)
writer.add_bool("flag", True)
writer.add_int64("negative", -7)
writer.add_array("tokens", ["<s>", "é", ""])
writer.add_array("scores", [0.5, -1.5])
writer.add_array("kinds", [1, 2, 300])
expected = {}


def blocks(kind, rows, columns):
    """Random blocks of a K kind: any bytes, but float16 scales between 2^-10 and 1."""
    size, bytes_ = gguf.GGML_QUANT_SIZES[kind]
    raw = rng.integers(0, 256, (rows * columns // size, bytes_), dtype=np.uint8)
    places = [208] if kind == Q.Q6_K else [0, 2]
    for p in places:
        scale = rng.uniform(2**-10, 1, len(raw)).astype("<f2")
        raw[:, p : p + 2] = scale.view(np.uint8).reshape(-1, 2)
    return raw.reshape(rows, -1)


for kind in (Q.F32, Q.F16, Q.BF16, Q.Q8_0, Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q4_K, Q.Q5_K, Q.Q6_K):
    if kind in (Q.Q4_K, Q.Q5_K, Q.Q6_K):
        data = blocks(kind, 3, 512)
    else:
        data = quants.quantize(rng.standard_normal((3, 64)).astype("f4"), kind)
    expected[kind.name] = quants.dequantize(data, kind)
    if kind in (Q.F16, Q.F32):
        writer.add_tensor(kind.name, data)
    else:
        writer.add_tensor(kind.name, data, raw_dtype=kind)
writer.add_tensor("vector", np.arange(5, dtype="f4"))
expected["vector"] = np.arange(5, dtype="f4")
writer.add_tensor("integers", np.arange(6, dtype="i4").reshape(2, 3))
expected["integers"] = np.arange(6, dtype="i4").reshape(2, 3)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
np.savez("kinds.npz", **expected)
