import { el, number, percent, replace, table } from "dom.js";
import { layers as ours, layersOf } from "data.js";
import { ami, assignment, colourNumbers, contingency } from "align.js";
import { FeatureMap } from "map.js";
import { colour, colourings, firstColouring, grouped, paint, parse, tints } from "legend.js";
import { diameters } from "mapview.js";
import { lobeName } from "brain.js";
import { lobeColour } from "palette.js";
import { choices } from "figure.js";

// Two layers, of this run or of another whose page is opened from a file, side by side; lobes of the
// second take the colours of those that they answer to in the first.

const sides = [{ layers: ours, at: 0, name: "this run" }, { layers: ours, at: ours.length - 1, name: "this run" }];
let maps = [];

/** Builds the view; nothing of it is a chart. */
export async function compare(root, again) {
  maps.forEach((m) => m.dispose());
  maps = [];
  if (ours.length === 0) {
    root.append(el("p", { class: "notice" }, "There is no layer to compare."));
    return [];
  }
  const file = el("input", { type: "file", accept: ".html", id: "other-run", onchange: async (e) => {
    const chosen = e.target.files[0];
    if (!chosen) return;
    try {
      sides[1] = { layers: layersOf(await chosen.text()), at: 0, name: chosen.name };
      again();
    } catch (problem) {
      root.append(el("p", { class: "notice" }, chosen.name + ": " + problem.message));
    }
  } });
  root.append(el("div", { class: "bar" }, el("label", { class: "label", for: "other-run" }, "Compare with the page of another run"), file,
    sides[1].layers !== ours ? el("button", { type: "button", onclick: () => {
      sides[1] = { layers: ours, at: ours.length - 1, name: "this run" };
      again();
    } }, "back to this run") : null));
  const holders = el("div", { class: "maps two" });
  root.append(holders);
  const shown = [];
  for (const [i, side] of sides.entries()) {
    const layer = await side.layers[side.at].load();
    side.colouring = colourings(layer).some(([v]) => v === side.colouring) ? side.colouring : firstColouring(layer);
    const names = (a, k, l) => lobeName(layer, a, k, l);
    shown.push({ layer, names, colouring: await colour(layer, side.colouring, names), lobes: parse(side.colouring) });
    const map = new FeatureMap(`Map of ${side.name}, ${layer.name}`, { hover() {}, pick() {}, select() {} });
    maps.push(map);
    const select = el("select", { "aria-label": `Colour of ${side.name}, ${layer.name}`, onchange: (e) => {
      side.colouring = e.target.value;
      again();
    } }, grouped(colourings(layer), side.colouring));
    holders.append(el("div", {}, el("div", { class: "bar" }, el("b", {}, side.name), choices("Layer of " + side.name, side.layers.map((l, j) => [j, String(l.number)]), side.at, (j) => {
      side.at = j;
      again();
    }), select), map.element, el("div", { class: "legend-holder" })));
    if (layer.map || layer.pca) map.setLayer(layer, diameters(layer));
  }
  const aligned = align(shown[0], shown[1]);
  shown.forEach((s, i) => {
    const colouring = i === 1 && aligned ? { ...s.colouring, ...tints(s.colouring.keys, (key) => lobeColour(key < 0 ? -1 : aligned.colours[key])) } : s.colouring;
    if (s.layer.map || s.layer.pca) maps[i].setColours(paint(s.layer, colouring, new Set()));
    maps[i].measure();
  });
  root.append(aligned ? answer(shown, aligned) : el("p", { class: "caveat" }, "Choose lobes on both sides to have them matched."));
  return [];
}

/** Shares of one group's features with the other's, or likeness of types where features differ. */
function align(a, b) {
  if (!a.lobes || !b.lobes || !a.colouring.keys || !b.colouring.keys) return null;
  const print = a.layer.entry.fingerprint;
  const same = print !== undefined && print === b.layer.entry.fingerprint && a.layer.features === b.layer.features;
  let gain;
  let overlap = null;
  if (same) {
    overlap = contingency(a.colouring.keys, b.colouring.keys);
    gain = overlap;
  } else {
    const first = profile(a);
    const second = profile(b);
    if (!first || !second) return null;
    const shared = first.names.filter((n) => second.names.includes(n));
    if (shared.length < 3) return null;
    const row = (p, l) => shared.map((n) => p.share[l][p.names.indexOf(n)]);
    gain = first.share.map((_, i) => second.share.map((_, j) => correlation(row(first, i), row(second, j))));
  }
  const match = assignment(gain);
  return { same, overlap, gain, match, colours: colourNumbers(match, gain.length) };
}

function profile({ layer, lobes }) {
  const t = layer.lobes?.affinities?.[lobes.affinity]?.k?.[lobes.k]?.types;
  return t?.mean_share ? { names: t.names, share: t.mean_share } : null;
}

function correlation(x, y) {
  const mean = (v) => v.reduce((a, b) => a + b, 0) / v.length;
  const mx = mean(x);
  const my = mean(y);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  x.forEach((v, i) => {
    xy += (v - mx) * (y[i] - my);
    xx += (v - mx) ** 2;
    yy += (y[i] - my) ** 2;
  });
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

function answer([a, b], { same, overlap, gain, match }) {
  const name = (s, l) => (l < 0 ? "–" : s.names(s.lobes.affinity, s.lobes.k, l));
  const rows = [["second", "answers to", same ? "features shared" : "correlation of types"]];
  match.forEach((r, j) => rows.push([name(b, j), name(a, r), r < 0 ? null : same ? `${number(gain[r][j])} (${percent(gain[r][j] / Math.max(1, overlap.reduce((s, row) => s + row[j], 0)))})` : gain[r][j]]));
  return el("section", { class: "plain" }, el("h3", {}, "Which lobe answers to which"),
    el("p", {}, same ? `The same decoder directions on both sides: adjusted mutual information ${number(ami(overlap))}.` : "Different features on both sides, so that no feature of one is a feature of the other: lobes are matched by the document types on which they fire."),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Matched lobes" }, table("Lobes matched by Hungarian assignment", rows)),
    el("p", { class: "caveat" }, same ? "AMI is 0 on average for groupings that have nothing to do with each other and 1 for equal ones; it is not a share." : "A best match always exists; a low correlation says that the lobe has no counterpart. Two maps are laid out independently, so places do not correspond."));
}
