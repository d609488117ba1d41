import { download, el, number, percent, replace } from "dom.js";
import { choices } from "figure.js";
import { FeatureMap } from "map.js";
import { showCard } from "card.js";
import { colour, colourings, firstColouring, legendNode, paint, parse } from "legend.js";
import { find } from "search.js";
import { featureTable, pack, unpack } from "selection.js";
import { lobeName } from "brain.js";
import { set, state } from "state.js";
import { ami, assignment, colourNumbers, contingency } from "align.js";
import { lobeColour } from "palette.js";
import { Player } from "player.js";
import { index } from "data.js";

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
      el("div", { class: "sky" }, this.controls, this.maps, this.legends,
        el("p", { class: "caveat keys", id: "map-keys" }, "Drag to move (in 3-D to turn), wheel or two fingers to zoom, Shift and drag for a rectangle. Keys: arrows, + and −, 0 for the whole, Enter for the feature in the middle, Esc to let go."),
        this.caption, this.below),
      this.card, this.tip, this.status);
    this.player = new Player((lit) => {
      this.panes.forEach((p) => {
        p.map.marks.lit = lit;
        p.map.redraw();
      });
    }, index.carrier === "served" && index.playable ? askServer : null);
    this.legends.after(this.player.element);
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
      const target = state.space === "3d" && layer.pca ? 1 : layer.map ? 0 : 1;
      this.panes.forEach((p) => p.map.morphTo(target));
    }
    this.drawControls(layer, wanted);
    if (fresh) this.player.show(layer);
    if (fresh || changed.has("feature")) await this.pickFeature(layer);
    if (fresh || changed.has("find") || changed.has("select") || changed.has("colour")) await this.drawTable(layer);
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
      map.view.morph = state.space === "3d" && layer.pca ? 1 : layer.map ? 0 : 1;
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
      }, i === 0 && (layer.entry.cosine || layer.entry.phi) && parse(wanted[0]) ? (key) => this.selectBorder(Number(key)) : null));
    }
    replace(this.legends, nodes);
    const info = layer.entry.mapInfo ?? {};
    this.caption.textContent = (this.agreement ?? "") +
      `${layer.name}: ${number(layer.features)} features, one point each; size = firing frequency. ` +
      (state.space === "3d"
        ? "Position: the first three principal components of the decoder directions, a small part of their variance."
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
    const keys = pane.colouring.keys;
    pane.colouring = {
      ...pane.colouring,
      shade: (f) => shade(keys[f]),
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

  /** Selects the features of a lobe whose neighbours are mostly of other lobes. */
  async selectBorder(key) {
    const keys = this.panes[0].colouring.keys;
    const company = await this.company(this.layer, keys);
    const members = [];
    for (let f = 0; f < keys.length; f++) {
      const c = keys[f] === key ? company(f) : null;
      if (c && !(this.layer.frequency && this.layer.frequency[f] === 0)) members.push([f, c.same / c.all]);
    }
    members.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
    set({ select: pack(members.slice(0, 40).map(([f]) => f)), find: "" });
  }

  drawControls(layer, wanted) {
    const options = colourings(layer);
    const select = (label, value, items, change) => {
      const id = "select-" + label.replaceAll(" ", "-");
      return [el("label", { class: "label", for: id }, label), el("select", { id, onchange: (e) => change(e.target.value) }, items.map(([v, t]) => el("option", { value: v, selected: v === value }, t)))];
    };
    const lobes = parse(wanted[0]);
    const same = lobes ? layer.colourings.filter((c) => c.affinity === lobes.affinity) : [];
    const at = same.findIndex((c) => c.k === lobes?.k);
    replace(this.controls,
      select("Colour", wanted[0], options, (v) => set({ colour: v, hidden: "" })),
      same.length > 1 ? [el("label", { class: "label", for: "k-slider" }, "k"), el("input", { id: "k-slider", type: "range", min: 0, max: same.length - 1, step: 1, value: String(at), "aria-valuetext": "k = " + lobes.k, oninput: (e) => set({ colour: lobes.affinity + "-k" + same[e.target.value].k, hidden: "" }, true) }), el("output", { for: "k-slider" }, String(lobes.k))] : null,
      select("beside", state.beside, [["", "nothing"], ...options], (v) => set({ beside: v })),
      layer.map && layer.pca ? choices("Space", [["2d", "flat (t-SNE)"], ["3d", "cloud (PCA)"]], state.space, (v) => set({ space: v })) : null,
      choices("Tool", [["move", "move"], ["rectangle", "rectangle"], ["lasso", "lasso"]], this.panes[0]?.map.tool ?? "move", (tool) => {
        this.panes.forEach((p) => (p.map.tool = tool));
        this.drawControls(layer, wanted);
      }),
      el("button", { type: "button", onclick: () => this.savePicture() }, "PNG"));
    const key = document.activeElement?.id;
    if (key && key !== document.activeElement.id) document.getElementById(key)?.focus();
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
    draw(this.contextsNow ? this.contextsNow.peaks(f) : []);
    layer.contexts().then((c) => (this.contextsNow = c));
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
      this.card.scrollTop = 0;
      this.status.textContent = "The card of feature " + f + " is open.";
    }
    this.panes.forEach((p) => p.map.measure());
    this.panes.forEach((p) => p.map.redraw());
  }

  async drawTable(layer) {
    const contexts = await layer.contexts();
    const colouring = this.panes[0]?.colouring;
    const company = colouring?.keys && parse(state.colour || firstColouring(layer)) ? await this.company(layer, colouring.keys) : null;
    const row = (feature, why) => ({
      feature,
      peaks: contexts ? contexts.peaks(feature).join(", ") : "",
      lobe: colouring?.keys ? colouring.entries.find((e) => e.key === colouring.keys[feature])?.name ?? "" : "",
      frequency: layer.frequency?.[feature],
      fires: layer.fires?.[feature],
      ...(company ? { company: company(feature) } : {}),
      ...(why ? { why } : {}),
    });
    let found = null;
    let selected = null;
    this.below.textContent = "";
    if (state.find) {
      const result = await find(layer, state.find);
      found = result.features.map((f) => f.feature);
      this.below.append(featureTable(`Found for “${state.find}”: ${number(result.total)}`, result.features.map((f) => row(f.feature, f.why)), layer, () => set({ find: "" })));
    } else if (state.select) {
      selected = unpack(state.select, layer.features);
      this.below.append(featureTable(`Selected: ${number(selected.length)} features`, selected.map((f) => row(f)), layer, () => set({ select: "" })));
    }
    this.panes.forEach((p) => {
      p.map.marks.found = found;
      p.map.marks.selected = selected;
      p.map.redraw();
    });
  }

  savePicture() {
    const { map } = this.panes[0];
    const canvas = el("canvas", { width: map.canvas.width, height: map.canvas.height });
    const c = canvas.getContext("2d");
    c.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--ground");
    c.fillRect(0, 0, canvas.width, canvas.height);
    c.drawImage(map.canvas, 0, 0);
    c.drawImage(map.over, 0, 0);
    canvas.toBlob((blob) => download(`${this.layer.name}-map.png`, blob));
  }
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
