import { el, number, table } from "dom.js";
import { axis, choices, figure, legend, tooltip } from "figure.js";
import { css, lobeColour } from "palette.js";

// Figures about crystals: differences of word pairs, before and after distractor directions are
// projected away.

let chosen = 0;

/** Builds the view; returns the figures to draw. */
export function atom(root, result, again) {
  const layers = result?.layers ?? [];
  if (layers.length === 0) {
    root.append(el("p", { class: "notice" }, "The run directory has no crystals/crystals.json, so there is nothing to show about crystals."));
    return [];
  }
  chosen = Math.min(chosen, layers.length - 1);
  const at = layers[chosen];
  const names = (at.relations ?? []).map((r) => r.name);
  root.append(el("div", { class: "bar" }, el("span", { class: "label" }, "Layer"),
    choices("Layer of the crystals", layers.map((l, i) => [i, String(l.layer)]), chosen, (i) => {
      chosen = i;
      again();
    }),
    at.hook ? el("code", {}, at.hook) : null));
  const pairs = at.scatter?.pair?.length ?? 0;
  const figures = [
    at.scatter?.before ? scatter(at, names, "before", pairs) : null,
    at.scatter?.after ? scatter(at, names, "after", pairs) : null,
    silhouette(layers),
  ].filter(Boolean);
  root.append(el("div", { class: "plates" }, figures.map((f) => f.node)), quality(at), lengths(layers));
  return figures;
}

function scatter(at, names, when, pairs) {
  const points = at.scatter[when];
  const relation = at.scatter.relation ?? [];
  const label = (i) => (at.scatter.pair?.[i] ?? []).join(" → ");
  // The file names a relation by its number or its name.
  const group = (i) => (typeof relation[i] === "number" ? names[relation[i]] ?? String(relation[i]) : String(relation[i] ?? ""));
  const groups = [...new Set(points.map((_, i) => group(i)))];
  return figure({
    name: `crystals-layer-${at.layer}-${when}`,
    title: when === "before" ? "Word-pair differences as they are" : "After projecting distractors away",
    height: 420,
    shows: when === "before"
      ? "Each point is the difference between the activations of a pair's two words, on the two leading principal components; colour is the relation."
      : "The same differences on the two leading discriminant directions (LDA); parallel pairs of one relation fall together.",
    n: `n = ${number(pairs || points.length)} pairs, layer ${at.layer}.`,
    not: when === "before" ? "Two components show a small part of the variance." : "LDA looks for directions that separate these very pairs, so clusters here are in part its own work: the held-out silhouette says how much remains on unseen pairs.",
    rows: () => [["pair", "relation", "x", "y"], ...points.map((p, i) => [label(i), group(i), p[0], p[1]])],
    option: () => ({
      legend: legend(),
      xAxis: axis("", { grid: false }),
      yAxis: axis("", { grid: false }),
      grid: { left: 44, right: 16, top: 40, bottom: 30 },
      tooltip: tooltip({ formatter: (p) => `${label(p.data.i)}\n${p.seriesName}` }),
      series: groups.map((g, j) => ({
        name: g, type: "scatter", symbolSize: 9, color: lobeColour(j), symbol: ["circle", "rect", "triangle", "diamond"][j % 4],
        itemStyle: { opacity: 0.85 },
        data: points.map((p, i) => ({ value: [p[0], p[1]], i })).filter((d) => group(d.i) === g),
      })),
    }),
  });
}

function silhouette(layers) {
  const value = (v, d) => (Array.isArray(v) ? v[d] : d === 0 ? v : undefined);
  const some = layers.filter((l) => l.silhouette);
  if (some.length === 0) return null;
  const kinds = [["train", "the pairs LDA saw", "solid"], ["held_out", "held-out pairs", "dashed"], ["shuffled", "shuffled relations", "dotted"]];
  const series = () => some.flatMap((l, i) => kinds.flatMap(([key, text, type]) => {
    const v = l.silhouette[key];
    if (v === undefined || v === null) return [];
    const dims = l.silhouette.dimensions ?? [];
    const longest = Math.max(...kinds.map(([k]) => (Array.isArray(l.silhouette[k]) ? l.silhouette[k].length : 1)));
    const x = (d) => dims[d] ?? d + 1;
    const data = Array.isArray(v) ? v.map((y, d) => [x(d), scalar(y)]) : [[x(0), scalar(v)], [x(longest - 1), scalar(v)]];
    return [{ name: `layer ${l.layer}: ${text}`, type: "line", symbolSize: Array.isArray(v) ? 6 : 0, color: lobeColour(i), lineStyle: { type, width: key === "shuffled" ? 1 : 2 }, data: data.filter(([, y]) => y !== null) }];
  }).concat(scalar(l.silhouette.before) === null ? [] : [{
    name: `layer ${l.layer}: before`, type: "line", symbol: "none", color: css("--muted"), lineStyle: { type: [8, 3, 2, 3], width: 1.2 }, data: [[1, scalar(l.silhouette.before)], [Math.max(2, (l.silhouette.train ?? []).length), scalar(l.silhouette.before)]],
  }]));
  return figure({
    wide: true,
    name: "crystals-silhouette",
    title: "Silhouette against LDA dimension",
    height: 380,
    shows: "How well differences of pairs group by relation (1: perfectly, 0: not at all), before LDA, on the pairs LDA was fitted to, on held-out pairs, and with relations shuffled before the fit.",
    n: `${some.length} layers.`,
    not: "The value on the fitted pairs rises by construction, also for shuffled relations; only the held-out line speaks for the model.",
    rows: () => [["series", "dimension", "silhouette"], ...series().flatMap((s) => s.data.map(([x, y]) => [s.name, x, y]))],
    option: () => ({
      legend: legend(),
      xAxis: axis("LDA dimension", { axis: { minInterval: 1 } }),
      yAxis: axis("silhouette", { gap: 42 }),
      tooltip: tooltip({ formatter: (p) => `${p.seriesName}\n${p.value[0]}: ${number(p.value[1])}` }),
      series: series(),
    }),
  });
}

/** A number, or the middle of an object that describes several. */
function scalar(v) {
  if (v === null || v === undefined) return null;
  if (typeof v === "number") return v;
  return v.value ?? v.median ?? v.mean ?? null;
}

function quality(at) {
  const rows = [["relation", "pairs", "residual before", "residual after", "null before", "null after", "cosine before", "cosine after", "analogy"]];
  for (const r of at.relations ?? []) {
    rows.push([r.name, r.pairs, scalar(r.before?.parallelogram_residual), scalar(r.after?.parallelogram_residual), scalar(r.before?.null), scalar(r.after?.null), scalar(r.before?.trapezoid_cosine), scalar(r.after?.trapezoid_cosine), scalar(r.analogy) ?? r.analogy?.accuracy ?? r.analogy?.top1 ?? null]);
  }
  if (rows.length === 1) return null;
  return el("section", { class: "plain" }, el("h3", {}, "Quality of parallelograms and trapezoids, layer " + at.layer),
    el("p", { class: "caveat" }, "Residual: how far two pairs of a relation are from a parallelogram (0: exact), median over pairs of pairs. Cosine: between two differences (1: parallel). Nulls pair words at random. “After” is in-sample where the projection was fitted to these pairs."),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Quality table" }, table("Quality by relation", rows)));
}

function lengths(layers) {
  const some = layers.filter((l) => l.length);
  if (some.length === 0) return null;
  return el("section", { class: "plain" }, el("h3", {}, "What the first component follows"),
    el("p", { class: "caveat" }, "Correlation of the first principal component of differences with the difference in token length of the words: a distractor, when it is far from 0."),
    table("Correlation with length", [["layer", "r", "low", "high", "pairs"], ...some.map((l) => [l.layer, l.length.r, l.length.ci?.[0], l.length.ci?.[1], l.length.n])]));
}
