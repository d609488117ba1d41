// Columns of the reader's own: a file with one value a feature, by which the map can be coloured. They
// stay in the page's memory and go nowhere.

/** Columns by name: `{ values: Float64Array }` or, for texts, `{ keys, names }`. */
export const own = new Map();

/**
 * Reads a file of columns.
 *
 * CSV or TSV: with a heading, a column `feature` says which feature a line is about, else lines are
 * in order; every other column is taken. JSON: a list, an object by feature number, or a list of
 * records with `feature`; JSON lines: such records. `.npy`: [n] of numbers.
 *
 * @returns the names of the columns taken
 */
export async function take(file, features) {
  const base = file.name.replace(/\.[a-z]+$/i, "");
  const columns = /\.npy$/i.test(file.name) ? { [base]: npy(await file.arrayBuffer()) } : /\.jsonl?$/i.test(file.name) ? json(await file.text(), base, features) : delimited(await file.text(), base, features);
  const names = Object.keys(columns);
  if (names.length === 0) throw new Error("expected a column of values, found none");
  for (const name of names) {
    if (columns[name].length !== features) throw new Error(`expected ${features} values (one a feature), found ${columns[name].length} in “${name}”`);
    own.set(name, column(columns[name]));
  }
  return names;
}

/** Numbers stay numbers; a column with other texts becomes groups. */
function column(values) {
  const empty = (v) => v === null || v === undefined || v === "" || (typeof v === "number" && Number.isNaN(v));
  if (values.every?.((v) => empty(v) || Number.isFinite(Number(v)))) return { values: Float64Array.from(values, (v) => (empty(v) ? NaN : Number(v))) };
  const names = [...new Set([...values].filter((v) => !empty(v)).map(String))].sort();
  if (names.length > 200) throw new Error(`expected numbers or at most 200 different texts, found ${names.length}`);
  const number = new Map(names.map((n, i) => [n, i]));
  return { names, keys: Int32Array.from(values, (v) => (empty(v) ? -1 : number.get(String(v)))) };
}

function placed(rows, features, base) {
  const columns = {};
  for (const row of rows) {
    const f = Number(row.feature);
    if (!Number.isInteger(f) || f < 0 || f >= features) throw new Error(`expected a feature from 0 to ${features - 1}, found ${row.feature}`);
    for (const [name, value] of Object.entries(row)) {
      if (name === "feature" || (typeof value === "object" && value !== null)) continue;
      (columns[name === "value" ? base : name] ??= new Array(features).fill(null))[f] = value;
    }
  }
  return columns;
}

function json(text, base, features) {
  const lines = text.trim();
  const value = lines.startsWith("{") && lines.includes("\n{") ? lines.split("\n").filter((l) => l.trim()).map((l) => JSON.parse(l)) : JSON.parse(lines);
  if (Array.isArray(value)) return value.length && typeof value[0] === "object" && value[0] !== null ? placed(value, features, base) : { [base]: value };
  return placed(Object.entries(value).map(([feature, v]) => ({ feature, value: v })), features, base);
}

function delimited(text, base, features) {
  const lines = text.split(/\r?\n/).filter((l) => l.trim());
  if (lines.length === 0) return {};
  const split = (line) => cells(line, line.includes("\t") ? "\t" : ",");
  const head = split(lines[0]).map((h) => h.trim());
  const titled = head.some((h) => h !== "" && !Number.isFinite(Number(h))) && lines.length !== features;
  const rows = lines.slice(titled ? 1 : 0).map(split);
  const names = titled ? head : head.map((_, i) => (head.length > 1 ? `${base} ${i + 1}` : base));
  const key = names.indexOf("feature");
  if (key >= 0) return placed(rows.map((r) => Object.fromEntries(names.map((n, i) => [n, r[i]]))), features, base);
  return Object.fromEntries(names.map((n, i) => [n, rows.map((r) => r[i])]));
}

/** Cells of a line (RFC 4180, without line breaks inside of cells). */
function cells(line, mark) {
  const out = [];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (quoted && c === '"' && line[i + 1] === '"') {
      cell += c;
      i++;
    } else if (c === '"') quoted = !quoted;
    else if (c === mark && !quoted) {
      out.push(cell);
      cell = "";
    } else cell += c;
  }
  return [...out, cell];
}

const NPY = { f4: Float32Array, f8: Float64Array, i1: Int8Array, i2: Int16Array, i4: Int32Array, i8: BigInt64Array, u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, u8: BigUint64Array, b1: Uint8Array };

/** A NumPy array of one dimension, little-endian. */
function npy(buffer) {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < 12 || bytes[0] !== 0x93 || String.fromCharCode(...bytes.subarray(1, 6)) !== "NUMPY") throw new Error("expected a .npy file, found other bytes");
  const view = new DataView(buffer);
  const wide = bytes[6] > 1;
  const from = (wide ? 12 : 10) + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const head = new TextDecoder("latin1").decode(bytes.subarray(wide ? 12 : 10, Math.min(from, 10000)));
  const kind = /'descr':\s*'([<|=])([a-z]\d)'/.exec(head)?.[2];
  const shape = /'shape':\s*\(([\d, ]*)\)/.exec(head)?.[1].split(",").map((t) => t.trim()).filter(Boolean).map(Number);
  if (!NPY[kind] || !shape || shape.filter((s) => s !== 1).length > 1) throw new Error(`expected one dimension of numbers, found ${head.trim().slice(0, 80)}`);
  const count = shape.reduce((a, b) => a * b, 1);
  if (from + count * NPY[kind].BYTES_PER_ELEMENT > bytes.length) throw new Error(`expected ${count} values, found a shorter file`);
  return Array.from(new NPY[kind](buffer.slice(from, from + count * NPY[kind].BYTES_PER_ELEMENT)), Number);
}
