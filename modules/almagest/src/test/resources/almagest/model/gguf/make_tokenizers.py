"""The tokenizers of the models beside this folder, as GGUF files without a tensor.

Made with gguf 0.19.0. Kinds of tokens and names of ways to cut a text are those of llama.cpp's converter; what texts become is in
tokens.json of each model. tokenizer-spm-*.gguf list no merges, as the converter's files: they follow from the vocabulary.
Run in this folder: python make_tokenizers.py
"""
import json

import gguf

STYLES = {
    # file: (architecture, model, way to cut, whether BOS is put first)
    "bpe-llama": ("llama", "llama", "llama-bpe", True),
    "bpe-qwen3": ("qwen3", "qwen3", "qwen2", False),
    "bpe-gpt2": ("gpt2", "gpt2", "gpt-2", False),
    "spm-gemma": ("gemma2", "gemma2", None, True),
    "spm-mistral": ("llama", "mistral", None, True),
}
for name, (architecture, model, pre, bos) in STYLES.items():
    described = json.load(open(f"../{model}/tokenizer.json"))
    vocabulary = described["model"]["vocab"]
    merges = [" ".join(m) if isinstance(m, list) else m for m in described["model"]["merges"]]
    tokens = sorted(vocabulary, key=vocabulary.get)
    special = {t["content"]: t["id"] for t in described["added_tokens"]}
    w = gguf.GGUFWriter(f"tokenizer-{name}.gguf", architecture)
    w.add_token_list(tokens)
    kinds = [3 if t in special else 6 if len(t) == 6 and t.startswith("<0x") else 1 for t in tokens]
    if pre:
        w.add_tokenizer_model("gpt2")
        w.add_tokenizer_pre(pre)
        w.add_token_merges(merges)
    else:
        w.add_tokenizer_model("llama")
        w.add_token_scores([float(-i) for i in range(len(tokens))])
        w.add_add_space_prefix(architecture == "llama")
        w.add_unk_token_id(vocabulary["<unk>"])
        kinds = [2 if t == "<unk>" else k for t, k in zip(tokens, kinds)]
    w.add_token_types(kinds)
    begin = {"<|begin_of_text|>", "<bos>", "<s>"} & set(special)
    if begin:
        w.add_bos_token_id(special[begin.pop()])
    w.add_add_bos_token(bos)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
