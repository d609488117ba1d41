import { el, number } from "dom.js";
import { typeNames } from "data.js";
import { lobeColour, ramp, rgb, dark } from "palette.js";
import { own } from "own.js";

// Colourings: what a feature's colour says, and the legend that says so.

const MARK = "silhouette ";

/** A scale has so many steps between its ends. */
const STEPS = 64;

/** What a layer can be coloured by, as [value, text, group]. */
export function colourings(layer) {
  const list = layer.colourings.map((c) => [
    c.affinity + "-k" + c.k,
    (c.affinity === "angular" ? "angle (geometry)" : c.affinity) + ", k = " + c.k,
    "Groups",
  ]);
  if (layer.frequency) list.push(["frequency", "firing frequency", "Numbers"]);
  if (layer.fires) list.push(["share", "share of L0", "Numbers"]);
  if (layer.entry.contexts) list.push(["mean", "mean activation", "Numbers"], ["max", "largest activation", "Numbers"]);
  if (layer.entry.typeFires) list.push(["type", "document type", "Groups"]);
  for (const { name } of layer.entry.quantities ?? []) {
    const inside = name.startsWith(MARK);
    list.push(["quantity:" + name, inside ? name.slice(MARK.length) : name, inside ? "How well inside its lobe (silhouette)" : "Numbers"]);
  }
  for (const name of own.keys()) list.push(["own:" + name, name, "Own columns"]);
  return list;
}

/** Options of a select, in their groups. */
export function grouped(items, chosen) {
  const option = ([v, t]) => el("option", { value: v, selected: v === chosen }, t);
  return [...Map.groupBy(items, (i) => i[2] ?? "")].map(([group, list]) => (group ? el("optgroup", { label: group }, list.map(option)) : list.map(option)));
}

/** The colouring to start with: phi at k = 3 when there is one. */
export function firstColouring(layer) {
  const all = colourings(layer).map(([v]) => v);
  return ["phi-k3", "phi-k2"].find((v) => all.includes(v)) ?? all[0] ?? "";
}

/** Affinity and k of `phi-k3`, or null. */
export function parse(colouring) {
  const m = /^([^:]+)-k(\d+)$/.exec(colouring);
  return m ? { affinity: m[1], k: Number(m[2]) } : null;
}

/**
 * Resolves what a colouring says: `keys` [n] (the legend's entry of each feature, or null for a
 * scale), `entries` (index, name, colour, count), `tints` (the colours) and `tint` [n] (which of them
 * a feature has).
 */
export async function colour(layer, colouring, names) {
  const lobes = parse(colouring);
  const labels = lobes ? await layer.labels(colouring) : null;
  if (labels) return groups(labels, (l) => (l < 0 ? "in no lobe (never fired)" : names(lobes.affinity, lobes.k, l)));
  if (colouring === "type" && layer.entry.typeFires) return byType(layer);
  const [kind, name] = [colouring.split(":")[0], colouring.slice(colouring.indexOf(":") + 1)];
  if (kind === "own" && own.get(name)?.keys) return groups(own.get(name).keys, (l) => (l < 0 ? "no value" : own.get(name).names[l]));
  if (kind === "own" && own.has(name)) return scale(own.get(name).values, name);
  if (kind === "quantity") {
    const values = await layer.quantity(name);
    if (values) return scale(values, name.startsWith(MARK) ? "silhouette, " + name.slice(MARK.length) + " (1: deep inside its lobe, 0: on the border)" : name);
  }
  if ((kind === "mean" || kind === "max") && layer.entry.contexts) {
    const values = await layer.source.column(layer.entry.contexts[kind]);
    return scale(Float64Array.from(values, (v) => (v > 0 ? v : NaN)), kind === "mean" ? "mean activation where it fires" : "largest activation");
  }
  if (kind === "share" && layer.fires) {
    const all = layer.fires.reduce((a, b) => a + b, 0);
    return scale(Float64Array.from(layer.fires, (v) => (v > 0 ? v / all : NaN)), "share of all firings, that is of L0");
  }
  const frequency = layer.frequency ?? new Float64Array(layer.features);
  return scale(Float64Array.from(frequency, (v) => (v > 0 ? v : NaN)), "share of tokens on which a feature fires");
}

function groups(labels, nameOf) {
  const tinted = tints(labels, lobeColour);
  const counts = new Int32Array(tinted.tints.length);
  for (let f = 0; f < labels.length; f++) counts[tinted.tint[f]]++;
  const entries = Array.from(counts, (count, t) => ({ key: t - 1, count })).filter((e) => e.count > 0).sort((a, b) => (a.key < 0) - (b.key < 0) || a.key - b.key);
  return { keys: labels, entries: entries.map(({ key, count }) => ({ key, name: nameOf(key), count, colour: tinted.tints[key + 1] })), ...tinted };
}

/** The colours of keys from −1 on, by `colourOf(key)`, and which of them each feature has: its key + 1. */
export function tints(keys, colourOf) {
  const tint = new Uint16Array(keys.length);
  let most = 0;
  for (let f = 0; f < keys.length; f++) {
    tint[f] = keys[f] + 1;
    if (tint[f] > most) most = tint[f];
  }
  return { tint, tints: Array.from({ length: most + 1 }, (_, t) => colourOf(t - 1)) };
}

/** A scale from the 1st to the 99th percentile, logarithmic where values span more than two decades. */
function scale(values, title) {
  const known = values.filter((v) => Number.isFinite(v)).sort();
  const low = known[Math.floor(known.length * 0.01)] ?? 0;
  const high = known[Math.ceil(known.length * 0.99) - 1] ?? 1;
  const log = low > 0 && high / low > 100;
  const put = log ? Math.log10 : (v) => v;
  const [from, wide] = [put(low), put(high) - put(low)];
  // What is lowest still has to be seen.
  const faintest = dark() ? 0.15 : 0.35;
  const tint = new Uint16Array(values.length);
  for (let f = 0; f < values.length; f++) {
    const share = high > low ? Math.max(0, Math.min(1, (put(values[f]) - from) / wide)) : 0.5;
    tint[f] = Number.isFinite(values[f]) ? 1 + Math.round(STEPS * share) : 0;
  }
  return {
    keys: null,
    scale: { low, high, title: title + (log ? ", logarithmic" : "") },
    entries: [],
    values,
    tint,
    tints: Array.from({ length: STEPS + 2 }, (_, t) => (t === 0 ? lobeColour(-1) : ramp(faintest + ((1 - faintest) * (t - 1)) / STEPS))),
  };
}

/** By the type on whose tokens the feature fires most often. */
async function byType(layer) {
  const fires = await layer.typeFires();
  const tokens = layer.entry.typeTokens;
  const names = typeNames();
  const keys = new Int32Array(layer.features).fill(-1);
  const most = new Float64Array(layer.features);
  for (let t = 0; t < tokens.length; t++) {
    for (let f = 0; tokens[t] > 0 && f < layer.features; f++) {
      const rate = fires[t * layer.features + f] / tokens[t];
      if (rate > most[f]) {
        most[f] = rate;
        keys[f] = t;
      }
    }
  }
  return groups(keys, (t) => (t < 0 ? "never fired" : names[t] ?? "type " + t));
}

/** Colours of all features for the plot; hidden entries and never-fired dots fade or vanish. */
export function paint(layer, colouring, hidden) {
  const { tint, keys } = colouring;
  // One number a point, as the canvas has it: red in the lowest byte.
  const inks = (alpha) => Uint32Array.from(colouring.tints, (colour, t) => {
    if (keys && hidden.has(String(t - 1))) return 0;
    const [r, g, b] = rgb(colour);
    return r + g * 2 ** 8 + b * 2 ** 16 + alpha * 2 ** 24;
  });
  const firing = inks(dark() ? 215 : 235);
  const silent = inks(90);
  const { frequency } = layer;
  const points = new Uint32Array(layer.features);
  for (let f = 0; f < points.length; f++) points[f] = (frequency && !(frequency[f] > 0) ? silent : firing)[tint[f]];
  return new Uint8Array(points.buffer);
}

/**
 * The legend; a press on an entry hides or shows it. `border`, where given, selects the features of
 * an entry that stand among those of others.
 */
export function legendNode(colouring, hidden, toggle, border) {
  if (colouring.scale) {
    return el("div", { class: "legend" }, el("p", {}, colouring.scale.title),
      el("div", { class: "scale", style: { background: `linear-gradient(90deg, ${colouring.tints.filter((_, t) => t % 8 === 1).join(", ")})` } }),
      el("p", { class: "axis" }, el("span", {}, number(colouring.scale.low)), el("span", {}, number(colouring.scale.high))));
  }
  return el("ul", { class: "legend", "aria-label": "Legend; press an entry to hide or show it" }, colouring.entries.map((e) =>
    el("li", {}, el("button", {
      type: "button", title: e.title ?? null, "aria-pressed": String(!hidden.has(String(e.key))), onclick: () => toggle(String(e.key)),
    }, el("i", { style: { backgroundColor: e.colour } }), el("span", { class: "name" }, e.name), el("span", { class: "count" }, number(e.count))),
    border && e.key >= 0 && colouring.entries.length < 40 ? el("button", { type: "button", class: "border", title: "Select the 40 features of this lobe that sit nearest to another", "aria-label": "Select the border of " + e.name, onclick: () => border(e.key) }, "border") : null)));
}
