// Elements are made here and only here. Text enters the page as text nodes: nothing that a corpus
// or a file says is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element; `on…` attributes take functions, `null` and `false` leave an attribute out. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(node.style, value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

/** Appends nodes and texts, however nested; skips null and false. */
export function append(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** Replaces all children. */
export function replace(node, ...children) {
  node.textContent = "";
  return append(node, children);
}

/** Offers a file for download. */
export function download(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Rows as CSV (RFC 4180); a text that a spreadsheet would run as a formula gets an apostrophe. */
export function csv(rows) {
  const cell = (v) => {
    if (v === null || v === undefined) return "";
    if (typeof v === "number") return Number.isFinite(v) ? String(v) : "";
    const text = /^[=+\-@\t\r]/.test(v) ? "'" + v : String(v);
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  return rows.map((r) => r.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** A table with a caption for screen readers; the first row is the heading. */
export function table(caption, rows, attributes = {}) {
  const [head, ...body] = rows;
  return el(
    "table",
    attributes,
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, head.map((h) => el("th", { scope: "col" }, h)))),
    el(
      "tbody",
      {},
      body.map((r) =>
        el("tr", {}, r.map((c, i) => (i === 0 ? el("th", { scope: "row" }, show(c)) : el("td", {}, show(c)))))
      )
    )
  );
}

function show(value) {
  return typeof value === "number" ? number(value) : value;
}

/** A number as a reader wants it: integers whole, others with three figures, a true minus. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Number.isInteger(value)) return value.toLocaleString("en-GB").replace("-", "−");
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
    const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 2)).split("e");
    const raised = [...exponent.replace("+", "")].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("");
    return mantissa.replace("-", "−") + "×10" + raised;
  }
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size || 1)));
  return value.toFixed(Math.min(decimals, 4)).replace("-", "−");
}

/** A number on an axis: no more digits than it has. */
export function tick(value) {
  return number(Number(value.toPrecision(4)), Math.abs(value) < 1e-3 ? 3 : 4).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

/** A share as a percentage. */
export function percent(share) {
  if (share === null || share === undefined || Number.isNaN(share)) return "–";
  const p = 100 * share;
  return (p !== 0 && p < 0.01 ? p.toExponential(1) : p < 1 ? p.toFixed(2) : p < 10 ? p.toFixed(1) : p.toFixed(0)) + " %";
}
