import { el, number, percent, replace, svg } from "dom.js";
import { faces, index, layerOfFace, typeNames } from "data.js";
import { lobeColour } from "palette.js";
import { link } from "state.js";

// The card of one feature: where it fires, how often, with whom.

/** A context with its tokens shaded by activation; the value of a token shows on hover. */
export function contextLine(context, largest) {
  const tokens = context.tokens.map((token, t) => {
    const v = context.values[t];
    const text = (t === 0 ? token.trimStart() : token).replaceAll("\n", "⏎");
    if (!(v > 0)) return t === context.focus ? el("span", { class: "focus" }, text) : text;
    const heat = Math.min(1, v / (largest || 1));
    return el("span", {
      class: t === context.focus ? "fires focus" : "fires",
      style: { backgroundColor: `color-mix(in srgb, var(--shade) ${Math.round(12 + 68 * heat)}%, transparent)` },
      title: "activation " + number(v),
    }, text);
  });
  const source = context.source;
  const from = [context.type, source.title, source.source, source.licence ?? licenceOf(source.source)].filter(Boolean).join(" · ");
  return el("li", { class: "context" }, el("p", { class: "tokens" }, tokens), el("p", { class: "from" }, from || context.document));
}

let licences = null;

/** The licence of a source, from the run's list. */
function licenceOf(source) {
  licences ??= new Map((Array.isArray(index.licences) ? index.licences : []).map((l) => [l.source, l.licence]));
  return licences.get(source);
}

/** Fills `panel` with the card of a feature; resolves when it stands. */
export async function showCard(panel, layer, feature, names, close) {
  const parts = Promise.all([
    layer.excerpts(feature), layer.names(), layer.neighbours("cosine"), layer.neighbours("phi"), layer.typeFires(), layer.logits(), faces(),
    ...layer.colourings.map((c) => layer.labels(c.affinity + "-k" + c.k)),
  ]);
  // The first card waits for what it quotes; that it is coming shows at once.
  const soon = await Promise.race([parts.then(() => true), new Promise((done) => setTimeout(done, 30))]);
  if (!soon) {
    replace(panel,
      el("header", { class: "card-head" },
        el("p", { class: "eyebrow" }, "Feature · layer " + layer.number), el("h2", { tabindex: "-1" }, String(feature)),
        el("button", { type: "button", class: "close", "aria-label": "Close the card", onclick: close }, "×")),
      el("p", { class: "facts" }, layer.frequency ? ["Fires on ", el("b", {}, percent(layer.frequency[feature])), " of tokens."] : null),
      el("p", { class: "loading" }, "Reading contexts …"));
    panel.hidden = false;
  }
  const [excerpts, named, cosine, phi, byType, logits, all, ...labels] = await parts;
  const peaks = named(feature);
  const frequency = layer.frequency?.[feature];
  const fires = layer.fires?.[feature];
  replace(
    panel,
    el("header", { class: "card-head" },
      el("p", { class: "eyebrow" }, "Feature · layer " + layer.number),
      el("h2", { tabindex: "-1" }, String(feature), peaks.length ? el("em", {}, peaks.join(", ")) : null),
      el("button", { type: "button", class: "close", "aria-label": "Close the card", onclick: close }, "×")),
    el("p", { class: "facts" },
      fires === 0 || frequency === 0
        ? "Never fired on this corpus."
        : [
            "Fires on ", el("b", {}, percent(frequency)), " of tokens",
            fires !== undefined ? ` (${number(fires)} of ${number(layer.tokens)})` : "",
            excerpts ? [", at most ", el("b", {}, number(excerpts.max)), ", on average ", el("b", {}, number(excerpts.mean)), " where it fires"] : "", ".",
          ]),
    contextSection(layer, excerpts),
    lobeChips(layer, labels, feature, names),
    excerpts?.histogram ? histogram(excerpts.histogram) : null,
    byType ? typeBars(layer, byType, feature) : null,
    logits?.has(feature) ? vocabulary(layer, logits.get(feature)) : null,
    neighbourSection(layer, named, cosine, phi, feature),
    crystalSection(all.filter((f) => f.points.includes(feature) && layerOfFace(f) === layer), feature),
    layer.entry.neuronpedia ? el("p", {}, el("a", { href: `https://www.neuronpedia.org/${layer.entry.neuronpedia}/${feature}`, rel: "noreferrer" }, "This feature on Neuronpedia")) : null
  );
  return { cosine, phi };
}

function lobeChips(layer, labels, feature, names) {
  const affinities = Map.groupBy(layer.colourings.map((c, i) => ({ ...c, lobe: labels[i]?.[feature] })), (c) => c.affinity);
  if (affinities.size === 0) return null;
  return el("section", {}, el("h3", {}, "Lobes"),
    el("dl", { class: "lobes" }, [...affinities].map(([affinity, list]) => [
      el("dt", {}, affinity === "angular" ? "by angle" : affinity),
      el("dd", {}, list.map((c) => {
        const name = names(affinity, c.k, c.lobe);
        return el("a", {
          class: "chip", href: link({ view: "map", colour: affinity + "-k" + c.k }),
          title: c.lobe < 0 ? "in no lobe" : name,
        }, el("i", { style: { backgroundColor: lobeColour(c.lobe) } }), "k=" + c.k + ": ", c.lobe < 0 ? "none" : String(c.lobe + 1));
      })),
    ])));
}

const QUANTILES = { top: "Strongest", q75: "Upper quarter", q50: "Middle", q25: "Lower quarter" };

function contextSection(layer, excerpts) {
  if (!excerpts) return el("p", { class: "caveat" }, "The run directory holds no contexts for this layer.");
  const list = excerpts.contexts;
  const { elsewhere } = layer.entry.contexts;
  if (list.length === 0 && !elsewhere) return null;
  return el("section", {}, el("h3", {}, "Contexts"),
    [...Map.groupBy(list, (c) => c.quantile)].map(([quantile, group]) => [
      el("h4", {}, QUANTILES[quantile] ?? quantile),
      el("ol", { class: "contexts" }, group.map((c) => contextLine(c, excerpts.max))),
    ]),
    elsewhere ? el("p", { class: "caveat" }, "To keep this file small it holds only the first contexts of a feature; ", el("a", { href: elsewhere + link() }, "the page in the folder beside it"), " holds all.") : null,
    el("p", { class: "caveat" }, "Contexts are picked because the feature fires there; they say little about where else it does not."));
}

function histogram({ counts, low, high }) {
  const bins = counts.length;
  const most = Math.max(...counts);
  if (!(most > 0)) return null;
  const edge = (b) => low + ((high - low) * b) / bins;
  const h = 56;
  return el("section", {}, el("h3", {}, "Activations where it fires"),
    svg("svg", { class: "histogram", viewBox: `0 0 ${bins * 10} ${h}`, preserveAspectRatio: "none", role: "img", "aria-label": `Histogram of activations from ${number(low)} to ${number(high)}, counts on a logarithmic scale` },
      counts.map((count, b) => {
        const tall = count > 0 ? Math.max(1.5, (h * Math.log1p(count)) / Math.log1p(most)) : 0;
        return svg("rect", { x: b * 10 + 0.5, width: 9, y: h - tall, height: tall }, svg("title", {}, `${number(edge(b))} to ${number(edge(b + 1))}: ${number(count)} tokens`));
      })),
    el("p", { class: "axis" }, el("span", {}, number(low)), el("span", {}, "activation; height = log count"), el("span", {}, number(high))));
}

function typeBars(layer, byType, feature) {
  const names = typeNames();
  const tokens = layer.entry.typeTokens;
  const rates = tokens.map((n, t) => ({ name: names[t] ?? "type " + t, rate: n > 0 ? byType[t * layer.features + feature] / n : 0, count: byType[t * layer.features + feature] }));
  rates.sort((a, b) => b.rate - a.rate);
  const most = rates[0]?.rate;
  if (!(most > 0)) return null;
  return el("section", {}, el("h3", {}, "Firing frequency by document type"),
    el("table", { class: "bars" }, el("caption", { class: "unseen" }, "Share of a type's tokens on which the feature fires"),
      el("tbody", {}, rates.slice(0, 8).map((r) => el("tr", {},
        el("th", { scope: "row" }, r.name),
        el("td", { class: "bar" }, el("i", { style: { width: (100 * r.rate) / most + "%" } })),
        el("td", {}, percent(r.rate)))))));
}

function neighbourSection(layer, named, cosine, phi, feature) {
  const column = (title, kind, note) => {
    if (!kind) return null;
    const items = [];
    for (let j = 0; j < kind.width; j++) {
      const id = kind.ids[feature * kind.width + j];
      if (id < 0 || id === feature) continue;
      items.push(el("li", {}, el("a", { href: link({ feature: id }) }, String(id)), " ",
        el("em", {}, named(id).slice(0, 2).join(", ")), el("span", { class: "value" }, kind.values[feature * kind.width + j].toFixed(2).replace("-", "−"))));
    }
    return el("div", {}, el("h4", {}, title), items.length ? el("ol", { class: "neighbours" }, items) : el("p", { class: "caveat" }, note));
  };
  if (!cosine && !phi) return null;
  return el("section", {}, el("h3", {}, "Neighbours"), el("div", { class: "pair" },
    column("by direction (cosine)", cosine, "none"), column("by co-occurrence (phi)", phi, "It fires in every chunk or in none, so phi tells nothing of it.")));
}

/** A face as a : b :: c : d, each a link to its feature. */
export function faceLine(face, feature) {
  const corner = (i) => {
    const text = face.labels?.[i];
    const name = text === undefined || text === null || String(text) === "" ? String(face.points[i]) : String(text);
    return face.points[i] === feature ? el("b", {}, name) : el("a", { href: link({ view: "map", layer: layerOfFace(face)?.number, feature: face.points[i] }) }, name);
  };
  return [corner(0), " : ", corner(1), " ∷ ", corner(2), " : ", corner(3)];
}

function crystalSection(mine, feature) {
  if (mine.length === 0) return null;
  return el("section", { class: "crystals" }, el("h3", {}, "Crystals"),
    el("ol", { class: "neighbours" }, mine.slice(0, 6).map((f) => el("li", {}, el("span", {}, faceLine(f, feature)), el("span", { class: "value", title: `rank ${f.rank}, score ${number(f.score)}, cosine ${number(f.cosine)}, residual ${number(f.residual)}` }, `${f.kind}, q = ${number(f.q)}`)))),
    el("p", { class: "caveat" }, mine.length > 6 ? `The best 6 of ${mine.length}. ` : "", "Four features of which two differences are parallel; q is the false discovery rate against clouds without structure, not the chance that the words make sense."));
}

/** Vocabulary entries that writing the feature's direction promotes and suppresses. */
function vocabulary(layer, entry) {
  const list = (title, items) => el("div", {}, el("h4", {}, title), el("ol", { class: "neighbours" }, (items ?? []).slice(0, 10).map(([token, value]) => el("li", {}, el("code", {}, token), el("span", { class: "value" }, number(value))))));
  return el("section", {}, el("h3", {}, "Vocabulary (logit lens)"), el("div", { class: "pair" }, list("promoted", entry.promoted), list("suppressed", entry.suppressed)),
    el("p", { class: "caveat" }, layer.entry.lens?.matrix === "word embeddings"
      ? "The decoder direction times the model's input word embeddings: an encoder without a language-modelling head has no unembedding, and BERT ties its own to these. No later layer and no head comes between, so this shows words that lie in the direction, not words that the model would write."
      : "The decoder direction, through the final norm's scale, times the unembedding, as if no layer came after; for early layers this says little."));
}
