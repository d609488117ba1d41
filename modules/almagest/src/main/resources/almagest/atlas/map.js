import { el } from "dom.js";
import { css } from "palette.js";
import { makePlot } from "plot.js";
import { View, normalised } from "view.js";

// The map: points, what lies over them (rings, names, lasso), and what hands do with it.

/** More selected features than this are not ringed one by one. */
export const RINGS = 1500;

const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * A map in an element. `on` has `hover(feature | -1, x, y)`, `pick(feature | -1)`,
 * `select(features)`.
 */
export class FeatureMap {
  constructor(label, on) {
    this.on = on;
    this.view = new View();
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.over = el("canvas", { class: "over", "aria-hidden": "true" });
    this.element = el("div", {
      class: "map", tabindex: "0", role: "application", "aria-label": label,
      "aria-describedby": "map-keys",
    }, this.canvas, this.over);
    // A handle for tests and for readers at the console.
    this.element.almagest = this;
    this.plot = makePlot(this.canvas, location.search.slice(1));
    this.canvas = this.plot.canvas;
    // A flat canvas takes what lies over the points as well: one picture less to put on the screen.
    if (this.plot.context) {
      this.over.remove();
      this.over = this.canvas;
    }
    this.tool = "move";
    this.marks = { picked: -1, hovered: -1, lines: [], found: null, selected: null, lit: null };
    this.named = [];
    this.frame = 0;
    this.moving = false;
    this.resizer = new ResizeObserver(() => this.measure());
    this.resizer.observe(this.element);
    this.hands();
  }

  /** Shows a layer: `layer` loaded, `size` diameters in pixels. */
  setLayer(layer, size) {
    this.n = size.length;
    const flat = layer.map ? normalised(layer.map, 2) : null;
    const cloud = layer.pca ? normalised(layer.pca, 3) : null;
    this.flat = flat ?? flattened(cloud);
    this.cloud = cloud ?? lifted(flat);
    this.goal = this.flat;
    this.size = size;
    const order = Uint32Array.from({ length: this.n }, (_, i) => i).sort((a, b) => size[b] - size[a]);
    this.plot.setPoints(this.flat, this.cloud, size, order);
    this.marks = { picked: -1, hovered: -1, lines: [], found: null, selected: null, lit: null };
  }

  /** Glides to other flat positions [n × 2], normalised. */
  glideTo(flat, at = performance.now()) {
    if (flat === this.goal) return;
    this.goal = flat;
    const from = this.flat;
    const put = (positions) => {
      this.flat = positions;
      this.plot.setFlat(positions);
      this.names = this.named;
      this.redraw();
    };
    if (still.matches || !this.drawn || this.view.morph === 1) return put(flat);
    const step = (now) => {
      if (this.goal !== flat) return;
      const t = eased(Math.min(1, (now - at) / 700));
      put(t === 1 ? flat : Float32Array.from(flat, (v, i) => from[i] + (v - from[i]) * t));
      if (t < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  setColours(rgba) {
    this.rgba = rgba;
    this.shade();
  }

  /** Marks features: `found` and `selected` are lists or null. */
  mark(marks) {
    Object.assign(this.marks, marks);
    this.shade();
  }

  /** A few selected features get rings; of many, the others fade. */
  shade() {
    if (!this.rgba) return;
    const many = this.marks.selected?.length > RINGS;
    let rgba = this.rgba;
    if (many) {
      rgba = rgba.slice();
      const selected = new Uint8Array(this.n);
      for (const f of this.marks.selected) selected[f] = 1;
      for (let f = 0; f < this.n; f++) if (selected[f] === 0) rgba[4 * f + 3] *= 0.2;
    }
    this.plot.setColours(rgba);
    this.redraw();
  }

  /** Goes to flat (0) or cloud (1), gliding unless the reader dislikes motion. */
  morphTo(target, at = performance.now()) {
    this.target = target;
    if (still.matches || !this.drawn) {
      this.view.morph = target;
      return this.redraw();
    }
    const from = this.view.morph;
    const step = (now) => {
      if (this.target !== target) return;
      const t = Math.min(1, (now - at) / 900);
      this.view.morph = from + (target - from) * eased(t);
      this.redraw();
      if (t < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  measure() {
    const box = this.element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) return;
    this.view.width = box.width;
    this.view.height = box.height;
    this.redraw();
  }

  redraw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    if (!this.rgba || this.view.width < 2) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    // What moves is seen less sharply.
    const sharp = this.moving ? Math.min(1, ratio) : ratio;
    this.plot.draw(this.view, sharp, this.grow());
    this.drawOver(sharp);
    this.drawn = true;
  }

  /** Says that a hand is at work; the map is sharp again once it rests. */
  stir() {
    clearTimeout(this.rest);
    this.moving = this.n > 3000;
    this.rest = setTimeout(() => {
      if (!this.moving) return;
      this.moving = false;
      if (devicePixelRatio > 1) this.redraw();
    }, 180);
    this.redraw();
  }

  /** Points grow a little with zoom and with the window, far slower than their distances. */
  grow() {
    return Math.max(0.7, Math.min(this.view.width, this.view.height) / 640) * this.view.zoom ** 0.4;
  }

  at(feature, out = [0, 0, 0]) {
    const f = this.flat;
    const c = this.cloud;
    return this.view.project(
      f[2 * feature], f[2 * feature + 1], c[3 * feature], c[3 * feature + 1], c[3 * feature + 2], out
    );
  }

  drawOver(ratio) {
    const { view, marks } = this;
    const c = this.over.getContext("2d");
    const w = Math.round(view.width * ratio);
    const h = Math.round(view.height * ratio);
    if (this.over.width !== w || this.over.height !== h) Object.assign(this.over, { width: w, height: h });
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.over !== this.canvas) c.clearRect(0, 0, view.width, view.height);
    const ink = css("--ink");
    const accent = css("--accent");
    const p = [0, 0, 0];
    const ring = (feature, extra, width, colour) => {
      if (feature < 0 || feature >= this.n) return;
      this.at(feature, p);
      c.strokeStyle = colour;
      c.lineWidth = width;
      c.beginPath();
      c.arc(p[0], p[1], Math.max(3, (this.size[feature] * this.grow() * p[2]) / 2) + extra, 0, 2 * Math.PI);
      c.stroke();
    };
    // One path for all of them: thousands may be selected.
    const rings = (features, extra, width, colour) => {
      if (!features?.length) return;
      c.strokeStyle = colour;
      c.lineWidth = width;
      c.beginPath();
      for (const f of features) {
        if (f < 0 || f >= this.n) continue;
        this.at(f, p);
        if (p[0] < 0 || p[1] < 0 || p[0] > view.width || p[1] > view.height) continue;
        const r = Math.max(3, (this.size[f] * this.grow() * p[2]) / 2) + extra;
        c.moveTo(p[0] + r, p[1]);
        c.arc(p[0], p[1], r, 0, 2 * Math.PI);
      }
      c.stroke();
    };
    if (!(marks.selected?.length > RINGS)) rings(marks.selected, 1, 1, ink);
    rings(marks.found, 2, 1.5, accent);
    for (const [f, heat] of marks.lit ?? []) {
      c.globalAlpha = 0.35 + 0.65 * heat;
      ring(f, 2 + 7 * heat, 1.5 + 2 * heat, accent);
      c.globalAlpha = 1;
    }
    if (marks.picked >= 0) {
      const from = this.at(marks.picked).slice();
      for (const { feature, dashed } of marks.lines) {
        if (feature < 0 || feature >= this.n) continue;
        this.at(feature, p);
        c.strokeStyle = ink;
        c.globalAlpha = 0.55;
        c.lineWidth = 1;
        c.setLineDash(dashed ? [3, 4] : []);
        c.beginPath();
        c.moveTo(from[0], from[1]);
        c.lineTo(p[0], p[1]);
        c.stroke();
      }
      c.setLineDash([]);
      c.globalAlpha = 1;
      ring(marks.picked, 5, 2, accent);
      c.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        c.moveTo(from[0] + 12 * dx, from[1] + 12 * dy);
        c.lineTo(from[0] + 22 * dx, from[1] + 22 * dy);
      }
      c.strokeStyle = accent;
      c.stroke();
    }
    if (marks.hovered >= 0 && marks.hovered !== marks.picked) ring(marks.hovered, 3, 1.5, ink);
    this.drawNames(c, p);
    if (this.lasso?.length > 1) {
      c.strokeStyle = accent;
      c.fillStyle = accent + "22";
      c.lineWidth = 1.5;
      c.setLineDash([5, 4]);
      c.beginPath();
      this.lasso.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
      c.closePath();
      c.fill();
      c.stroke();
      c.setLineDash([]);
    }
  }

  /** What stands written on the map, `[{ text, features }]`: each where the middle of its features is. */
  set names(list) {
    this.named = list;
    this.places = list.filter((n) => n.features.length > 0).map((name) => {
      const middle = (values, width, at) => {
        const sorted = Float32Array.from(name.features, (f) => values[width * f + at]).sort();
        return sorted[sorted.length >> 1];
      };
      return { text: name.text, flat: [0, 1].map((j) => middle(this.flat, 2, j)), cloud: [0, 1, 2].map((j) => middle(this.cloud, 3, j)) };
    });
  }

  get names() {
    return this.named;
  }

  /** Names, as on a star chart; where they would overlap the later one gives way. */
  drawNames(c, p) {
    const ground = css("--ground");
    c.textAlign = "center";
    c.textBaseline = "middle";
    const used = [];
    for (const name of this.places ?? []) {
      this.view.project(...name.flat, ...name.cloud, p);
      const x = p[0];
      let y = p[1];
      c.font = `italic ${this.view.width < 500 ? 13 : 15}px ${css("--serif")}`;
      const wide = c.measureText(name.text).width / 2 + 4;
      for (let tries = 0; tries < 6; tries++) {
        if (!used.some((u) => Math.abs(u.x - x) < u.wide + wide && Math.abs(u.y - y) < 18)) break;
        y += 18;
      }
      used.push({ x, y, wide });
      const held = Math.max(wide, Math.min(this.view.width - wide, x));
      c.lineWidth = 5;
      c.lineJoin = "round";
      c.strokeStyle = ground;
      c.globalAlpha = 0.9;
      c.strokeText(name.text, held, y);
      c.globalAlpha = 1;
      c.fillStyle = css("--ink");
      c.fillText(name.text, held, y);
    }
  }

  /** The visible feature nearest to a pixel and not further from it than `within` pixels, or −1. */
  nearest(x, y, within = 10) {
    const p = [0, 0, 0];
    let best = -1;
    let least = Infinity;
    const grow = this.grow();
    const { view, flat } = this;
    // On the flat map most points are ruled out by a comparison in its own units.
    const s = view.scale();
    const mx = view.x + (x - view.width / 2) / s;
    const my = view.y - (y - view.height / 2) / s;
    const reach = view.morph === 0 ? (within + (16 * grow) / 2) / s : Infinity;
    for (let f = 0; f < this.n; f++) {
      if (Math.abs(flat[2 * f] - mx) > reach || Math.abs(flat[2 * f + 1] - my) > reach) continue;
      if (this.rgba[4 * f + 3] === 0) continue;
      this.at(f, p);
      const d = Math.hypot(p[0] - x, p[1] - y) - (this.size[f] * grow * p[2]) / 2;
      // In the cloud the nearer of two points under the hand wins.
      const rank = d < 0 && this.view.morph > 0.5 ? -p[2] : d;
      if (d < within && rank < least) {
        least = rank;
        best = f;
      }
    }
    return best;
  }

  inside(polygon) {
    const p = [0, 0, 0];
    const found = [];
    const [xs, ys] = [0, 1].map((j) => polygon.map((corner) => corner[j]));
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    for (let f = 0; f < this.n; f++) {
      if (this.rgba[4 * f + 3] === 0) continue;
      this.at(f, p);
      if (p[0] < left || p[0] > right || p[1] < top || p[1] > bottom) continue;
      if (within(p[0], p[1], polygon)) found.push(f);
    }
    return found;
  }

  hands() {
    const e = this.element;
    const pointers = new Map();
    let moved = 0;
    const place = (event) => {
      const box = e.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    e.addEventListener("wheel", (event) => {
      event.preventDefault();
      const [x, y] = place(event);
      this.view.zoomAt(x, y, Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)));
      this.stir();
    }, { passive: false });
    e.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button")) return;
      e.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, place(event));
      moved = 0;
      const tool = event.shiftKey && this.tool === "move" ? "rectangle" : this.tool;
      if (tool !== "move" && pointers.size === 1) {
        this.lasso = [place(event)];
        this.lassoKind = tool;
      }
    });
    e.addEventListener("pointermove", (event) => {
      const now = place(event);
      const before = pointers.get(event.pointerId);
      if (!before) {
        this.hover(now, event);
        return;
      }
      const dx = now[0] - before[0];
      const dy = now[1] - before[1];
      moved += Math.abs(dx) + Math.abs(dy);
      if (this.lasso && pointers.size === 1) {
        const [x, y] = this.lasso[0];
        if (this.lassoKind === "rectangle") this.lasso = [[x, y], [now[0], y], now, [x, now[1]]];
        else this.lasso.push(now);
      } else if (pointers.size === 2) {
        this.lasso = null;
        const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
        const was = Math.hypot(before[0] - other[0], before[1] - other[1]);
        const is = Math.hypot(now[0] - other[0], now[1] - other[1]);
        this.view.zoomAt((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, is / (was || 1));
        this.view.pan(dx / 2, dy / 2);
      } else if (this.view.morph > 0.5 && !event.ctrlKey && event.buttons !== 2) this.view.rotate(dx, dy);
      else this.view.pan(dx, dy);
      pointers.set(event.pointerId, now);
      this.stir();
    });
    const lift = (event) => {
      if (!pointers.delete(event.pointerId)) return;
      const lasso = this.lasso;
      this.lasso = null;
      if (event.type === "pointerup" && moved < 6) this.on.pick(this.nearest(...place(event)));
      else if (lasso && lasso.length > 2 && event.type === "pointerup") this.on.select(this.inside(lasso));
      this.redraw();
    };
    e.addEventListener("pointerup", lift);
    e.addEventListener("pointercancel", lift);
    e.addEventListener("pointerleave", () => this.hover(null));
    e.addEventListener("contextmenu", (event) => event.preventDefault());
    e.addEventListener("keydown", (event) => this.key(event));
  }

  hover(place) {
    const feature = place && this.rgba ? this.nearest(...place) : -1;
    this.element.style.cursor = feature >= 0 ? "pointer" : this.tool === "move" ? "grab" : "crosshair";
    this.on.hover(feature, place);
    if (feature === this.marks.hovered) return;
    this.marks.hovered = feature;
    this.redraw();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 40;
    const turn = this.view.morph > 0.5 && !event.shiftKey;
    const go = (dx, dy) => (turn ? this.view.rotate(dx, dy) : this.view.pan(-dx, -dy));
    const w = this.view.width / 2;
    const h = this.view.height / 2;
    const keys = {
      ArrowLeft: () => go(-step, 0),
      ArrowRight: () => go(step, 0),
      ArrowUp: () => go(0, -step),
      ArrowDown: () => go(0, step),
      "+": () => this.view.zoomAt(w, h, 1.3),
      "=": () => this.view.zoomAt(w, h, 1.3),
      "-": () => this.view.zoomAt(w, h, 1 / 1.3),
      0: () => this.view.reset(),
      Enter: () => this.on.pick(this.nearest(w, h, step)),
      Escape: () => this.on.pick(-1),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
    this.redraw();
  }

  dispose() {
    clearTimeout(this.rest);
    this.resizer.disconnect();
    this.plot.dispose();
  }
}

function within(x, y, polygon) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Slow, fast, slow. */
function eased(t) {
  return t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
}

function flattened(cloud) {
  const flat = new Float32Array((cloud.length / 3) * 2);
  for (let i = 0; i < flat.length / 2; i++) {
    flat[2 * i] = cloud[3 * i];
    flat[2 * i + 1] = cloud[3 * i + 1];
  }
  return flat;
}

function lifted(flat) {
  const cloud = new Float32Array((flat.length / 2) * 3);
  for (let i = 0; i < cloud.length / 3; i++) {
    cloud[3 * i] = flat[2 * i];
    cloud[3 * i + 1] = flat[2 * i + 1];
  }
  return cloud;
}
