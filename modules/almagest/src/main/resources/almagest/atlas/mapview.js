import { download, el, number, percent, replace } from "dom.js";
import { choices } from "figure.js";
import { FeatureMap, RINGS } from "map.js";
import { showCard } from "card.js";
import { colour, colourings, firstColouring, grouped, legendNode, paint, parse } from "legend.js";
import { take } from "own.js";
import { normalised } from "view.js";
import { find } from "search.js";
import { featureTable, pack, unpack } from "selection.js";
import { lobeName } from "brain.js";
import { set, state } from "state.js";
import { ami, assignment, colourNumbers, contingency } from "align.js";
import { lobeColour } from "palette.js";
import { Player } from "player.js";
import { index } from "data.js";

/** Features of a lobe's border that are selected. */
const BORDER = 40;

// The map with its legend, card and table. It is built once and lives as long as the page.

export class MapView {
  constructor() {
    this.tip = el("div", { class: "tip", hidden: true });
    this.controls = el("div", { class: "bar" });
    this.legends = el("div", { class: "legends" });
    this.maps = el("div", { class: "maps" });
    this.card = el("aside", { class: "card", "aria-label": "Feature card", hidden: true });
    this.below = el("div", { class: "below" });
    this.caption = el("p", { class: "caveat" });
    this.status = el("p", { class: "unseen", role: "status" });
    this.element = el("div", { class: "mapview" },
      el("div", { class: "sky" }, this.controls, this.maps, this.legends, this.below,
        el("p", { class: "caveat keys", id: "map-keys" }, "Drag to move (in 3-D to turn), wheel or two fingers to zoom, Shift and drag for a rectangle. Keys: arrows, + and −, 0 for the whole, Enter for the feature in the middle, Esc to let go."),
        this.caption),
      this.card, this.tip, this.status);
    this.player = new Player((lit) => {
      this.panes.forEach((p) => {
        p.map.marks.lit = lit;
        p.map.redraw();
      });
    }, index.carrier === "served" && index.playable ? askServer : null);
    this.below.after(this.player.element);
    this.panes = [];
  }

  names(layer) {
    return (affinity, k, lobe) => lobeName(layer, affinity, k, lobe);
  }

  /** Brings the view to the state; `changed` says which keys moved. */
  async update(layer, changed) {
    const fresh = this.layer !== layer;
    this.layer = layer;
    await layer.load();
    if (!layer.map && !layer.pca) {
      replace(this.maps, el("p", { class: "notice" }, `The run directory has neither ${layer.name}/map.npy nor pca.npy: there is no map to draw.`));
      this.panes.forEach((p) => p.map.dispose());
      this.panes = [];
      return;
    }
    const wanted = [state.colour || firstColouring(layer), ...(state.beside ? [state.beside] : [])];
    const all = ["colour", "beside", "hidden", "layer", "theme", "view"];
    if (fresh || this.panes.length !== wanted.length) this.makePanes(layer, wanted);
    if (fresh || all.some((k) => changed.has(k))) await this.paintPanes(layer, wanted);
    if (fresh || changed.has("space")) {
      const flat = await this.flat(layer);
      this.panes.forEach((p) => {
        if (flat) p.map.glideTo(flat);
        p.map.morphTo(this.morph(layer));
      });
    }
    this.describe(layer);
    this.drawControls(layer, wanted);
    if (fresh) this.player.show(layer);
    // A page in one file holds everything already; data beside a page is read when it is asked for.
    if (fresh && index.carrier === "inline") layer.warming ??= layer.warm();
    if (fresh || changed.has("feature")) await this.pickFeature(layer);
    if (fresh || changed.has("find") || changed.has("select") || changed.has("colour")) await this.drawTable(layer);
  }

  /** How far the points are on their way from the flat map to the cloud. */
  morph(layer) {
    return state.space === "3d" && layer.pca ? 1 : layer.map ? 0 : 1;
  }

  /** The flat positions that the address asks for, or null for those there are. */
  async flat(layer) {
    const kept = (layer.flats ??= new Map());
    const name = state.space === "3d" ? "2d" : state.space;
    if (!kept.has(name)) {
      const positions = name === "pca" && layer.pca ? Float32Array.from({ length: 2 * layer.features }, (_, i) => layer.pca[3 * (i >> 1) + (i & 1)]) : await layer.otherMap(name) ?? layer.map;
      kept.set(name, positions ? normalised(positions, 2) : null);
    }
    return kept.get(name);
  }

  makePanes(layer, wanted) {
    this.agreement = null;
    this.panes.forEach((p) => p.map.dispose());
    const sizes = diameters(layer);
    this.panes = wanted.map((_, i) => {
      const map = new FeatureMap(i ? "Second map of features" : "Map of features", {
        hover: (f, place) => this.hover(map, f, place),
        pick: (f) => set({ feature: f < 0 ? "" : f }),
        select: (features) => set({ select: pack(features), find: "" }),
      });
      map.setLayer(layer, sizes);
      map.view.morph = this.morph(layer);
      return { map };
    });
    // Maps side by side look the same way.
    if (this.panes.length > 1) this.panes[1].map.view = this.panes[0].map.view;
    this.panes.forEach(({ map }) => {
      const redraw = map.redraw.bind(map);
      map.redraw = () => this.panes.forEach((p) => (p.map === map ? redraw() : FeatureMap.prototype.redraw.call(p.map)));
    });
    replace(this.maps, this.panes.map((p) => p.map.element));
    this.maps.classList.toggle("two", this.panes.length > 1);
    this.panes.forEach((p) => p.map.measure());
  }

  async paintPanes(layer, wanted) {
    const nodes = [];
    for (let i = 0; i < this.panes.length; i++) {
      const pane = this.panes[i];
      const hidden = new Set(i === 0 ? state.hidden.split(",").filter(Boolean) : []);
      pane.colouring = await colour(layer, wanted[i], this.names(layer));
      if (i > 0) this.matchColours(pane, wanted);
      pane.map.names = places(pane.colouring, hidden);
      pane.map.setColours(paint(layer, pane.colouring, hidden));
      nodes.push(legendNode(pane.colouring, hidden, (key) => {
        if (i > 0) return;
        if (!hidden.delete(key)) hidden.add(key);
        set({ hidden: [...hidden].join(",") }, true);
      }, i === 0 && (layer.entry.cosine || layer.entry.phi || layer.entry.quantities?.length) && parse(wanted[0]) ? (key) => this.selectBorder(Number(key)) : null));
    }
    replace(this.legends, nodes);
  }

  /** Says what a point's place and size are. */
  describe(layer) {
    const info = layer.entry.mapInfo ?? {};
    this.caption.textContent = (this.agreement ?? "") +
      `${layer.name}: ${number(layer.features)} features, one point each; size = firing frequency. ` +
      (state.space === "3d"
        ? "Position: the first three principal components of the decoder directions, a small part of their variance."
        : state.space === "pca" ? "Position: the first two principal components of the decoder directions, a small part of their variance."
        : layer.entry.maps?.some((m) => m.name === state.space) ? `Position: ${mapName(state.space)} (map-${state.space}.npy of the run)${state.space === "umap" ? "; as with t-SNE, near neighbours mean something there, distances, sizes and gaps between groups do not" : ""}.`
        : `Position: ${info.method === "pca" ? "two principal components" : "t-SNE"} of the decoder directions${info.perplexity ? `, perplexity ${info.perplexity}` : ""}; near neighbours mean something there, distances, sizes and gaps between groups do not.`);
  }

  /** The second map's groups take the colours of those of the first that they share most with. */
  matchColours(pane, wanted) {
    const first = this.panes[0].colouring;
    this.agreement = null;
    if (!parse(wanted[0]) || !parse(wanted[1]) || !first.keys || !pane.colouring.keys) return;
    const overlap = contingency(first.keys, pane.colouring.keys);
    const colours = colourNumbers(assignment(overlap), overlap.length);
    const shade = (key) => lobeColour(key < 0 ? -1 : colours[key]);
    pane.colouring = {
      ...pane.colouring,
      tints: pane.colouring.tints.map((_, t) => shade(t - 1)),
      entries: pane.colouring.entries.map((e) => ({ ...e, colour: shade(e.key) })),
    };
    this.agreement = `Colours on the right are matched to the left; adjusted mutual information of the two groupings: ${number(ami(overlap))} (0: as by chance, 1: equal). `;
  }

  /** How many of a feature's neighbours share its group, of how many: by direction and by phi. */
  async company(layer, keys) {
    const kinds = (await Promise.all([layer.neighbours("cosine"), layer.neighbours("phi")])).filter(Boolean);
    return (f) => {
      let same = 0;
      let all = 0;
      for (const { ids, width } of kinds) {
        for (let j = 0; j < width; j++) {
          const other = ids[f * width + j];
          if (other < 0) continue;
          all++;
          if (keys[other] === keys[f]) same++;
        }
      }
      return all ? { same, all } : null;
    };
  }

  /** The silhouettes of the clustering that colours the map, by kind: `[[title, values]]`. */
  async silhouettes() {
    const colouring = state.colour || firstColouring(this.layer);
    if (!parse(colouring)) return [];
    const kinds = [["silhouette by phi", "silhouette phi "], ["silhouette by direction", "silhouette direction "]];
    const all = await Promise.all(kinds.map(async ([title, name]) => [title, await this.layer.quantity(name + colouring)]));
    const known = all.filter(([, values]) => values);
    // A cluster by angle is a matter of directions, a lobe one of co-occurrence.
    return parse(colouring).affinity === "angular" ? known.reverse() : known;
  }

  /**
   * Selects the features of a lobe that sit on its border: those of the least silhouette, or, in a run
   * that has none, those whose neighbours are mostly of other lobes.
   */
  async selectBorder(key) {
    const [silhouette] = await this.silhouettes();
    if (silhouette) {
      const [title, values] = silhouette;
      const keys = this.panes[0].colouring.keys;
      const inside = Array.from(keys, (_, f) => f).filter((f) => keys[f] === key && Number.isFinite(values[f]) && !(this.layer.frequency && this.layer.frequency[f] === 0));
      inside.sort((a, b) => values[a] - values[b] || a - b);
      set({ select: pack(inside.slice(0, BORDER)), sort: title, find: "" });
      return;
    }
    const keys = this.panes[0].colouring.keys;
    const company = await this.company(this.layer, keys);
    const members = [];
    for (let f = 0; f < keys.length; f++) {
      const c = keys[f] === key ? company(f) : null;
      if (c && !(this.layer.frequency && this.layer.frequency[f] === 0)) members.push([f, c.same / c.all]);
    }
    members.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
    set({ select: pack(members.slice(0, BORDER).map(([f]) => f)), sort: "company", find: "" });
  }

  drawControls(layer, wanted) {
    const options = colourings(layer);
    const select = (label, value, items, change) => {
      const id = "select-" + label.replaceAll(" ", "-");
      return [el("label", { class: "label", for: id }, label), el("select", { id, onchange: (e) => change(e.target.value) }, grouped(items, value))];
    };
    const lobes = parse(wanted[0]);
    const same = lobes ? layer.colourings.filter((c) => c.affinity === lobes.affinity) : [];
    const at = same.findIndex((c) => c.k === lobes?.k);
    replace(this.controls,
      select("Colour", wanted[0], options, (v) => set({ colour: v, hidden: "" })),
      same.length > 1 ? [el("label", { class: "label", for: "k-slider" }, "k"), el("input", { id: "k-slider", type: "range", min: 0, max: same.length - 1, step: 1, value: String(at), "aria-valuetext": "k = " + lobes.k, oninput: (e) => set({ colour: lobes.affinity + "-k" + same[e.target.value].k, hidden: "" }, true) }), el("output", { for: "k-slider" }, String(lobes.k))] : null,
      select("beside", state.beside, [["", "nothing"], ...options], (v) => set({ beside: v })),
      layer.map && layer.pca ? choices("Space", [["2d", `flat (${layer.entry.mapInfo?.method === "pca" ? "PCA" : "t-SNE"})`], ["pca", "flat (PCA)"], ...(layer.entry.maps ?? []).map((m) => [m.name, `flat (${mapName(m.name)})`]), ["3d", "cloud (PCA)"]], state.space, (v) => set({ space: v })) : null,
      choices("Tool", [["move", "move"], ["rectangle", "rectangle"], ["lasso", "lasso"]], this.panes[0]?.map.tool ?? "move", (tool) => {
        this.panes.forEach((p) => (p.map.tool = tool));
        this.drawControls(layer, wanted);
      }),
      el("button", { type: "button", onclick: () => this.savePicture() }, "PNG"),
      el("label", { class: "file", title: "CSV, JSON or .npy with one value a feature; it stays in this page" }, "Colour by a file",
        el("input", { type: "file", id: "own-column", class: "unseen", accept: ".csv,.tsv,.txt,.json,.jsonl,.npy", onchange: (e) => this.takeColumn(layer, e.target.files[0]) })),
      this.problem ? el("p", { class: "notice", role: "alert" }, this.problem) : null);
    const key = document.activeElement?.id;
    if (key && key !== document.activeElement.id) document.getElementById(key)?.focus();
  }

  /** Colours by a column of the reader's own. */
  async takeColumn(layer, file) {
    if (!file) return;
    this.problem = null;
    try {
      const [name] = await take(file, layer.features);
      set({ colour: "" }, true);
      set({ colour: "own:" + name, hidden: "" });
    } catch (problem) {
      this.problem = `${file.name}: ${problem.message}`;
      this.drawControls(layer, [state.colour || firstColouring(layer)]);
    }
  }

  hover(map, feature, place) {
    if (feature < 0) {
      this.tip.hidden = true;
      return;
    }
    const f = feature;
    const layer = this.layer;
    const box = map.element.getBoundingClientRect();
    const pane = this.panes.find((p) => p.map === map);
    const entry = pane.colouring.keys ? pane.colouring.entries.find((e) => e.key === pane.colouring.keys[f])?.name : null;
    const draw = (peaks) => replace(this.tip, el("b", {}, "Feature " + f), peaks.length ? el("em", {}, " " + peaks.join(", ")) : null, el("br"),
      layer.frequency ? `fires on ${percent(layer.frequency[f])} of tokens` : "", entry ? [el("br"), entry] : null);
    draw(this.named?.layer === layer ? this.named.name(f) : []);
    layer.names().then((name) => (this.named = { layer, name }));
    this.tip.hidden = false;
    const x = box.left + place[0] + 14;
    this.tip.style.left = Math.min(x, innerWidth - this.tip.offsetWidth - 8) + "px";
    this.tip.style.top = box.top + place[1] + 14 + scrollY + "px";
  }

  async pickFeature(layer) {
    const f = state.feature === "" ? -1 : Number(state.feature);
    const known = Number.isInteger(f) && f >= 0 && f < layer.features;
    this.panes.forEach((p) => {
      p.map.marks.picked = known ? f : -1;
      p.map.marks.lines = [];
    });
    this.element.classList.toggle("with-card", known);
    this.card.hidden = !known;
    if (known) {
      const { cosine, phi } = await showCard(this.card, layer, f, this.names(layer), () => set({ feature: "" }));
      const lines = [];
      for (const [kind, dashed] of [[cosine, false], [phi, true]]) {
        for (let j = 0; kind && j < Math.min(5, kind.width); j++) lines.push({ feature: kind.ids[f * kind.width + j], dashed });
      }
      this.panes.forEach((p) => (p.map.marks.lines = lines));
      this.status.textContent = "The card of feature " + f + " is open.";
      this.card.scrollTop = 0;
    }
    this.panes.forEach((p) => p.map.measure());
    this.panes.forEach((p) => p.map.redraw());
  }

  async drawTable(layer) {
    this.below.textContent = "";
    if (!state.find && !state.select) {
      this.panes.forEach((p) => p.map.mark({ found: null, selected: null }));
      return;
    }
    const name = await layer.names();
    const colouring = this.panes[0]?.colouring;
    const company = colouring?.keys && parse(state.colour || firstColouring(layer)) ? await this.company(layer, colouring.keys) : null;
    const silhouettes = await this.silhouettes();
    const shown = colouring?.values ? [[colouring.scale.title.split(" (")[0], colouring.values]] : silhouettes;
    const names = new Map(colouring?.entries.map((e) => [e.key, e.name]) ?? []);
    // Thousands may be selected, and a hundred are shown: everything is found out when it is read.
    const about = {
      peaks: (f) => name(f).join(", "),
      lobe: (f) => (colouring?.keys ? names.get(colouring.keys[f]) ?? "" : ""),
      frequency: (f) => layer.frequency?.[f],
      fires: (f) => layer.fires?.[f],
      company: (f) => (company ? company(f) : null),
      values: Object.fromEntries(shown),
    };
    let found = null;
    let selected = null;
    if (state.find) {
      const groups = async () => (colouring?.keys ? colouring : colour(layer, firstColouring(layer), this.names(layer)));
      const result = await find(layer, state.find, groups);
      found = result.features.map((f) => f.feature);
      const whys = new Map(result.features.map((f) => [f.feature, f.why]));
      this.below.append(featureTable(`Found for “${state.find}”: ${number(result.total)}`, found, layer, { ...about, why: (f) => whys.get(f) }, () => set({ find: "" })));
    } else if (state.select) {
      selected = unpack(state.select, layer.features);
      this.below.append(featureTable(`Selected: ${number(selected.length)} features`, selected, layer, about, () => set({ select: "", sort: "" })));
    }
    // What is too many for rings stands out as a selection does.
    const many = found?.length > RINGS;
    this.panes.forEach((p) => p.map.mark({ found: many ? null : found, selected: many ? found : selected }));
  }

  savePicture() {
    const { map } = this.panes[0];
    const canvas = el("canvas", { width: map.canvas.width, height: map.canvas.height });
    const c = canvas.getContext("2d");
    c.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--ground");
    c.fillRect(0, 0, canvas.width, canvas.height);
    c.drawImage(map.canvas, 0, 0);
    if (map.over !== map.canvas) c.drawImage(map.over, 0, 0);
    canvas.toBlob((blob) => download(`${this.layer.name}-map.png`, blob));
  }
}

/** The name of a flat map as its makers write it. */
function mapName(name) {
  return name === "umap" ? "UMAP" : name;
}

/** Diameters in pixels: area grows with the logarithm of firing frequency. */
export function diameters(layer) {
  const n = layer.features;
  const size = new Float32Array(n);
  const base = n > 30000 ? 2.2 : n > 8000 ? 3 : n > 3000 ? 4 : 5.5;
  const logs = Float64Array.from({ length: n }, (_, f) => (layer.frequency?.[f] > 0 ? Math.log10(layer.frequency[f]) : NaN));
  const known = [...logs].filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  const low = known[Math.floor(known.length * 0.02)] ?? -5;
  const high = known[Math.ceil(known.length * 0.98) - 1] ?? 0;
  for (let f = 0; f < n; f++) {
    const share = Number.isNaN(logs[f]) ? 0 : high > low ? Math.max(0, Math.min(1.2, (logs[f] - low) / (high - low))) : 0.5;
    size[f] = base * (Number.isNaN(logs[f]) ? 0.55 : Math.sqrt(0.4 + 3.2 * share));
  }
  return size;
}

/** Where names stand: up to 12 lobes, each by a sample of its features. */
function places(colouring, hidden) {
  if (!colouring.keys || colouring.entries.length > 12) return [];
  const shown = colouring.entries.filter((e) => e.key >= 0 && !hidden.has(String(e.key)) && e.count > 0);
  const samples = new Map(shown.map((e) => [e.key, []]));
  const step = Math.max(1, Math.floor(colouring.keys.length / 4000));
  for (let f = 0; f < colouring.keys.length; f += step) samples.get(colouring.keys[f])?.push(f);
  return shown.map((e) => ({ text: e.name.length > 36 ? e.name.slice(0, 35) + "…" : e.name, features: samples.get(e.key) }));
}

async function askServer(layer, text) {
  const answer = await fetch("play?layer=" + layer.number, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text }) });
  const result = await answer.json();
  if (!answer.ok) throw new Error(result.problem ?? "the server answered " + answer.status);
  return result;
}
