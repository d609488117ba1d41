// Search in a layer: a number is a feature; anything else is looked for in the tokens of contexts,
// in names of types and in sources.

/**
 * Features that match, best first, each with why.
 *
 * @returns `{ features: [{ feature, hits, why }], total }` with at most `limit` entries
 */
export async function find(layer, query, limit = 500) {
  const text = query.trim().toLowerCase();
  if (!text) return { features: [], total: 0 };
  const number = /^#?(\d+)$/.exec(text);
  const direct = number && Number(number[1]) < layer.features ? [{ feature: Number(number[1]), hits: Infinity, why: "its number" }] : [];
  const contexts = await layer.contexts();
  if (!contexts) return { features: direct, total: direct.length };
  const hits = new Map();
  const add = (feature, weight, why) => {
    const known = hits.get(feature);
    if (known) known.hits += weight;
    else hits.set(feature, { feature, hits: weight, why });
  };
  const words = text.split(/\s+/);
  if (words.length === 1) oneToken(contexts, text, add);
  else phrase(contexts, words, add);
  contexts.entry.types.forEach((name, t) => {
    if (!name.toLowerCase().includes(text)) return;
    contexts.type.forEach((type, e) => type === t && add(contexts.feature[e], 0.01, "contexts of type " + name));
  });
  const found = [...hits.values()].sort((a, b) => b.hits - a.hits || a.feature - b.feature);
  const all = [...direct, ...found.filter((f) => f.feature !== direct[0]?.feature)];
  return { features: all.slice(0, limit), total: all.length };
}

/** A token counts one where the feature fires on it, a tenth where it merely stands near. */
function oneToken(contexts, text, add) {
  const exact = new Set();
  const part = new Set();
  contexts.vocabulary.forEach((token, v) => {
    const plain = token.trim().toLowerCase();
    if (plain === text) exact.add(v);
    else if (plain.includes(text)) part.add(v);
  });
  if (exact.size + part.size === 0) return;
  for (let e = 0; e < contexts.entry.count; e++) {
    for (let t = contexts.start[e]; t < contexts.start[e + 1]; t++) {
      const token = contexts.tokens[t];
      const is = exact.has(token) ? 1 : part.has(token) ? 0.5 : 0;
      if (is === 0) continue;
      const fires = contexts.values[t] > 0;
      add(contexts.feature[e], is * (fires ? 1 : 0.1), fires ? `fires on “${contexts.vocabulary[token].trim()}”` : `“${contexts.vocabulary[token].trim()}” stands near`);
    }
  }
}

function phrase(contexts, words, add) {
  const wanted = words.join(" ");
  const lower = contexts.vocabulary.map((v) => v.toLowerCase());
  for (let e = 0; e < contexts.entry.count; e++) {
    let text = "";
    for (let t = contexts.start[e]; t < contexts.start[e + 1]; t++) text += lower[contexts.tokens[t]];
    if (text.replaceAll(/\s+/g, " ").includes(wanted)) add(contexts.feature[e], 1, `“${wanted}” in a context`);
  }
}
