import { csv, download, el, number, percent, replace } from "dom.js";
import { link, set, state } from "state.js";

// The table of selected or found features: sorted by a press on a heading, filtered by a text, taken
// away as CSV, JSONL or an address.

const SHOWN = 60;

/** Ranges as in 3-5,9, so that a selection fits an address. */
export function pack(features) {
  const sorted = [...features].sort((a, b) => a - b);
  const parts = [];
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (j + 1 < sorted.length && sorted[j + 1] === sorted[j] + 1) j++;
    parts.push(j > i ? sorted[i] + "-" + sorted[j] : String(sorted[i]));
    i = j + 1;
  }
  return parts.join(",");
}

export function unpack(text, features) {
  const out = new Set();
  for (const part of text.split(",")) {
    const m = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!m) continue;
    const to = Math.min(features - 1, Number(m[2] ?? m[1]));
    for (let f = Number(m[1]); f <= to; f++) out.add(f);
  }
  return [...out];
}

/**
 * A table of features.
 *
 * @param rows `[{ feature, lobe, frequency, fires, peaks, why, company, values }]`; what costs
 *     something to find out may be a getter
 * @param numbers names of `values`
 */
export function featureTable(title, rows, layer, numbers, close) {
  const why = rows.some((r) => r.why);
  const company = rows.slice(0, 20).some((r) => r.company);
  let text = "";
  let shown = SHOWN;
  rows.forEach((r, i) => (r.rank = i));
  const columns = [
    ["feature", "feature"], ["peaks", "peaks at"], ["lobe", "colour"], ["frequency", "of tokens"],
    ...numbers.map((name) => [name, name]),
    ...(company ? [["company", "neighbours of its own lobe"]] : []),
    ...(why ? [["why", "why"]] : []),
  ];
  const asked = state.sort.replace(/^-/, "");
  let key = columns.some(([k]) => k === asked) ? asked : why ? "rank" : "frequency";
  let down = key === asked && asked ? state.sort.startsWith("-") : key !== "rank";
  const value = (r) => (numbers.includes(key) ? r.values[key] : key === "company" ? (r.company ? r.company.same / r.company.all : -1) : r[key]);
  const rank = (r) => (Number.isNaN(value(r)) ? Infinity : value(r));
  const body = el("tbody", {});
  const head = el("tr", {});
  const note = el("p", { class: "caveat", role: "status" });
  const chosen = () => {
    const kept = text ? rows.filter((r) => `${r.feature} ${r.peaks} ${r.lobe} ${r.why ?? ""}`.toLowerCase().includes(text)) : rows;
    const sign = down ? -1 : 1;
    const keyed = kept.map((r) => [rank(r) ?? 0, r]);
    keyed.sort(typeof keyed[0]?.[0] === "string" ? (a, b) => sign * a[0].localeCompare(b[0]) || a[1].feature - b[1].feature : (a, b) => sign * (a[0] - b[0]) || a[1].feature - b[1].feature);
    return keyed.map(([, r]) => r);
  };
  const draw = () => {
    const all = chosen();
    head.textContent = "";
    columns.forEach(([k, name]) => head.append(el("th", { scope: "col", "aria-sort": key === k ? (down ? "descending" : "ascending") : "none" },
      el("button", { type: "button", onclick: () => {
        down = key === k ? !down : k === "frequency";
        key = k;
        set({ sort: (down ? "-" : "") + k }, true);
        draw();
      } }, name, key === k ? (down ? " ↓" : " ↑") : ""))));
    body.textContent = "";
    all.slice(0, shown).forEach((r) => body.append(el("tr", {},
      el("th", { scope: "row" }, el("a", { href: link({ feature: r.feature }) }, String(r.feature))),
      columns.slice(1).map(([k]) => el("td", { title: k === "lobe" ? r.lobe : null }, numbers.includes(k) ? number(r.values[k]) : k === "frequency" ? percent(r.frequency) : k === "company" ? (r.company ? `${r.company.same} of ${r.company.all}` : "–") : r[k])))));
    replace(note, all.length > shown ? [`The first ${number(shown)} of ${number(all.length)}; downloads hold all. `, el("button", { type: "button", onclick: () => {
      shown += 400;
      draw();
    } }, "Show more")] : `${number(all.length)} features.`);
  };
  const record = (r) => ({ layer: layer.name, feature: r.feature, peaks: r.peaks, colour: r.lobe, frequency: r.frequency ?? null, fires: r.fires ?? null, own_neighbours: r.company?.same ?? null, neighbours: r.company?.all ?? null, ...Object.fromEntries(numbers.map((name) => [name, Number.isNaN(r.values[name]) ? null : r.values[name]])) });
  const name = layer.name + "-features";
  draw();
  return el("section", { class: "selection", "aria-label": title },
    el("header", {}, el("h3", {}, title),
      el("input", { type: "search", placeholder: "filter", "aria-label": "Filter the table", oninput: (e) => {
        text = e.target.value.trim().toLowerCase();
        draw();
      } }),
      el("div", { class: "take" },
        el("button", { type: "button", onclick: () => download(name + ".csv", csv([["layer", "feature", "peaks", "colour", "frequency", "fires", "own_neighbours", "neighbours", ...numbers], ...chosen().map((r) => Object.values(record(r)))]), "text/csv") }, "CSV"),
        el("button", { type: "button", onclick: () => download(name + ".jsonl", chosen().map((r) => JSON.stringify(record(r))).join("\n") + "\n", "application/jsonl") }, "JSONL"),
        el("button", { type: "button", onclick: () => set({ select: pack(chosen().map((r) => r.feature)), find: "" }) }, "Permalink"),
        el("button", { type: "button", onclick: close }, "Clear"))),
    note,
    numbers.some((n) => n.startsWith("silhouette")) ? el("p", { class: "caveat" }, "Silhouette: 1 deep inside its lobe, 0 on the border, below 0 nearer to another lobe; over all pairs of features, by phi (co-occurrence) or by the cosine of directions. With hundreds of dimensions nearly all values are near 0: read their order, not their size.") : null,
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title + ", table" }, el("table", {}, el("caption", { class: "unseen" }, title), el("thead", {}, head), body)));
}
