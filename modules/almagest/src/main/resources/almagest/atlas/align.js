// Comparing two ways of grouping: which groups answer to each other, and how much they agree.

/** Counts [a][b] of features in group a of one and b of the other; negative labels are left out. */
export function contingency(a, b) {
  const rows = Math.max(-1, ...a) + 1;
  const columns = Math.max(-1, ...b) + 1;
  const table = Array.from({ length: rows }, () => new Array(columns).fill(0));
  for (let i = 0; i < a.length; i++) if (a[i] >= 0 && b[i] >= 0) table[a[i]][b[i]]++;
  return table;
}

/**
 * The assignment of columns to rows with the greatest sum (Hungarian algorithm with potentials,
 * O(n³)): `match[column]` is a row, or −1 when there are more columns than rows.
 */
export function assignment(gain) {
  const rows = gain.length;
  const columns = gain[0]?.length ?? 0;
  const n = Math.max(rows, columns);
  const cost = (i, j) => -(gain[i - 1]?.[j - 1] ?? 0);
  const u = new Array(n + 1).fill(0);
  const v = new Array(n + 1).fill(0);
  const p = new Array(n + 1).fill(0);
  const way = new Array(n + 1).fill(0);
  for (let i = 1; i <= n; i++) {
    p[0] = i;
    let j0 = 0;
    const least = new Array(n + 1).fill(Infinity);
    const used = new Array(n + 1).fill(false);
    do {
      used[j0] = true;
      const i0 = p[j0];
      let delta = Infinity;
      let j1 = 0;
      for (let j = 1; j <= n; j++) {
        if (used[j]) continue;
        const now = cost(i0, j) - u[i0] - v[j];
        if (now < least[j]) {
          least[j] = now;
          way[j] = j0;
        }
        if (least[j] < delta) {
          delta = least[j];
          j1 = j;
        }
      }
      for (let j = 0; j <= n; j++) {
        if (used[j]) {
          u[p[j]] += delta;
          v[j] -= delta;
        } else least[j] -= delta;
      }
      j0 = j1;
    } while (p[j0] !== 0);
    do {
      const j1 = way[j0];
      p[j0] = p[j1];
      j0 = j1;
    } while (j0);
  }
  return Array.from({ length: columns }, (_, j) => (p[j + 1] <= rows ? p[j + 1] - 1 : -1));
}

/** Colours of the second grouping: those of the groups it answers to; what is left takes new ones. */
export function colourNumbers(match, rows) {
  let next = rows;
  return match.map((r) => (r >= 0 ? r : next++));
}

/** Adjusted mutual information, arithmetic mean (Vinh, Epps and Bailey 2010), of a table of counts. */
export function ami(table) {
  const a = table.map((r) => r.reduce((x, y) => x + y, 0));
  const b = (table[0] ?? []).map((_, j) => table.reduce((x, r) => x + r[j], 0));
  const n = a.reduce((x, y) => x + y, 0);
  if (n === 0) return NaN;
  const entropy = (counts) => counts.reduce((h, c) => (c > 0 ? h - (c / n) * Math.log(c / n) : h), 0);
  let mutual = 0;
  table.forEach((r, i) => r.forEach((c, j) => {
    if (c > 0) mutual += (c / n) * Math.log((n * c) / (a[i] * b[j]));
  }));
  const logFactorial = new Float64Array(n + 1);
  for (let i = 2; i <= n; i++) logFactorial[i] = logFactorial[i - 1] + Math.log(i);
  const f = (x) => logFactorial[x];
  let expected = 0;
  for (const x of a) {
    for (const y of b) {
      for (let c = Math.max(1, x + y - n); c <= Math.min(x, y); c++) {
        const logP = f(x) + f(y) + f(n - x) + f(n - y) - f(n) - f(c) - f(x - c) - f(y - c) - f(n - x - y + c);
        expected += (c / n) * Math.log((n * c) / (x * y)) * Math.exp(logP);
      }
    }
  }
  const mean = (entropy(a) + entropy(b)) / 2;
  return Math.abs(mean - expected) < 1e-15 ? 1 : (mutual - expected) / (mean - expected);
}
