import { el, number } from "dom.js";
import { typeNames } from "data.js";
import { lobeColour, ramp, rampStops, rgb, dark } from "palette.js";

// Colourings: what a feature's colour says, and the legend that says so.

/** What a layer can be coloured by, as [value, text]. */
export function colourings(layer) {
  const list = layer.colourings.map((c) => [
    c.affinity + "-k" + c.k,
    (c.affinity === "angular" ? "angle (geometry)" : c.affinity) + ", k = " + c.k,
  ]);
  if (layer.frequency) list.push(["frequency", "firing frequency"]);
  if (layer.entry.typeFires) list.push(["type", "document type"]);
  return list;
}

/** The colouring to start with: phi at k = 3 when there is one. */
export function firstColouring(layer) {
  const all = colourings(layer).map(([v]) => v);
  return ["phi-k3", "phi-k2"].find((v) => all.includes(v)) ?? all[0] ?? "";
}

/** Affinity and k of `phi-k3`, or null. */
export function parse(colouring) {
  const m = /^(.+)-k(\d+)$/.exec(colouring);
  return m ? { affinity: m[1], k: Number(m[2]) } : null;
}

/**
 * Resolves what a colouring says: `keys` [n] (the legend's entry of each feature, or null for a
 * scale), `entries` (index, name, colour, count), `shade(f)`.
 */
export async function colour(layer, colouring, names) {
  const lobes = parse(colouring);
  if (lobes) {
    const labels = await layer.labels(colouring);
    if (labels) {
      const counts = new Map();
      labels.forEach((l) => counts.set(l, (counts.get(l) ?? 0) + 1));
      const entries = [...counts.keys()].sort((a, b) => (a < 0) - (b < 0) || a - b).map((l) => ({
        key: l,
        name: l < 0 ? "in no lobe (never fired)" : names(lobes.affinity, lobes.k, l),
        count: counts.get(l),
        colour: lobeColour(l),
      }));
      return { keys: labels, entries, shade: (f) => lobeColour(labels[f]) };
    }
  }
  if (colouring === "type" && layer.entry.typeFires) return byType(layer);
  const log = layer.frequency ? Float64Array.from(layer.frequency, (v) => (v > 0 ? Math.log10(v) : NaN)) : new Float64Array(layer.features).fill(NaN);
  const known = [...log].filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  const low = known[Math.floor(known.length * 0.01)] ?? -6;
  const high = known[Math.ceil(known.length * 0.99) - 1] ?? 0;
  const share = (f) => (high > low ? (log[f] - low) / (high - low) : 0.5);
  return {
    keys: null,
    scale: { low: 10 ** low, high: 10 ** high, title: "share of tokens on which a feature fires" },
    entries: [],
    shade: (f) => (Number.isNaN(log[f]) ? lobeColour(-1) : ramp(0.15 + 0.85 * share(f))),
  };
}

/** By the type on whose tokens the feature fires most often. */
async function byType(layer) {
  const fires = await layer.typeFires();
  const tokens = layer.entry.typeTokens;
  const names = typeNames();
  const keys = new Int32Array(layer.features).fill(-1);
  const counts = new Map();
  for (let f = 0; f < layer.features; f++) {
    let most = 0;
    tokens.forEach((n, t) => {
      const rate = n > 0 ? fires[t * layer.features + f] / n : 0;
      if (rate > most) {
        most = rate;
        keys[f] = t;
      }
    });
    counts.set(keys[f], (counts.get(keys[f]) ?? 0) + 1);
  }
  const entries = [...counts.keys()].sort((a, b) => (a < 0) - (b < 0) || a - b).map((t) => ({
    key: t, name: t < 0 ? "never fired" : names[t] ?? "type " + t, count: counts.get(t), colour: lobeColour(t),
  }));
  return { keys, entries, shade: (f) => lobeColour(keys[f]) };
}

/** Colours of all features for the plot; hidden entries and never-fired dots fade or vanish. */
export function paint(layer, colouring, hidden) {
  const rgba = new Uint8Array(4 * layer.features);
  const known = new Map();
  const alpha = dark() ? 215 : 200;
  for (let f = 0; f < layer.features; f++) {
    const shade = colouring.shade(f);
    if (!known.has(shade)) known.set(shade, rgb(shade));
    const c = known.get(shade);
    rgba[4 * f] = c[0];
    rgba[4 * f + 1] = c[1];
    rgba[4 * f + 2] = c[2];
    const gone = colouring.keys && hidden.has(String(colouring.keys[f]));
    rgba[4 * f + 3] = gone ? 0 : layer.frequency && !(layer.frequency[f] > 0) ? 90 : alpha;
  }
  return rgba;
}

/**
 * The legend; a press on an entry hides or shows it. `border`, where given, selects the features of
 * an entry that stand among those of others.
 */
export function legendNode(colouring, hidden, toggle, border) {
  if (colouring.scale) {
    return el("div", { class: "legend" }, el("p", {}, colouring.scale.title),
      el("div", { class: "scale", style: { background: `linear-gradient(90deg, ${rampStops().join(", ")})` } }),
      el("p", { class: "axis" }, el("span", {}, number(colouring.scale.low)), el("span", {}, number(colouring.scale.high))));
  }
  return el("ul", { class: "legend", "aria-label": "Legend; press an entry to hide or show it" }, colouring.entries.map((e) =>
    el("li", {}, el("button", {
      type: "button", title: e.title ?? null, "aria-pressed": String(!hidden.has(String(e.key))), onclick: () => toggle(String(e.key)),
    }, el("i", { style: { backgroundColor: e.colour } }), el("span", { class: "name" }, e.name), el("span", { class: "count" }, number(e.count))),
    border && e.key >= 0 && colouring.entries.length < 40 ? el("button", { type: "button", class: "border", title: "Select the 40 features of this lobe with the fewest neighbours of their own lobe", "aria-label": "Select the border of " + e.name, onclick: () => border(e.key) }, "border") : null)));
}
