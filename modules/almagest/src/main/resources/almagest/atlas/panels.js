import { el, number } from "dom.js";
import { lobeColour } from "palette.js";
import { View, normalised } from "view.js";
import { CanvasPlot } from "plot.js";
import { assignment, colourNumbers, contingency } from "align.js";
import { paint, tints } from "legend.js";
import { link } from "state.js";

// Small maps side by side: the same features, grouped by each affinity and by angle, with colours
// matched to the first.

/** A plate of maps at one k; `title` of an affinity by its name. */
export async function panels(layer, affinity, k, title) {
  await layer.load();
  const at = layer.colourings.filter((c) => c.k === k);
  if (at.length < 2 || !layer.map) return null;
  const first = at.find((c) => c.affinity === affinity) ?? at[0];
  const order = [first, ...at.filter((c) => c !== first)];
  const reference = await layer.labels(first.affinity + "-k" + k);
  const flat = normalised(layer.map, 2);
  const cloud = new Float32Array((flat.length / 2) * 3);
  const size = new Float32Array(flat.length / 2).fill(layer.features > 8000 ? 1.6 : 2.6);
  const all = Uint32Array.from({ length: size.length }, (_, i) => i);
  const holders = [];
  for (const c of order) {
    const labels = await layer.labels(c.affinity + "-k" + k);
    const match = assignment(contingency(reference, labels));
    const colours = colourNumbers(match, Math.max(0, ...reference) + 1);
    const canvas = el("canvas", { role: "img", "aria-label": `Map coloured by ${title(c.affinity)} with ${k} groups` });
    const draw = () => {
      const view = new View();
      view.width = canvas.clientWidth;
      view.height = canvas.clientHeight;
      if (view.width === 0) return;
      const plot = new CanvasPlot(canvas);
      plot.setPoints(flat, cloud, size, all);
      plot.setColours(paint(layer, tints(labels, (key) => lobeColour(key < 0 ? -1 : colours[key])), new Set()));
      plot.draw(view, Math.min(2, devicePixelRatio || 1), 1);
    };
    holders.push({ draw, node: el("a", { class: "panel", href: link({ view: "map", colour: c.affinity + "-k" + k, hidden: "" }) }, canvas, el("span", {}, title(c.affinity))) });
  }
  return {
    node: el("figure", { class: "plate wide", "data-figure": layer.name + "-panels" },
      el("header", {}, el("h3", {}, `The same map by every affinity, k = ${k}`)),
      el("div", { class: "panels" }, holders.map((h) => h.node)),
      el("figcaption", {},
        el("p", {}, `Lobes by co-occurrence under each affinity, and clusters by angle; colours of the others are matched to ${title(first.affinity)} (Hungarian assignment on shared features).`, el("span", { class: "n" }, ` n = ${number(layer.features)} features, ${layer.name}.`)),
        el("p", { class: "caveat" }, el("b", {}, "Not: "), "equal colours say that groups share features, not that they mean the same; the flat map shows near neighbours, not distances."))),
    draw: () => holders.forEach((h) => h.draw()),
    dispose() {},
  };
}
