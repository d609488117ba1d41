"""Tiny models whose products llama.cpp's converter turns round or cuts otherwise in GGUF, and what transformers computes from the originals.

Made with gguf 0.19.0, transformers 5.24.0, torch 2.15.0, numpy 2.4.6. Names and metadata are those of llama.cpp's converter. Run in this folder: python make_families.py
"""
import gguf
import numpy as np
import torch
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, Phi3Config, Phi3ForCausalLM

D, HEADS, WIDTH, INNER, VOCABULARY = 24, 3, 8, 40, 96
ids = np.load("ids.npy")
own = dict(vocab_size=VOCABULARY, hidden_size=D, num_hidden_layers=2, num_attention_heads=HEADS, intermediate_size=INNER, max_position_embeddings=32)
families = {
    "phi3": Phi3ForCausalLM(Phi3Config(**own, num_key_value_heads=1, sliding_window=7, original_max_position_embeddings=32, pad_token_id=0)),
    "gpt2": GPT2LMHeadModel(GPT2Config(vocab_size=VOCABULARY, n_positions=32, n_embd=D, n_layer=2, n_head=HEADS, n_inner=INNER)),
    "gptneox": GPTNeoXForCausalLM(GPTNeoXConfig(**own, rotary_pct=0.5, rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5))),
    "bert": BertModel(BertConfig(**own), add_pooling_layer=False),
}
for arch, model in families.items():
    torch.manual_seed(20)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.2 * torch.randn(p.shape))
    model.eval()
    w = gguf.GGUFWriter(f"{arch}.gguf", arch)
    w.add_context_length(32)
    w.add_embedding_length(D)
    w.add_block_count(2)
    w.add_feed_forward_length(INNER)
    w.add_head_count(HEADS)
    if arch == "phi3":
        w.add_rope_scaling_orig_ctx_len(32)
        w.add_head_count_kv(1)
        w.add_layer_norm_rms_eps(model.config.rms_norm_eps)
        w.add_rope_dimension_count(WIDTH)
        w.add_rope_freq_base(10000.0)
        w.add_sliding_window(7)
    else:
        w.add_layer_norm_eps(model.config.layer_norm_epsilon if arch == "gpt2" else model.config.layer_norm_eps)
    if arch == "gptneox":
        w.add_rope_dimension_count(WIDTH // 2)
        w.add_parallel_residual(True)
    if arch == "bert":
        w.add_causal_attention(False)
        w.add_pooling_type(gguf.PoolingType.CLS)
        w.add_token_type_count(2)
    names = gguf.get_tensor_name_map({v: k for k, v in gguf.MODEL_ARCH_NAMES.items()}[arch], 2)
    for name, x in model.state_dict().items():
        if arch == "gpt2" and name == "lm_head.weight":
            continue
        if name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")):
            x = x.T
        if "query_key_value" in name:
            x = x.reshape(HEADS, 3, WIDTH, *x.shape[1:]).swapaxes(0, 1).reshape(x.shape)
        w.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), x.contiguous().numpy())
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    with torch.no_grad():
        out = model(torch.tensor(ids.astype("i8")), output_hidden_states=True)
    logits = {} if arch == "bert" else dict(logits=out.logits.numpy())
    np.savez(f"{arch}.npz", **{"blocks.1.hook_resid_pre": out.hidden_states[1].numpy()}, **logits)
