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
  const direct = number && Number(number[1]) < layer.features ? Number(number[1]) : -1;
  const contexts = await layer.contexts();
  const first = direct >= 0 ? [{ feature: direct, hits: Infinity, why: "its number" }] : [];
  if (!contexts) return { features: first, total: first.length };
  const hits = new Float32Array(layer.features);
  const words = text.split(/\s+/);
  const whys = words.length === 1 ? oneToken(contexts, text, hits) : phrase(contexts, words.join(" "), hits);
  const named = byType(contexts, text, hits);
  if (direct >= 0) hits[direct] = 0;
  const found = ranked(hits);
  return {
    features: [...first, ...Array.from(found.subarray(0, limit - first.length), (feature) => ({ feature, hits: hits[feature], why: whys(feature) ?? named(feature) }))],
    total: found.length + first.length,
  };
}

/** Features with hits, those with the most first, then by number. */
function ranked(hits) {
  const keys = new Float64Array(hits.length);
  let count = 0;
  // Hits and number in one double, which sorts natively.
  for (let f = 0; f < hits.length; f++) if (hits[f] > 0) keys[count++] = -Math.round(hits[f] * 1000) * 2 ** 21 + f;
  const sorted = keys.subarray(0, count).sort();
  return Int32Array.from(sorted, (key) => ((key % 2 ** 21) + 2 ** 21) % 2 ** 21);
}

/** A token counts one where the feature fires on it, a tenth where it merely stands near. */
function oneToken(contexts, text, hits) {
  const worth = new Float32Array(contexts.vocabulary.length);
  let any = false;
  contexts.plain().forEach((token, v) => {
    if (!token.includes(text)) return;
    worth[v] = token.trim() === text ? 1 : 0.5;
    any = true;
  });
  // Token and whether the feature fires on it, of the first and best hit.
  const best = new Int32Array(any ? hits.length : 0).fill(-1);
  const { tokens, values, start, feature } = contexts;
  for (let e = 0; any && e < contexts.entry.count; e++) {
    const f = feature[e];
    for (let t = start[e]; t < start[e + 1]; t++) {
      const w = worth[tokens[t]];
      if (w === 0) continue;
      const fires = values[t] > 0 ? 1 : 0;
      hits[f] += fires ? w : 0.1 * w;
      if (best[f] < 0 || (fires && best[f] % 2 === 0)) best[f] = 2 * tokens[t] + fires;
    }
  }
  return (f) => {
    if (!any || best[f] < 0) return null;
    const token = `“${contexts.vocabulary[best[f] >> 1].trim()}”`;
    return best[f] % 2 ? `fires on ${token}` : `${token} stands near`;
  };
}

/** A phrase may begin inside of a token and go on over those that follow. */
function phrase(contexts, wanted, hits) {
  const lower = contexts.plain();
  const { tokens, start, feature } = contexts;
  // How many characters of the phrase a token can begin with: each of its ends that the phrase starts with.
  const begins = lower.map((token) => {
    if (token.includes(wanted)) return [wanted.length];
    const ends = [];
    for (let at = 0; at < token.length; at++) if (wanted.startsWith(token.slice(at))) ends.push(token.length - at);
    return ends.length ? ends : null;
  });
  const goesOn = (from, t, end) => {
    let at = from;
    for (let u = t; at < wanted.length && u < end; u++) {
      const token = lower[tokens[u]];
      const rest = wanted.length - at;
      if (token.length > rest ? !token.startsWith(wanted.slice(at)) : !wanted.startsWith(token, at)) return false;
      at += token.length;
    }
    return at >= wanted.length;
  };
  for (let e = 0; e < contexts.entry.count; e++) {
    const end = start[e + 1];
    for (let t = start[e]; t < end; t++) {
      const ends = begins[tokens[t]];
      if (ends === null || !ends.some((from) => goesOn(from, t + 1, end))) continue;
      hits[feature[e]]++;
      break;
    }
  }
  return (f) => (hits[f] >= 1 ? `“${wanted}” in a context` : null);
}

function byType(contexts, text, hits) {
  const names = contexts.entry.types;
  const matching = Uint8Array.from(names, (name) => (name.toLowerCase().includes(text) ? 1 : 0));
  const type = new Int32Array(matching.includes(1) ? hits.length : 0).fill(-1);
  for (let e = 0; type.length && e < contexts.entry.count; e++) {
    if (matching[contexts.type[e]] === 0) continue;
    hits[contexts.feature[e]] += 0.01;
    type[contexts.feature[e]] = contexts.type[e];
  }
  return (f) => (type[f] >= 0 ? "contexts of type " + names[type[f]] : "");
}
