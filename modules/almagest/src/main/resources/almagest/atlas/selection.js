import { csv, download, el, number, percent, replace } from "dom.js";
import { link, set, state } from "state.js";

// The table of selected or found features: sorted by a press on a heading, filtered by a text, taken
// away as CSV, JSONL or an address.

const SHOWN = 60;

/**
 * A selection in few characters, so that it fits an address: ranges as in 3-5,9, or, for many that
 * lie scattered, ~ and one bit a feature in base64 as URLs have it, feature 0 in the lowest bit.
 */
export function pack(features) {
  const sorted = Int32Array.from(features).sort();
  const parts = [];
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (j + 1 < sorted.length && sorted[j + 1] === sorted[j] + 1) j++;
    parts.push(j > i ? sorted[i] + "-" + sorted[j] : String(sorted[i]));
    i = j + 1;
  }
  const ranges = parts.join(",");
  const bytes = sorted.length ? (sorted.at(-1) >> 3) + 1 : 0;
  if (ranges.length < 200 || ranges.length <= (bytes * 4) / 3 + 1) return ranges;
  const bits = new Uint8Array(bytes);
  for (const f of sorted) bits[f >> 3] |= 1 << (f & 7);
  const text = [];
  for (let at = 0; at < bytes; at += 8192) text.push(String.fromCharCode(...bits.subarray(at, at + 8192)));
  return "~" + btoa(text.join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The features of a selection in an address, in order; what cannot be read is passed over. */
export function unpack(text, features) {
  const chosen = new Uint8Array(features);
  if (text.startsWith("~")) {
    let bits = "";
    try {
      bits = atob(text.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
    } catch (problem) {
      // An address that was cut off: nothing is selected.
    }
    for (let f = 0; f < Math.min(features, 8 * bits.length); f++) chosen[f] = (bits.charCodeAt(f >> 3) >> (f & 7)) & 1;
  }
  for (const part of text.split(",")) {
    const m = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (m) chosen.fill(1, Number(m[1]), Number(m[2] ?? m[1]) + 1);
  }
  const out = new Int32Array(features);
  let count = 0;
  for (let f = 0; f < features; f++) if (chosen[f] === 1) out[count++] = f;
  return out.slice(0, count);
}

const collator = new Intl.Collator();

/** The first of a list in an order, without sorting the rest. */
function first(items, order, count) {
  if (items.length <= 4 * count) return Array.from(items).sort(order).slice(0, count);
  const best = [];
  for (const item of items) {
    if (best.length === count && order(item, best[count - 1]) >= 0) continue;
    let low = 0;
    for (let high = best.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (order(item, best[middle]) < 0) high = middle;
      else low = middle + 1;
    }
    best.splice(low, 0, item);
    if (best.length > count) best.pop();
  }
  return best;
}

/**
 * A table of features.
 *
 * @param features their numbers, the best first where they were found by a search
 * @param about what is known of a feature: functions `peaks`, `lobe`, `frequency`, `fires`, `company`
 *     and, where features were searched for, `why`; and `values`, by name the numbers of all features
 * @param close called when the reader clears the table
 */
export function featureTable(title, features, layer, about, close) {
  const { why } = about;
  const numbers = Object.keys(about.values);
  const company = features.length > 0 && Array.from(features.slice(0, 20)).some(about.company);
  let text = "";
  let shown = SHOWN;
  const columns = [
    ["feature", "feature"], ["peaks", "peaks at"], ["lobe", "colour"], ["frequency", "of tokens"],
    ...numbers.map((name) => [name, name]),
    ...(company ? [["company", "neighbours of its own lobe"]] : []),
    ...(why ? [["why", "why"]] : []),
  ];
  const asked = state.sort.replace(/^-/, "");
  let key = columns.some(([k]) => k === asked) ? asked : why ? "rank" : "frequency";
  let down = key === asked && asked ? state.sort.startsWith("-") : key !== "rank";
  const share = (f) => {
    const c = about.company(f);
    return c ? c.same / c.all : NaN;
  };
  const written = { peaks: about.peaks, lobe: about.lobe, why };
  // Numbers that are none stand last, whichever way a column is sorted.
  const order = () => {
    const sign = down ? -1 : 1;
    if (key === "rank") return null;
    if (written[key]) return (a, b) => sign * collator.compare(written[key](a) ?? "", written[key](b) ?? "") || a - b;
    const number = key === "feature" ? (f) => f : key === "company" ? share : key === "frequency" ? about.frequency : (f) => about.values[key][f];
    const rank = (f) => {
      const v = number(f) ?? NaN;
      return Number.isNaN(v) ? Infinity : sign * v;
    };
    return (a, b) => {
      const x = rank(a);
      const y = rank(b);
      return x < y ? -1 : x > y ? 1 : a - b;
    };
  };
  const kept = () => (text ? features.filter((f) => `${f} ${about.peaks(f)} ${about.lobe(f)} ${why?.(f) ?? ""}`.toLowerCase().includes(text)) : features);
  const all = () => (order() ? Array.from(kept()).sort(order()) : Array.from(kept()));
  const body = el("tbody", {});
  const head = el("tr", {});
  const note = el("p", { class: "caveat", role: "status" });
  const cell = (k, f) => {
    if (k === "frequency") return percent(about.frequency(f));
    if (k === "company") return about.company(f) ? `${about.company(f).same} of ${about.company(f).all}` : "–";
    return written[k] ? written[k](f) : number(about.values[k][f]);
  };
  const draw = () => {
    const passed = kept();
    const rows = order() ? first(passed, order(), shown) : Array.from(passed.slice(0, shown));
    head.textContent = "";
    columns.forEach(([k, name]) => head.append(el("th", { scope: "col", "aria-sort": key === k ? (down ? "descending" : "ascending") : "none" },
      el("button", { type: "button", onclick: () => {
        down = key === k ? !down : k === "frequency";
        key = k;
        set({ sort: (down ? "-" : "") + k }, true);
        draw();
      } }, name, key === k ? (down ? " ↓" : " ↑") : ""))));
    replace(body, rows.map((f) => el("tr", {},
      el("th", { scope: "row" }, el("a", { href: link({ feature: f }) }, String(f))),
      columns.slice(1).map(([k]) => el("td", { title: k === "lobe" ? about.lobe(f) : null }, cell(k, f))))));
    replace(note, passed.length > shown ? [`The first ${number(shown)} of ${number(passed.length)}; downloads hold all. `, el("button", { type: "button", onclick: () => {
      shown += 400;
      draw();
    } }, "Show more")] : `${number(passed.length)} features.`);
  };
  const record = (f) => ({
    layer: layer.name, feature: f, peaks: about.peaks(f), colour: about.lobe(f), frequency: about.frequency(f) ?? null, fires: about.fires(f) ?? null,
    own_neighbours: about.company(f)?.same ?? null, neighbours: about.company(f)?.all ?? null,
    ...Object.fromEntries(numbers.map((name) => [name, Number.isNaN(about.values[name][f]) ? null : about.values[name][f]])),
  });
  const name = layer.name + "-features";
  draw();
  return el("section", { class: "selection", "aria-label": title },
    el("header", {}, el("h3", {}, title),
      el("input", { type: "search", placeholder: "filter", "aria-label": "Filter the table", oninput: (e) => {
        text = e.target.value.trim().toLowerCase();
        draw();
      } }),
      el("div", { class: "take" },
        el("button", { type: "button", onclick: () => download(name + ".csv", csv([["layer", "feature", "peaks", "colour", "frequency", "fires", "own_neighbours", "neighbours", ...numbers], ...all().map((f) => Object.values(record(f)))]), "text/csv") }, "CSV"),
        el("button", { type: "button", onclick: () => download(name + ".jsonl", all().map((f) => JSON.stringify(record(f))).join("\n") + "\n", "application/jsonl") }, "JSONL"),
        el("button", { type: "button", onclick: () => set({ select: pack(kept()), find: "" }) }, "Permalink"),
        el("button", { type: "button", onclick: close }, "Clear"))),
    note,
    numbers.some((n) => n.startsWith("silhouette")) ? el("p", { class: "caveat" }, "Silhouette: 1 deep inside its lobe, 0 on the border, below 0 nearer to another lobe; over all pairs of features, by phi (co-occurrence) or by the cosine of directions. With hundreds of dimensions nearly all values are near 0: read their order, not their size.") : null,
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title + ", table" }, el("table", {}, el("caption", { class: "unseen" }, title), el("thead", {}, head), body)));
}
