// What the page carries: an index (JSON) and numbered blobs (base64 of gzip) that are opened when
// something first asks for them.

const KINDS = { u8: Uint8Array, u16: Uint16Array, i16: Int16Array, i32: Int32Array, f32: Float32Array, f64: Float64Array };

/** A page's index and blobs: this page's, or another's that was opened for comparison. */
class Source {
  constructor(index, blob) {
    this.index = index;
    this.blob = blob;
    this.opened = new Map();
  }

  /** The typed array, or the parsed JSON, behind an entry of the index. */
  column(entry) {
    if (!entry) return Promise.resolve(null);
    if (!this.opened.has(entry.blob)) this.opened.set(entry.blob, this.blob(entry.blob).then((bytes) => unpack(entry, bytes)));
    return this.opened.get(entry.blob);
  }
}

async function unpack(entry, packed) {
  const bytes = await gunzip(packed);
  if (entry.type === "json") return JSON.parse(new TextDecoder().decode(bytes));
  const raw = new KINDS[entry.type](bytes);
  if (!entry.scale) return raw;
  const values = new Float32Array(raw.length);
  for (let i = 0; i < raw.length; i++) values[i] = raw[i] * entry.scale;
  return values;
}

function inside(document, keep) {
  return async (number) => {
    const holder = document.getElementById("blob-" + number);
    const bytes = decode(holder.textContent.trim());
    if (!keep) holder.remove();
    return bytes;
  };
}

const waiting = new Map();
globalThis.almagestBlob = (number, text) => waiting.get(number)?.(decode(text));

function fromScript(number) {
  return new Promise((resolve, reject) => {
    waiting.set(number, resolve);
    const script = document.createElement("script");
    script.src = "data/" + number + ".js";
    script.onerror = () => reject(new Error("data/" + number + ".js cannot be read"));
    document.head.append(script);
  });
}

async function fromServer(number) {
  const answer = await fetch("blob/" + number);
  if (!answer.ok) throw new Error("the server answered " + answer.status);
  return new Uint8Array(await answer.arrayBuffer());
}

function sourceOf(page, keep) {
  // Some writers spell what is no number as text.
  const index = JSON.parse(page.getElementById("index").textContent, (_, v) => (v === "NaN" || v === "Infinity" || v === "-Infinity" ? null : v));
  const blob = index.carrier === "scripts" ? fromScript : index.carrier === "served" ? fromServer : inside(page, keep);
  return new Source(index, blob);
}

const here = sourceOf(document, false);
export const index = here.index;

/** The layers of another page, from the text of its file. */
export function layersOf(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  if (!page.getElementById("index")) throw new Error("this file is not an Almagest page");
  const source = sourceOf(page, true);
  if (source.index.carrier !== "inline") throw new Error("only a page in one file can be opened here");
  return source.index.layers.map((entry) => new Layer(entry, source));
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
export function typeNames(from = index) {
  const types = from.types;
  const list = Array.isArray(types) ? types : types?.types ?? types?.names ?? [];
  const items = Array.isArray(list) ? list : Object.keys(list);
  return items.map((t) => (typeof t === "string" ? t : String(t.name ?? t.type ?? "?")));
}

/** Features whose names are made in one idle moment. */
const NAMED = 500;

/** Tokens that are sorted in one. */
const SORTED = 2 ** 18;

/** One layer; everything is loaded on demand and kept. */
export class Layer {
  constructor(entry, source) {
    this.entry = entry;
    this.source = source;
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
      ["map", "pca", "fires", "frequency"].map((k) => this.source.column(this.entry[k]))
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
    return found ? this.source.column(found.column) : Promise.resolve(null);
  }

  neighbours(kind) {
    const entry = this.entry[kind];
    if (!entry) return Promise.resolve(null);
    return Promise.all([this.source.column(entry.index), this.source.column(entry.value)]).then(([ids, values]) => ({
      ids,
      values,
      width: entry.index.shape[1],
    }));
  }

  typeFires() {
    return this.source.column(this.entry.typeFires);
  }

  /** Texts whose every token is recorded, or null. */
  texts() {
    return this.source.column(this.entry.texts);
  }

  /** Vocabulary entries that features promote and suppress, by feature, or null. */
  async logits() {
    if (!this.entry.logits) return null;
    this.lens ??= this.source.column(this.entry.logits).then((list) => new Map(list.map((l) => [l.feature, l])));
    return this.lens;
  }

  /** A number of every feature by its name in quantities.npz, or null. */
  quantity(name) {
    return this.source.column(this.entry.quantities?.find((q) => q.name === name)?.column);
  }

  /** Positions of another flat map [n × 2], or null. */
  otherMap(name) {
    return this.source.column(this.entry.maps?.find((m) => m.name === name)?.column);
  }

  /** Opens, while nothing else happens, what cards and searches will ask for. */
  async warm() {
    const idle = () => new Promise((done) => (globalThis.requestIdleCallback ?? setTimeout)(done, { timeout: 300 }));
    const steps = [() => this.contexts(), () => this.neighbours("cosine"), () => this.neighbours("phi"), () => this.typeFires(), () => this.logits(), () => faces(),
      ...this.colourings.map((c) => () => this.labels(c.affinity + "-k" + c.k)),
      ...(this.entry.quantities ?? []).map((q) => () => this.quantity(q.name))];
    for (const step of steps) {
      await idle();
      await step();
    }
    const contexts = await this.contexts();
    while (contexts && !contexts.sorting().next().done) await idle();
    for (let f = 0; contexts && f < this.features; f += NAMED) {
      await idle();
      contexts.plain();
      for (let g = f; g < Math.min(this.features, f + NAMED); g++) contexts.peaks(g);
    }
  }

  /** A function from a feature to the tokens at the peaks of its contexts, which serve as its name. */
  async names() {
    const entry = this.entry.contexts;
    if (!entry) return () => [];
    if (this.opening || !entry.names) {
      const contexts = await this.contexts();
      return (f) => contexts.peaks(f);
    }
    const names = await this.source.column(entry.names);
    return (f) => names[f];
  }

  /**
   * The contexts of one feature and what is counted of it, or null; where data lie beside the page,
   * those of other features are not fetched for it.
   */
  async excerpts(feature) {
    const entry = this.entry.contexts;
    if (!entry) return null;
    const apart = !this.opening && entry.blocks;
    const all = apart ? null : await this.contexts();
    const [max, mean, unit, histogram, low, high] = await Promise.all(["max", "mean", "unit", "histogram", "low", "high"].map((n) => this.source.column(entry[n])));
    const bins = entry.histogram?.shape[1];
    return {
      contexts: all ? all.of(feature).map((e) => all.at(e)) : await this.quoted(feature, unit[feature]),
      max: max[feature],
      mean: mean[feature],
      histogram: histogram ? { counts: Array.from(histogram.subarray(feature * bins, (feature + 1) * bins)), low: low[feature], high: high[feature] } : null,
    };
  }

  /** A feature's contexts from the piece that holds them. */
  async quoted(feature, unit) {
    const entry = this.entry.contexts;
    const [block, sources] = await Promise.all([this.source.column(entry.blocks[Math.floor(feature / entry.block)]), this.source.column(this.source.index.documents)]);
    return block[feature % entry.block].map((q) => ({
      ...q,
      feature,
      source: sources?.[q.document] ?? {},
      type: entry.types[q.type],
      quantile: entry.quantiles[q.quantile],
      values: q.values.map((v) => v * unit),
    }));
  }

  /** All contexts of the layer, or null. */
  contexts() {
    if (!this.entry.contexts) return Promise.resolve(null);
    this.opening ??= Contexts.open(this.entry.contexts, this.features, this.source);
    return this.opening;
  }
}

/** The contexts of a layer, by feature. */
class Contexts {
  static async open(entry, features, source) {
    const self = new Contexts();
    self.entry = entry;
    const names = [
      "vocabulary", "feature", "document", "type", "quantile", "focus", "length", "tokens", "values",
      "unit", "max", "mean", "histogram", "low", "high", "documents",
    ];
    const columns = await Promise.all(names.map((n) => source.column(entry[n])));
    names.forEach((n, i) => (self[n] = columns[i]));
    self.sources = await source.column(source.index.documents);
    self.start = new Uint32Array(entry.count + 1);
    for (let e = 0; e < entry.count; e++) self.start[e + 1] = self.start[e] + self.length[e];
    self.first = new Int32Array(features + 1);
    for (let e = 0; e < entry.count; e++) self.first[self.feature[e] + 1]++;
    for (let f = 0; f < features; f++) self.first[f + 1] += self.first[f];
    self.order = Uint32Array.from({ length: entry.count }, (_, e) => e);
    // Lines need not come in the order of features, but nearly always do.
    let sorted = true;
    for (let e = 1; sorted && e < entry.count; e++) sorted = self.feature[e - 1] <= self.feature[e];
    if (!sorted) self.order.sort((a, b) => self.feature[a] - self.feature[b] || a - b);
    return self;
  }

  /**
   * Where every token of the vocabulary stands: v at the places `at[from[v]]` to `at[from[v + 1] - 1]` of
   * `tokens`, in order.
   */
  places() {
    const sorting = this.sorting();
    while (!this.sorted) sorting.next();
    return this.sorted;
  }

  /** Sorts the tokens of all contexts by what they are; a bit of the work at each step. */
  sorting() {
    return (this.work ??= this.sort());
  }

  *sort() {
    const { tokens } = this;
    const from = new Uint32Array(this.vocabulary.length + 1);
    for (let t = 0; t < tokens.length; t++) {
      from[tokens[t] + 1]++;
      if (t % SORTED === 0) yield;
    }
    for (let v = 0; v < this.vocabulary.length; v++) from[v + 1] += from[v];
    const next = from.slice();
    const at = new Uint32Array(tokens.length);
    for (let t = 0; t < tokens.length; t++) {
      at[next[tokens[t]]++] = t;
      if (t % SORTED === 0) yield;
    }
    this.sorted = { from, at };
  }

  /** The vocabulary for a search: lower case, any white space as one space. */
  plain() {
    this.lower ??= this.vocabulary.map((v) => v.toLowerCase().replaceAll(/\s+/g, " "));
    return this.lower;
  }

  /** The context of a token's place, which is `e` or a later one. */
  contextOf(place, e) {
    const { start } = this;
    const { count } = this.entry;
    let at = e;
    let step = 1;
    for (; at + step < count && start[at + step] <= place; step *= 2) at += step;
    for (; step >= 1; step >>= 1) if (at + step < count && start[at + step] <= place) at += step;
    return at;
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

  /** The commonest tokens at the peaks of a feature's contexts, at most three, commonest first: a name of a kind. */
  peaks(feature) {
    this.named ??= new Array(this.first.length - 1);
    return (this.named[feature] ??= this.commonest(feature, 3));
  }

  commonest(feature, count) {
    const seen = new Map();
    for (let i = this.first[feature]; i < this.first[feature + 1]; i++) {
      const e = this.order[i];
      const at = this.start[e] + this.focus[e];
      if (at >= this.start[e + 1]) continue;
      const token = this.vocabulary[this.tokens[at]].trim();
      if (token) seen.set(token, (seen.get(token) ?? 0) + 1);
    }
    return [...seen].sort((a, b) => b[1] - a[1]).slice(0, count).map(([t]) => t);
  }
}

export const layers = index.layers.map((entry) => new Layer(entry, here));

/** Parallelograms and trapezoids found among the features of a layer, best first. */
export async function faces() {
  return (await here.column(index.faces)) ?? [];
}

/** The layer whose features a face is made of: the one it names, else the earliest, where runs look for faces. */
export function layerOfFace(face) {
  return layers.find((l) => l.number === face.layer) ?? layers[0];
}
