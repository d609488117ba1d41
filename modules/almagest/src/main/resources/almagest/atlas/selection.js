import { csv, download, el, number, percent } from "dom.js";
import { link, set } from "state.js";

// The table of selected or found features: sorted by a press on a heading, filtered by a text, taken
// away as CSV, JSONL or an address.

const SHOWN = 200;

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
 * @param rows `[{ feature, lobe, frequency, fires, peaks, why }]`
 */
export function featureTable(title, rows, layer, close) {
  let key = rows.some((r) => r.why) ? "rank" : "frequency";
  let down = key !== "rank";
  let text = "";
  rows.forEach((r, i) => (r.rank = i));
  const columns = [
    ["feature", "feature"], ["peaks", "peaks at"], ["lobe", "colour"], ["frequency", "of tokens"],
    ...(rows.some((r) => r.company) ? [["company", "neighbours of its own lobe"]] : []),
    ...(rows.some((r) => r.why) ? [["why", "why"]] : []),
  ];
  const rank = (r) => (key === "company" ? (r.company ? r.company.same / r.company.all : -1) : r[key]);
  const body = el("tbody", {});
  const head = el("tr", {});
  const note = el("p", { class: "caveat", role: "status" });
  const chosen = () => {
    const kept = text ? rows.filter((r) => `${r.feature} ${r.peaks} ${r.lobe} ${r.why ?? ""}`.toLowerCase().includes(text)) : rows;
    const sign = down ? -1 : 1;
    return [...kept].sort((a, b) => sign * (typeof rank(a) === "string" ? rank(a).localeCompare(rank(b)) : (rank(a) ?? 0) - (rank(b) ?? 0)) || a.feature - b.feature);
  };
  const draw = () => {
    const all = chosen();
    head.textContent = "";
    columns.forEach(([k, name]) => head.append(el("th", { scope: "col", "aria-sort": key === k ? (down ? "descending" : "ascending") : "none" },
      el("button", { type: "button", onclick: () => {
        down = key === k ? !down : k === "frequency";
        key = k;
        draw();
      } }, name, key === k ? (down ? " ↓" : " ↑") : ""))));
    body.textContent = "";
    all.slice(0, SHOWN).forEach((r) => body.append(el("tr", {},
      el("th", { scope: "row" }, el("a", { href: link({ feature: r.feature }) }, String(r.feature))),
      columns.slice(1).map(([k]) => el("td", {}, k === "frequency" ? percent(r.frequency) : k === "company" ? (r.company ? `${r.company.same} of ${r.company.all}` : "–") : r[k])))));
    note.textContent = all.length > SHOWN ? `The first ${SHOWN} of ${number(all.length)}; downloads hold all.` : `${number(all.length)} features.`;
  };
  const record = (r) => ({ layer: layer.name, feature: r.feature, peaks: r.peaks, colour: r.lobe, frequency: r.frequency ?? null, fires: r.fires ?? null, own_neighbours: r.company?.same ?? null, neighbours: r.company?.all ?? null });
  const name = layer.name + "-features";
  draw();
  return el("section", { class: "selection", "aria-label": title },
    el("header", {}, el("h3", {}, title),
      el("input", { type: "search", placeholder: "filter", "aria-label": "Filter the table", oninput: (e) => {
        text = e.target.value.trim().toLowerCase();
        draw();
      } }),
      el("div", { class: "take" },
        el("button", { type: "button", onclick: () => download(name + ".csv", csv([["layer", "feature", "peaks", "colour", "frequency", "fires", "own_neighbours", "neighbours"], ...chosen().map((r) => Object.values(record(r)))]), "text/csv") }, "CSV"),
        el("button", { type: "button", onclick: () => download(name + ".jsonl", chosen().map((r) => JSON.stringify(record(r))).join("\n") + "\n", "application/jsonl") }, "JSONL"),
        el("button", { type: "button", onclick: () => set({ select: pack(chosen().map((r) => r.feature)), find: "" }) }, "Permalink"),
        el("button", { type: "button", onclick: close }, "Clear"))),
    note,
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title + ", table" }, el("table", {}, el("caption", { class: "unseen" }, title), el("thead", {}, head), body)));
}
