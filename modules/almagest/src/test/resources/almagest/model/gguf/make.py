"""Tiny decoders in GGUF, and what transformers computes from these very files.

Made with gguf 0.19.0, accelerate, transformers 5.24.0, torch 2.15.0, numpy 2.4.6. Names and metadata are those of llama.cpp's
converter. Run in this folder: python make.py
"""
import warnings

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Q
from gguf import quants
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

warnings.filterwarnings("ignore")
D, HEADS, GROUPS, WIDTH, INNER, LAYERS, VOCABULARY = 64, 4, 2, 16, 96, 3, 96
ids = np.random.default_rng(0).integers(0, VOCABULARY, (2, 24)).astype("i4")
np.save("ids.npy", ids)

for arch in ("llama", "qwen2"):
    rng = np.random.default_rng(20)
    w = gguf.GGUFWriter(f"{arch}.gguf", arch)
    w.add_context_length(64)
    w.add_embedding_length(D)
    w.add_block_count(LAYERS)
    w.add_feed_forward_length(INNER)
    w.add_head_count(HEADS)
    w.add_head_count_kv(GROUPS)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_freq_base(10000.0)
    if arch == "llama":
        w.add_rope_dimension_count(WIDTH)
        w.add_vocab_size(VOCABULARY)
    letters = [chr(0x21 + i) if i < 94 else f"<{i}>" for i in range(VOCABULARY)]
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(letters)
    w.add_token_merges([])
    w.add_token_types([1] * 94 + [3, 3])
    w.add_bos_token_id(94)
    w.add_eos_token_id(95)
    w.add_pad_token_id(95)

    def put(name, rows, columns=None, quantise=False):
        shape = (rows,) if columns is None else (rows, columns)
        x = rng.standard_normal(shape).astype("f4") * (0.1 if columns is None else 0.25)
        if columns is None and name.endswith("norm.weight"):
            x += 1
        if quantise:
            w.add_tensor(name, quants.quantize(x, Q.Q8_0), raw_dtype=Q.Q8_0)
        else:
            w.add_tensor(name, x)

    put("token_embd.weight", VOCABULARY, D)
    put("output_norm.weight", D)
    put("output.weight", VOCABULARY, D)
    for i in range(LAYERS):
        b = f"blk.{i}."
        put(b + "attn_norm.weight", D)
        put(b + "ffn_norm.weight", D)
        put(b + "attn_q.weight", HEADS * WIDTH, D, quantise=True)
        put(b + "attn_k.weight", GROUPS * WIDTH, D, quantise=True)
        put(b + "attn_v.weight", GROUPS * WIDTH, D)
        put(b + "attn_output.weight", D, HEADS * WIDTH)
        put(b + "ffn_gate.weight", INNER, D, quantise=True)
        put(b + "ffn_up.weight", INNER, D)
        put(b + "ffn_down.weight", D, INNER)
        if arch == "qwen2":
            put(b + "attn_q.bias", HEADS * WIDTH)
            put(b + "attn_k.bias", GROUPS * WIDTH)
            put(b + "attn_v.bias", GROUPS * WIDTH)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    model = AutoModelForCausalLM.from_pretrained(".", gguf_file=f"{arch}.gguf", dtype=torch.float32).eval()
    with torch.no_grad():
        out = model(torch.tensor(ids.astype("i8")), output_hidden_states=True)
    states = {f"blocks.{i}.hook_resid_pre": out.hidden_states[i].numpy() for i in range(LAYERS)}
    np.savez(f"{arch}.npz", logits=out.logits.numpy(), **states)

# Llama 3's frequencies: the file has a factor for each, the checkpoint a rule. And biases, which the checkpoint's configuration states.
D, WIDTH, LAYERS = 16, 8, 2
rule = dict(rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)
config = LlamaConfig(hidden_size=D, num_hidden_layers=LAYERS, num_attention_heads=2, num_key_value_heads=1, head_dim=WIDTH, intermediate_size=20,
                     vocab_size=VOCABULARY, max_position_embeddings=128, attention_bias=True, mlp_bias=True, rope_parameters=rule)
torch.manual_seed(20)
model = LlamaForCausalLM(config).eval()
with torch.no_grad():
    for p in model.parameters():
        p.add_(0.2 * torch.randn(p.shape))
w = gguf.GGUFWriter("llama3.gguf", "llama")
w.add_context_length(128)
w.add_embedding_length(D)
w.add_block_count(LAYERS)
w.add_feed_forward_length(20)
w.add_head_count(2)
w.add_head_count_kv(1)
w.add_layer_norm_rms_eps(config.rms_norm_eps)
w.add_rope_freq_base(rule["rope_theta"])
w.add_rope_dimension_count(WIDTH)
frequencies = 1 / rule["rope_theta"] ** (torch.arange(0, WIDTH, 2) / WIDTH)
w.add_tensor("rope_freqs.weight", (frequencies / model.model.rotary_emb.inv_freq).numpy())
names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, LAYERS)
for name, x in model.state_dict().items():
    if ".q_proj." in name or ".k_proj." in name:
        heads = len(x) // WIDTH
        x = x.reshape(heads, 2, WIDTH // 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)
    w.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), x.contiguous().numpy())
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
with torch.no_grad():
    out = model(torch.tensor(ids.astype("i8")), output_hidden_states=True)
np.savez("llama3.npz", logits=out.logits.numpy(), **{"blocks.1.hook_resid_pre": out.hidden_states[1].numpy()})
