// Search in a layer: a number is a feature, "lobe 2" or "lobe code" a lobe of the colouring; anything
// else is looked for in the tokens of contexts, in names of types and in sources.

/**
 * Features that match, best first, each with why.
 *
 * @param groups promises a colouring with `keys` and `entries`; asked for when the query begins with "lobe"
 * @returns `{ features: [{ feature, hits, why }], total }` with at most `limit` entries, all of a lobe
 */
export async function find(layer, query, groups, limit = 500) {
  const text = query.trim().toLowerCase();
  if (!text) return { features: [], total: 0 };
  const lobe = /^lobe\s+(.+)$/.exec(text);
  const members = lobe ? ofLobes(layer, await groups(), lobe[1]) : [];
  if (members.length) return { features: members, total: members.length };
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

/** The features of the lobe of that number, or of those whose names hold the text; the busiest first. */
function ofLobes(layer, groups, wanted) {
  const number = /^\d+$/.test(wanted);
  const names = new Map(groups.entries.filter((e) => e.key >= 0 && (number ? e.key + 1 === Number(wanted) : e.name.toLowerCase().includes(wanted))).map((e) => [e.key, e.name]));
  const members = [];
  groups.keys?.forEach((key, feature) => {
    if (names.has(key)) members.push({ feature, hits: layer.frequency?.[feature] ?? 0, why: "in lobe " + names.get(key) });
  });
  return members.sort((a, b) => b.hits - a.hits || a.feature - b.feature);
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
  const words = [];
  contexts.plain().forEach((token, v) => {
    if (token.includes(text)) words.push({ v, worth: token.trim() === text ? 1 : 0.5 });
  });
  words.sort((a, b) => b.worth - a.worth);
  const { from, at } = contexts.places();
  const { feature, values } = contexts;
  // Token and whether the feature fires on it, of the first and best hit.
  const best = new Int32Array(words.length ? hits.length : 0).fill(-1);
  for (const { v, worth } of words) {
    for (let i = from[v], e = 0; i < from[v + 1]; i++) {
      e = contexts.contextOf(at[i], e);
      const f = feature[e];
      const fires = values[at[i]] > 0 ? 1 : 0;
      hits[f] += fires ? worth : 0.1 * worth;
      if (best[f] < 0 || (fires && best[f] % 2 === 0)) best[f] = 2 * v + fires;
    }
  }
  return (f) => {
    if (words.length === 0 || best[f] < 0) return null;
    const token = `“${contexts.vocabulary[best[f] >> 1].trim()}”`;
    return best[f] % 2 ? `fires on ${token}` : `${token} stands near`;
  };
}

/** A phrase may begin inside of a token and go on over those that follow. */
function phrase(contexts, wanted, hits) {
  const lower = contexts.plain();
  const { tokens, start, feature } = contexts;
  // How many characters of the phrase a token can begin with: each of its ends that the phrase starts with.
  const ends = new Map();
  lower.forEach((token, v) => {
    const found = [];
    if (token.includes(wanted)) found.push(wanted.length);
    else for (let at = token.indexOf(wanted[0]); at >= 0; at = token.indexOf(wanted[0], at + 1)) if (wanted.startsWith(token.slice(at))) found.push(token.length - at);
    if (found.length) ends.set(v, found);
  });
  // Where a token leads to from a character of the phrase: 1 + the next character, −1 where it differs, 0 not known yet.
  const moves = Array.from(wanted, () => null);
  const move = (from, v) => {
    const known = (moves[from] ??= new Int16Array(lower.length));
    if (known[v] === 0) {
      const rest = wanted.length - from;
      const fits = lower[v].length > rest ? lower[v].startsWith(wanted.slice(from)) : wanted.startsWith(lower[v], from);
      known[v] = fits ? 1 + Math.min(wanted.length, from + lower[v].length) : -1;
    }
    return known[v] - 1;
  };
  /** Where the tokens end that hold the rest of the phrase, or −1. */
  const goesOn = (begun, t) => {
    let done = begun;
    let u = t;
    for (; done >= 0 && done < wanted.length && u < tokens.length; u++) done = move(done, tokens[u]);
    return done >= wanted.length ? u : -1;
  };
  const { from, at } = contexts.places();
  const seen = new Uint8Array(contexts.entry.count);
  for (const [v, starts] of ends) {
    for (const begun of starts) {
      for (let i = from[v], e = 0; i < from[v + 1]; i++) {
        const end = goesOn(begun, at[i] + 1);
        if (end < 0) continue;
        e = contexts.contextOf(at[i], e);
        if (end > start[e + 1] || seen[e] === 1) continue;
        // One hit a context.
        seen[e] = 1;
        hits[feature[e]]++;
      }
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
