"""Tiny models whose configurations or masks are unusual, and what transformers computes with them.

Made with transformers 5.24.0, torch 2.15.0, numpy 2.4.6 (seed 4). Run in this folder: python make.py
Row 0 of the tokens is whole, row 1 padded on the left, row 2 on the right; compare where the mask is 1.
"""
import numpy as np
import torch
import transformers as T

torch.set_num_threads(1)
SLIDING, FULL = "sliding_attention", "full_attention"
SMALL = dict(vocab_size=40, hidden_size=16, num_attention_heads=2, intermediate_size=20, max_position_embeddings=24)
DECODER = dict(SMALL, num_hidden_layers=2, pad_token_id=0, bos_token_id=1, eos_token_id=2)
GPT2 = dict(vocab_size=40, n_positions=24, n_embd=16, n_layer=2, n_head=2, n_inner=20, bos_token_id=0, eos_token_id=0)
rope = dict(rope_type="default", rope_theta=10000.0)

MODELS = {
    "gpt2_scaled_by_depth": (T.GPT2LMHeadModel, T.GPT2Config(**GPT2, scale_attn_by_inverse_layer_idx=True)),
    "gpt2_unscaled": (T.GPT2LMHeadModel, T.GPT2Config(**GPT2, scale_attn_weights=False)),
    # The attention's soft cap is in the configuration, and in no equation.
    "gemma3_capped": (
        T.Gemma3ForCausalLM,
        T.Gemma3TextConfig(**DECODER, num_key_value_heads=1, head_dim=8, query_pre_attn_scalar=8, sliding_window=5,
                           layer_types=[SLIDING, FULL], attn_logit_softcapping=2.0, final_logit_softcapping=3.0,
                           rope_parameters={SLIDING: rope, FULL: rope})),
    "llama": (T.LlamaForCausalLM, T.LlamaConfig(**DECODER, num_key_value_heads=1, head_dim=10, rope_parameters=rope)),
    "opt": (
        T.OPTForCausalLM,
        T.OPTConfig(vocab_size=40, hidden_size=16, num_hidden_layers=2, ffn_dim=20, num_attention_heads=2,
                    max_position_embeddings=24, word_embed_proj_dim=16)),
    "bert": (T.BertModel, T.BertConfig(**SMALL, num_hidden_layers=2, type_vocab_size=2)),
}

for name, (kind, config) in MODELS.items():
    generator = torch.Generator().manual_seed(4)
    config._attn_implementation = "eager"
    model = kind(config).eval()
    with torch.no_grad():
        for parameter in dict.fromkeys(model.parameters()):
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    model.save_pretrained(name)
    tokens = torch.randint(3, 40, (3, 20), generator=generator)
    mask = torch.ones_like(tokens)
    mask[1, :7] = 0
    mask[2, 15:] = 0
    types = torch.randint(0, 2, tokens.shape, generator=generator)
    arrays = dict(tokens=tokens, mask=mask)
    asked = dict(input_ids=tokens, attention_mask=mask, output_hidden_states=True)
    if name == "bert":
        arrays["token_types"] = asked["token_type_ids"] = types
    with torch.no_grad():
        out = model(**asked)
    arrays = {key: value.numpy().astype(np.int32) for key, value in arrays.items()}
    states = [state.numpy() for state in out.hidden_states]
    for layer, state in enumerate(states[:-1]):
        arrays[f"blocks.{layer}.hook_resid_pre"] = state
    arrays["final_norm_out"] = states[-1]
    if name != "bert":
        arrays["logits"] = out.logits.numpy()
    np.savez_compressed(f"{name}/reference.npz", **arrays)
