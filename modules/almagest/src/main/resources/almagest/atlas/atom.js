import { csv, download, el, number, table } from "dom.js";
import { faces, layerOfFace } from "data.js";
import { faceLine } from "card.js";
import { axis, choices, figure, intervals, legend, tooltip } from "figure.js";
import { css, lobeColour } from "palette.js";

// Figures about crystals: differences of word pairs, before and after distractor directions are
// projected away.

let chosen = 0;

/** Builds the view; returns the figures to draw. */
export async function atom(root, result, again) {
  const layers = result?.layers ?? [];
  const found = await faces();
  if (layers.length === 0) {
    if (found.length) {
      root.append(faceSection(found));
      return [];
    }
    root.append(el("p", { class: "notice" }, "The run directory has no crystals/crystals.json, so there is nothing to show about crystals."));
    return [];
  }
  chosen = Math.min(chosen, layers.length - 1);
  const at = layers[chosen];
  const names = (at.relations ?? []).map((r) => r.name);
  root.append(el("div", { class: "bar" }, el("span", { class: "label" }, "Layer"),
    choices("Layer of the crystals", layers.map((l, i) => [i, l.layer < 0 ? "embeddings" : String(l.layer)]), chosen, (i) => {
      chosen = i;
      again();
    }),
    at.hook ? el("code", {}, at.hook) : null));
  const pairs = at.scatter?.pair?.length ?? 0;
  const figures = [
    at.scatter?.before ? scatter(at, names, "before", pairs) : null,
    at.scatter?.after ? scatter(at, names, "after", pairs) : null,
    silhouette(layers, at),
    lengthFigure(at),
  ].filter(Boolean);
  root.append(el("div", { class: "plates" }, figures.map((f) => f.node)), ...[quality(at), lengths(layers), found.length ? faceSection(found) : null].filter(Boolean));
  return figures;
}

const FACES_SHOWN = 60;

/** Faces that a search of the cloud found without being told a relation, best first. */
function faceSection(found) {
  const head = ["rank", "kind", "face", "score", "cosine", "residual", "p", "q"];
  const cells = (f) => [f.rank, f.kind, f.points.map((p, i) => f.labels?.[i] ?? p).join(" : "), f.score, f.cosine, f.residual, f.p, f.q];
  const layer = layerOfFace(found[0]);
  const shown = found.slice(0, FACES_SHOWN);
  return el("section", { class: "plain faces" }, el("h3", {}, "Crystals found in the cloud" + (layer ? ", " + layer.name : "")),
    el("p", {}, "Parallelograms and trapezoids among the decoder directions, searched for without naming a relation, best first. The differences of a face's two pairs are parallel; a corner opens its feature."),
    el("p", { class: "caveat" }, el("b", {}, "Not: "), "p and q compare with clouds of the same spectrum without structure, so a small q says that the directions are more parallel than such a cloud's, not that the four features make an analogy; and faces share corners, so they are not independent findings."),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of faces" },
      el("table", {}, el("caption", {}, found.length > shown.length ? `The best ${shown.length} of ${number(found.length)} on this page` : `${number(found.length)} faces`),
        el("thead", {}, el("tr", {}, head.map((h) => el("th", { scope: "col" }, h)))),
        el("tbody", {}, shown.map((f) => el("tr", {}, el("th", { scope: "row" }, number(f.rank)), el("td", {}, f.kind), el("td", {}, faceLine(f, -1)),
          [f.score, f.cosine, f.residual, f.p, f.q].map((v) => el("td", {}, number(v)))))))),
    el("p", { class: "take" }, el("button", { type: "button", onclick: () => download("faces.csv", csv([head, ...found.map(cells)]), "text/csv") }, "CSV")));
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
    n: `n = ${number(pairs || points.length)} pairs, ${layerName(at)}.`,
    not: when === "before" ? "Two components show a small part of the variance." : "LDA looks for directions that separate these very pairs, so clusters here are in part its own work: the held-out silhouette says how much remains on unseen pairs.",
    rows: () => [["pair", "relation", "x", "y"], ...points.map((p, i) => [label(i), group(i), p[0], p[1]])],
    option: () => ({
      legend: legend(),
      xAxis: axis("", { grid: false }),
      yAxis: axis("", { grid: false }),
      grid: { left: 44, right: 16, top: 40, bottom: 30 },
      tooltip: tooltip({ formatter: (p) => `${label(p.data.i)}\n${p.seriesName}` }),
      series: groups.map((g, j) => ({
        name: g, type: "scatter", symbolSize: points.length > 600 ? 5 : 9, color: lobeColour(j), symbol: ["circle", "rect", "triangle", "diamond"][j % 4],
        itemStyle: { opacity: 0.85 },
        data: points.map((p, i) => ({ value: [p[0], p[1]], i })).filter((d) => group(d.i) === g),
      })),
    }),
  });
}

function silhouette(layers, at) {
  const value = at.silhouette;
  if (!value) return null;
  const list = (v) => (Array.isArray(v) ? v.map(scalar) : null);
  const dims = (s, longest) => s.dimensions ?? Array.from({ length: longest }, (_, d) => d + 1);
  const longest = Math.max(1, ...["train", "held_out", "shuffled"].map((k) => (Array.isArray(value[k]) ? value[k].length : 1)));
  const x = dims(value, longest);
  const line = (v) => (list(v) ? list(v).map((y, d) => [x[d], y]) : scalar(v) === null ? [] : [[x[0], scalar(v)], [x[x.length - 1], scalar(v)]]).filter(([, y]) => y !== null);
  const kinds = [
    ["held_out", "held-out pairs", 0, "solid", 2.5], ["train", "the pairs LDA saw", 1, "solid", 1.5],
    ["random_subspace", "random subspace", 4, "dashed", 1.5], ["shuffled_train", "shuffled relations, seen", 3, "dotted", 1.5], ["shuffled", "shuffled relations, held out", 3, "dashed", 1.5],
  ];
  const series = () => [
    ...kinds.filter(([key]) => line(value[key]).length).map(([key, text, colour, type, width]) => ({ name: text, type: "line", symbolSize: 6, color: lobeColour(colour), lineStyle: { type, width }, data: line(value[key]) })),
    ...(scalar(value.before) === null ? [] : [{ name: "before", type: "line", symbol: "none", color: css("--muted"), lineStyle: { type: [8, 3, 2, 3], width: 1.5 }, data: line(value.before) }]),
    ...layers.filter((l) => l !== at && Array.isArray(l.silhouette?.held_out)).map((l) => ({
      name: `held-out, ${layerName(l)}`, type: "line", symbol: "none", color: css("--line"), lineStyle: { width: 1 }, data: l.silhouette.held_out.map((y, d) => [dims(l.silhouette, longest)[d], scalar(y)]).filter(([, y]) => y !== null),
    })),
  ];
  return figure({
    wide: true,
    name: `crystals-${at.layer}-silhouette`,
    title: "Silhouette against LDA dimension",
    height: 380,
    shows: "How well differences of pairs group by relation (1: perfectly, 0: not at all): before LDA, on the pairs LDA was fitted to, on held-out pairs, in a random subspace, and with relations dealt anew. Thin grey: held-out pairs of the other layers.",
    n: `${layerName(at)}.`,
    not: "The value on the fitted pairs rises by construction; only the held-out line, against the random subspace, speaks for the model.",
    rows: () => [["series", "dimension", "silhouette"], ...series().flatMap((s) => s.data.map(([a, y]) => [s.name, a, y]))],
    option: () => ({
      legend: legend(),
      xAxis: axis("LDA dimension", { axis: { minInterval: 1, min: "dataMin", max: "dataMax" } }),
      yAxis: axis("silhouette", { gap: 42 }),
      tooltip: tooltip({ formatter: (p) => `${p.seriesName}\n${p.value[0]}: ${number(p.value[1])}` }),
      series: series(),
    }),
  });
}

/** The first principal component by difference in token length: mean and spread for each. */
function lengthFigure(at) {
  const length = at.length;
  if (!length?.score || !length.difference) return null;
  const groups = new Map();
  length.difference.forEach((d, i) => {
    if (!groups.has(d)) groups.set(d, []);
    groups.get(d).push(length.score[i]);
  });
  const points = [...groups].filter(([, v]) => v.length > 1).sort((a, b) => a[0] - b[0]).map(([d, v]) => {
    const mean = v.reduce((a, b) => a + b, 0) / v.length;
    return [d, mean, Math.sqrt(v.reduce((a, b) => a + (b - mean) ** 2, 0) / (v.length - 1)), v.length];
  });
  return figure({
    name: `crystals-${at.layer}-length`,
    title: "What the first component follows",
    shows: `The first principal component of differences against the difference in length of the two words: mean and standard deviation at each difference; r = ${number(length.r)}${length.ci ? ` [${number(length.ci[0])}, ${number(length.ci[1])}]` : ""}.`,
    n: `n = ${number(length.n)} pairs, ${layerName(at)}.`,
    not: "A correlation far from 0 names a distractor; one near 0 does not say that there is none.",
    rows: () => [["difference", "mean", "sd", "pairs"], ...points],
    option: () => ({
      xAxis: axis("difference in length"),
      yAxis: axis("first component", { gap: 42 }),
      tooltip: tooltip({ formatter: (p) => `difference ${p.value[0]}: ${number(p.value[1])}` }),
      series: [{ name: "mean", type: "line", symbolSize: 7, color: lobeColour(1), data: points.map(([d, m]) => [d, m]) }, intervals("spread", points.map(([d, m, s]) => [d, m - s, m + s]), css("--muted"))],
    }),
  });
}

const layerName = (l) => (l.layer < 0 ? "the embeddings" : "layer " + l.layer);

/** A number, or the middle of an object that describes several. */
function scalar(v) {
  if (v === null || v === undefined) return null;
  if (typeof v === "number") return v;
  return v.value ?? v.median ?? v.mean ?? null;
}

function quality(at) {
  const cosine = (x) => scalar(x?.trapezoid_cosine);
  const residual = (x) => scalar(x?.parallelogram_residual);
  const rows = [["relation", "pairs", "residual before", "after", "in a random subspace", "cosine before", "null", "after", "null", "in a random subspace", "relation unseen", "analogy"]];
  for (const r of at.relations ?? []) {
    rows.push([r.name, r.pairs, residual(r.before), residual(r.after), residual(r.random_subspace), cosine(r.before), scalar(r.before?.null), cosine(r.after), scalar(r.after?.null), cosine(r.random_subspace), cosine(r.unseen_relation), r.analogy?.accuracy ?? scalar(r.analogy)]);
  }
  if (rows.length === 1) return null;
  return el("section", { class: "plain" }, el("h3", {}, "Quality of parallelograms and trapezoids, " + layerName(at)),
    el("p", { class: "caveat" }, "Residual: how far two pairs of a relation are from a parallelogram (0: exact), median over faces. Cosine: between the two differences of a face (1: parallel), median. “After” is on held-out pairs, in the subspace that LDA found on the others; “relation unseen” in the subspace found on the other relations alone. Nulls deal the words of a relation's pairs anew: a cosine far above 0 but near its null says that the words of a kind lie together, not that pairs are parallel. A projection to few dimensions raises every cosine, hence the null and the random subspace beside it."),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Quality table" }, table("Quality by relation", rows)));
}

function lengths(layers) {
  const some = layers.filter((l) => l.length);
  if (some.length === 0) return null;
  return el("section", { class: "plain" },
    table("Correlation of the first component with length", [["layer", "r", "low", "high", "pairs"], ...some.map((l) => [layerName(l), l.length.r, l.length.ci?.[0], l.length.ci?.[1], l.length.n])]));
}
