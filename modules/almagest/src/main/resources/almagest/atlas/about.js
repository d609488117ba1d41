import { el, number, table } from "dom.js";
import { index, layers } from "data.js";

// How the run was made, what the page lacks, and to whom texts and models belong.

export function about(root) {
  const run = index.run ?? {};
  root.append(
    el("section", { class: "plain" },
      index.notes.length ? el("div", { class: "notice" }, el("h3", {}, "Parts that are missing"), el("ul", {}, index.notes.map((n) => el("li", {}, n)))) : null,
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Layers" },
        table("Layers", [["layer", "features", "tokens counted", "L0", "variance explained", "by PCA of as many components", "dead"],
          ...layers.map((l) => [l.name, l.features, l.entry.tokens, find(l.entry.sae, ["l0", "L0"]), find(l.entry.sae, ["fraction_of_variance_explained", "explained_variance", "fvu_explained", "variance_explained", "fve"]), find(l.entry.sae?.pca, ["explained_variance"]), find(l.entry.sae, ["dead_fraction", "dead"])])])),
      el("p", { class: "caveat" }, "L0: features that fire per token on average. Variance explained: of held-out activations, by the autoencoder's reconstruction.")),
    licences(),
    el("section", { class: "plain" }, el("h3", {}, "Manifest"),
      el("p", { class: "caveat" }, "Options, keys and hashes; times and machine are in run.json, so that equal runs make equal pages."),
      el("div", { class: "manifest" }, tree(run)))
  );
  return [];
}

function find(node, keys) {
  if (!node) return null;
  for (const key of keys) if (typeof node[key] === "number") return node[key];
  for (const value of Object.values(node)) {
    if (value && typeof value === "object" && !Array.isArray(value)) {
      const inner = find(value, keys);
      if (inner !== null) return inner;
    }
  }
  return null;
}

function licences() {
  const entries = listOf(index.licences);
  return el("section", { class: "plain" }, el("h3", {}, "Licences and sources"),
    entries.length === 0
      ? el("p", { class: "notice" }, "The run directory names no licences (corpus/licences.json).")
      : el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Licences" }, table("Licences of model and corpus", rowsOf(entries))),
    el("p", { class: "caveat" }, "Excerpts are shown for the study of the model; they remain under the licence of their source, which stands below each of them. The page inlines Apache ECharts (Apache-2.0) and three.js (MIT)."));
}

function listOf(value) {
  if (Array.isArray(value)) return value;
  if (!value || typeof value !== "object") return [];
  const inner = Object.entries(value).filter(([k]) => k !== "almagest");
  const lists = inner.filter(([, v]) => Array.isArray(v));
  if (lists.length) return lists.flatMap(([kind, v]) => v.map((e) => (typeof e === "string" ? { name: e, kind } : { kind, ...e })));
  return inner.map(([name, v]) => (typeof v === "string" ? { name, licence: v } : { name, ...v }));
}

function rowsOf(entries) {
  const keys = [...new Set(entries.flatMap((e) => Object.keys(e)))].filter((k) => entries.some((e) => e[k] !== null && typeof e[k] !== "object"));
  return [keys, ...entries.map((e) => keys.map((k) => (e[k] === undefined || e[k] === null ? "" : typeof e[k] === "object" ? "" : e[k])))];
}

function tree(value) {
  if (Array.isArray(value) && value.every((v) => v === null || typeof v !== "object")) return el("span", {}, value.join(", "));
  if (value && typeof value === "object") {
    return el("ul", {}, Object.entries(value).map(([k, v]) => {
      const deep = v && typeof v === "object" && !Array.isArray(v) && Object.keys(v).length > 0;
      return el("li", {}, deep ? el("details", { open: k === "options" || k === "settings" ? true : null }, el("summary", {}, k), tree(v)) : [el("span", { class: "key" }, k), " ", tree(v)]);
    }));
  }
  return el("span", {}, typeof value === "number" ? number(value) : String(value));
}
