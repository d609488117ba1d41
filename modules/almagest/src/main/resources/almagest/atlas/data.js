// What the page carries: an index (JSON) and numbered blobs (base64 of gzip) that are opened when
// something first asks for them.

const KINDS = { u8: Uint8Array, u16: Uint16Array, i16: Int16Array, i32: Int32Array, f32: Float32Array, f64: Float64Array };

export const index = JSON.parse(document.getElementById("index").textContent);
const opened = new Map();

/** The typed array, or the parsed JSON, behind an entry of the index. */
export function column(entry) {
  if (!entry) return Promise.resolve(null);
  if (!opened.has(entry.blob)) opened.set(entry.blob, open(entry));
  return opened.get(entry.blob);
}

async function open(entry) {
  const holder = document.getElementById("blob-" + entry.blob);
  const bytes = await gunzip(decode(holder.textContent.trim()));
  holder.remove();
  if (entry.type === "json") return JSON.parse(new TextDecoder().decode(bytes));
  const raw = new KINDS[entry.type](bytes);
  if (!entry.scale) return raw;
  return Float32Array.from(raw, (v) => v * entry.scale);
}

function decode(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function gunzip(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** Names of the corpus's types, in the order of the rows of type tables. */
export function typeNames() {
  const types = index.types;
  const list = Array.isArray(types) ? types : types?.types ?? types?.names ?? [];
  const items = Array.isArray(list) ? list : Object.keys(list);
  return items.map((t) => (typeof t === "string" ? t : String(t.name ?? t.type ?? "?")));
}

/** One layer; everything is loaded on demand and kept. */
export class Layer {
  constructor(entry) {
    this.entry = entry;
    this.name = entry.name;
    this.number = entry.layer;
    this.features = entry.features;
    this.lobes = entry.lobes ?? null;
    this.colourings = [...entry.labels].sort((a, b) => a.affinity.localeCompare(b.affinity) || a.k - b.k);
  }

  /** What the map needs at once. */
  async load() {
    if (this.ready) return this;
    const [map, pca, fires, frequency] = await Promise.all(
      ["map", "pca", "fires", "frequency"].map((k) => column(this.entry[k]))
    );
    this.map = map;
    this.pca = pca;
    this.fires = fires;
    this.tokens = this.entry.tokens ?? 0;
    this.frequency = fires ? Float64Array.from(fires, (f) => f / this.tokens) : frequency;
    this.ready = true;
    return this;
  }

  /** Lobe of each feature for a colouring such as `phi-k3`, or null. */
  labels(colouring) {
    const found = this.colourings.find((c) => c.affinity + "-k" + c.k === colouring);
    return found ? column(found.column) : Promise.resolve(null);
  }

  neighbours(kind) {
    const entry = this.entry[kind];
    if (!entry) return Promise.resolve(null);
    return Promise.all([column(entry.index), column(entry.value)]).then(([ids, values]) => ({
      ids,
      values,
      width: entry.index.shape[1],
    }));
  }

  typeFires() {
    return column(this.entry.typeFires);
  }

  /** All contexts of the layer, or null. */
  contexts() {
    if (!this.entry.contexts) return Promise.resolve(null);
    this.opening ??= Contexts.open(this.entry.contexts, this.features);
    return this.opening;
  }
}

/** The contexts of a layer, by feature. */
class Contexts {
  static async open(entry, features) {
    const self = new Contexts();
    self.entry = entry;
    const names = [
      "vocabulary", "feature", "document", "type", "quantile", "focus", "length", "tokens", "values",
      "unit", "max", "mean", "histogram", "low", "high", "documents",
    ];
    const columns = await Promise.all(names.map((n) => column(entry[n])));
    names.forEach((n, i) => (self[n] = columns[i]));
    self.sources = await column(index.documents);
    self.start = new Uint32Array(entry.count + 1);
    for (let e = 0; e < entry.count; e++) self.start[e + 1] = self.start[e] + self.length[e];
    self.first = new Int32Array(features + 1);
    for (let e = 0; e < entry.count; e++) self.first[self.feature[e] + 1]++;
    for (let f = 0; f < features; f++) self.first[f + 1] += self.first[f];
    // Lines need not come in the order of features.
    self.order = Uint32Array.from({ length: entry.count }, (_, e) => e);
    self.order.sort((a, b) => self.feature[a] - self.feature[b] || a - b);
    return self;
  }

  /** The numbers of a feature's contexts. */
  of(feature) {
    return Array.from(this.order.subarray(this.first[feature], this.first[feature + 1]));
  }

  /** One context, readable. */
  at(e) {
    const from = this.start[e];
    const unit = this.unit[this.feature[e]];
    const tokens = [];
    const values = [];
    for (let t = from; t < this.start[e + 1]; t++) {
      tokens.push(this.vocabulary[this.tokens[t]]);
      values.push(this.values[t] * unit);
    }
    const id = this.documents[this.document[e]];
    return {
      feature: this.feature[e],
      document: id,
      source: this.sources?.[id] ?? {},
      type: this.entry.types[this.type[e]],
      quantile: this.entry.quantiles[this.quantile[e]],
      focus: this.focus[e],
      tokens,
      values,
    };
  }

  /** The tokens at the peaks of a feature's contexts, commonest first: a name of a kind. */
  peaks(feature, count = 3) {
    const seen = new Map();
    for (const e of this.of(feature)) {
      const at = this.start[e] + this.focus[e];
      if (at >= this.start[e + 1]) continue;
      const token = this.vocabulary[this.tokens[at]].trim();
      if (token) seen.set(token, (seen.get(token) ?? 0) + 1);
    }
    return [...seen].sort((a, b) => b[1] - a[1]).slice(0, count).map(([t]) => t);
  }
}

export const layers = index.layers.map((entry) => new Layer(entry));
