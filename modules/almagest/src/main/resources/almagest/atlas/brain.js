import { el, number, percent, table } from "dom.js";
import { axis, choices, figure, intervals, legend, tooltip } from "figure.js";
import { css, inkOn, lobeColour, ramp, rampStops } from "palette.js";
import { parse } from "legend.js";
import { set } from "state.js";
import { panels } from "panels.js";

// Figures about lobes: whether features that fire together also lie together, and on which texts.

const AFFINITY_NAMES = { phi: "phi", jaccard: "Jaccard", dice: "Dice", overlap: "overlap", "simple-matching": "simple matching", cosine: "cosine" };

export function affinityName(a) {
  return AFFINITY_NAMES[a] ?? a;
}

/** The name of a lobe: the types that it wins, when known. */
export function lobeName(layer, affinity, k, lobe) {
  if (affinity === "angular") return "cluster " + (lobe + 1);
  const names = layer.lobes?.affinities?.[affinity]?.k?.[k]?.names;
  const name = names?.[lobe];
  return name ? `${lobe + 1}: ${brief(name)}` : "lobe " + (lobe + 1);
}

/** The first three of many types. */
function brief(name) {
  const parts = name.split(", ");
  return parts.length > 4 ? parts.slice(0, 3).join(", ") + " + " + (parts.length - 3) : name;
}

const keysOf = (byK) => Object.keys(byK ?? {}).map(Number).sort((a, b) => a - b);

/** Builds the view; returns the figures to draw. */
export async function brain(root, layer, colouring) {
  const lobes = layer.lobes;
  if (!lobes?.affinities || Object.keys(lobes.affinities).length === 0) {
    root.append(el("p", { class: "notice" }, `The run directory has no ${layer.name}/lobes.json, so there is nothing to show about lobes here.`));
    return [];
  }
  const affinities = Object.keys(lobes.affinities);
  const wanted = parse(colouring);
  const affinity = affinities.includes(wanted?.affinity) ? wanted.affinity : affinities.includes("phi") ? "phi" : affinities[0];
  const ks = keysOf(lobes.affinities[affinity].k);
  const k = ks.includes(wanted?.k) ? wanted.k : ks.includes(3) ? 3 : ks[0];
  const at = lobes.affinities[affinity].k[k];
  const go = (a, kk) => {
    const near = keysOf(lobes.affinities[a].k);
    set({ colour: a + "-k" + (near.includes(kk) ? kk : near[0]) });
  };
  root.append(
    el("div", { class: "bar" },
      el("span", { class: "label" }, "Affinity"), choices("Affinity", affinities.map((a) => [a, affinityName(a)]), affinity, (a) => go(a, k)),
      el("span", { class: "label" }, "Lobes k"), choices("Number of lobes", ks.map((x) => [x, String(x)]), k, (x) => go(affinity, x)))
  );
  const figures = [
    heatMap(layer, affinity, k, at),
    amiCurve(layer, affinity, lobes),
    accuracyCurve(layer, affinity, lobes),
    ...nullHistograms(layer, affinity, k, at),
    eigenvalueFigure(layer, affinity, k, at),
  ].filter(Boolean);
  const plates = el("div", { class: "plates" }, figures.map((f) => f.node));
  root.append(plates, summary(layer, affinity, k, at, lobes));
  const small = await panels(layer, affinity, k, (a) => (a === "angular" ? "angle" : affinityName(a)));
  if (small) {
    plates.append(small.node);
    figures.push(small);
  }
  return figures;
}

function heatMap(layer, affinity, k, at) {
  const t = at.types;
  if (!t?.names || !t.winner_share) return null;
  const names = t.names;
  const rows = t.winner_share.length;
  // A phone has no room for all types side by side: there they stand below each other.
  const narrow = innerWidth < 620;
  const across = narrow ? rows : names.length;
  const down = narrow ? names.length : rows;
  const cells = [];
  // Resampled documents do not take a document's chunks for independent, but give [0, 0] for a share
  // of 0; hence the wider of both intervals.
  const resampled = t.winner_by_documents?.some((row) => row?.some((i) => i?.[0] !== null && i?.[0] !== undefined));
  const interval = (l, x) => {
    const known = [t.winner_by_documents?.[l]?.[x], t.wilson?.[l]?.[x]].filter((i) => typeof i?.[0] === "number");
    return known.length ? [Math.min(...known.map((i) => i[0])), Math.max(...known.map((i) => i[1]))] : undefined;
  };
  t.winner_share.forEach((row, l) => row.forEach((v, x) => cells.push([narrow ? l : x, down - 1 - (narrow ? x : l), v, interval(l, x)?.[0], interval(l, x)?.[1], t.winner_counts?.[l]?.[x]])));
  const lobeOf = (cell) => (narrow ? cell[0] : rows - 1 - cell[1]);
  const typeOf = (cell) => (narrow ? names.length - 1 - cell[1] : cell[0]);
  const roomy = innerWidth > 34 * across + (narrow ? 160 : 220);
  const v = t.cramers_v;
  const vNull = t.cramers_v_null;
  const all = layer.entry.control;
  const control = all?.k === k && affinity === "phi" ? all.cramers_v : null;
  const lobeNames = Array.from({ length: rows }, (_, l) => lobeName(layer, affinity, k, l));
  const sum = (t.chunks ?? []).reduce((a, b) => a + b, 0);
  return figure({
    wide: true,
    name: `${layer.name}-${affinity}-k${k}-lobes-by-type`,
    title: "Which lobe is busiest on which text",
    height: narrow ? 50 + 34 * down : 110 + 56 * rows,
    shows: `For each document type, the share of its chunks on which a lobe is the busiest (its share of firing features, relative to its size). Small figures: 95 % interval, ${resampled ? "the wider of Wilson's and that of resampled documents" : "Wilson's"}. ${v !== undefined ? `Cramér's V = ${number(v)}` + (vNull ? `, against ${number(vNull.mean)} ± ${number(vNull.sd)} with ${vNull.kind ?? "shuffled types"}` : "") + (control ? `; an autoencoder of random directions at equal L0 gives ${number(control.random_directions)}` : "") + "." : ""}`,
    n: sum ? `n = ${number(sum)} chunks${t.held_out ? " of documents held out from the clustering" : ""}, ${layer.name}, ${affinityName(affinity)}.` : "",
    not: (control ? "Where random directions tell types apart nearly as well, the table shows the texts and not what the autoencoder learnt. " : "") + (t.held_out ? "" : "Lobes and counts come from the same chunks, so the table is in-sample. ") + (resampled ? "" : "Chunks of one document are not independent, hence true intervals are wider. ") + "A type's topic and its format are not told apart.",
    rows: () => [["lobe", "type", "share", "low", "high", "chunks"], ...cells.map((c) => [lobeNames[lobeOf(c)], names[typeOf(c)], ...c.slice(2)])],
    option: () => ({
      ...(narrow
        ? {
          grid: { left: 112, right: 4, top: 26, bottom: 8 },
          xAxis: axis("", { axis: { type: "category", position: "top", data: lobeNames }, grid: false, label: { interval: 0, width: Math.max(18, (innerWidth - 170) / rows), overflow: "truncate" }, format: (x) => (rows > 4 ? /\d+/.exec(x)?.[0] ?? x : x) }),
          yAxis: axis("", { axis: { type: "category", data: [...names].reverse() }, grid: false, label: { interval: 0, width: 100, overflow: "truncate" }, format: (x) => x }),
        }
        : {
          grid: { left: Math.min(230, 30 + 6.4 * Math.max(...lobeNames.map((n) => Math.min(30, n.length)))), right: 20, top: 10, bottom: 92 },
          xAxis: axis("", { axis: { type: "category", data: names }, grid: false, label: { rotate: 40, interval: 0, width: 110, overflow: "truncate" }, format: (x) => x }),
          yAxis: axis("", { axis: { type: "category", data: [...lobeNames].reverse() }, grid: false, format: (x) => (x.length > 30 ? x.slice(0, 29) + "…" : x) }),
        }),
      visualMap: { min: 0, max: 1, show: false, dimension: 2, inRange: { color: rampStops() } },
      tooltip: tooltip({
        formatter: (p) => `${lobeNames[lobeOf(p.value)]}\n${names[typeOf(p.value)]}: ${percent(p.value[2])}` + (p.value[3] !== undefined ? ` [${percent(p.value[3])}, ${percent(p.value[4])}]` : "") + (p.value[5] !== undefined ? `\n${number(p.value[5])} of ${number(t.chunks?.[typeOf(p.value)])} chunks` : ""),
      }),
      series: [{
        type: "heatmap",
        data: cells.map((c) => ({ value: c, label: { color: inkOn(ramp(c[2])) } })),
        itemStyle: { borderColor: css("--panel"), borderWidth: 2, borderRadius: 3 },
        label: {
          show: true,
          formatter: (p) => `{a|${(100 * p.value[2]).toFixed(0)}}` + (p.value[3] !== undefined && across < 30 && roomy ? `\n{b|${(100 * p.value[3]).toFixed(0)}–${(100 * p.value[4]).toFixed(0)}}` : ""),
          rich: { a: { fontSize: roomy ? 13 : 9.5, fontWeight: 600, lineHeight: 16 }, b: { fontSize: 9, lineHeight: 11 } },
        },
      }],
    }),
  });
}

function amiCurve(layer, affinity, lobes) {
  const series = [];
  const rows = [["affinity", "k", "AMI", "null", "null mean", "null sd", "z", "p", "trials"]];
  Object.entries(lobes.affinities).forEach(([a, { k }], i) => {
    const points = keysOf(k).filter((x) => k[x].ami !== null && k[x].ami !== undefined).map((x) => [x, k[x].ami]);
    if (points.length === 0) return;
    series.push({ name: affinityName(a), type: "line", symbolSize: a === affinity ? 8 : 5, lineStyle: { width: a === affinity ? 2.5 : 1.3 }, color: lobeColour(i), data: points, z: a === affinity ? 5 : 3 });
    for (const [x, v] of points) {
      for (const n of k[x].ami_null?.length ? k[x].ami_null : [{}]) rows.push([affinityName(a), x, v, n.kind, n.mean, n.sd, n.z, n.p, n.trials]);
    }
  });
  if (series.length === 0) return null;
  series.push(...nullLines(lobes.affinities[affinity].k, (at) => at.ami_null));
  return figure({
    name: `${layer.name}-ami`,
    title: "Do lobes agree with geometry? AMI against k",
    shows: "Adjusted mutual information between lobes (by co-occurrence) and clusters of the decoder directions (by angle), for each affinity; dashed: mean of each null with ± 2 standard deviations for " + affinityName(affinity) + ".",
    n: `n = ${number(lobes.features ?? layer.features)} features, ${layer.name}.`,
    not: "Permuted labels keep nothing but sizes: beating them shows association, not its cause. Features that fire often resemble each other in both views; the frequency-matched null, where there is one, is the fairer bar. z depends on n; p cannot fall below 1/(trials + 1).",
    rows: () => rows,
    option: () => ({ legend: legend(), xAxis: kAxis(), yAxis: axis("AMI", { gap: 42 }), series, tooltip: tooltip({ trigger: "item", formatter: (p) => `${p.seriesName}\nk = ${p.value[0]}: ${number(p.value[1])}` }) }),
  });
}

const DASHES = ["dashed", "dotted", [8, 3, 2, 3], [2, 6]];

function nullLines(byK, get) {
  const kinds = new Map();
  for (const x of keysOf(byK)) {
    for (const n of get(byK[x]) ?? []) {
      if (n.mean === null || n.mean === undefined) continue;
      if (!kinds.has(n.kind)) kinds.set(n.kind, []);
      kinds.get(n.kind).push([x, n.mean, n.sd ?? 0]);
    }
  }
  return [...kinds].flatMap(([kind, points], i) => [
    { name: "null: " + kind, type: "line", symbol: "none", lineStyle: { type: DASHES[i % 4], color: css("--muted"), width: 1.2 }, itemStyle: { color: css("--muted") }, data: points.map(([x, m]) => [x, m]) },
    intervals("null: " + kind, points.map(([x, m, s]) => [x, m - 2 * s, m + 2 * s]), css("--muted")),
  ]);
}

function kAxis() {
  return axis("number of lobes k", { axis: { type: "log", logBase: 2, min: "dataMin", max: "dataMax" }, format: (v) => String(Math.round(v)) });
}

function accuracyCurve(layer, affinity, lobes) {
  const byK = lobes.affinities[affinity].k;
  const ks = keysOf(byK).filter((x) => byK[x].classifier);
  if (ks.length === 0) return null;
  const line = (name, get, style) => {
    const data = ks.map((x) => [x, get(byK[x].classifier)]).filter(([, v]) => v !== null && v !== undefined);
    return data.length ? [{ name, type: "line", data, symbolSize: 6, ...style }] : [];
  };
  const bars = (name, get, colour) => {
    const data = ks.map((x) => [x, ...(get(byK[x].classifier) ?? [])]).filter((p) => p.length === 3);
    return data.length ? [intervals(name, data, colour)] : [];
  };
  const accuracy = (c) => (c?.corrected ?? c?.published)?.balanced_accuracy;
  const all = Object.keys(lobes.affinities);
  const own = lobeColour(all.indexOf(affinity));
  const others = all.filter((a) => a !== affinity).map((a) => {
    const { k } = lobes.affinities[a];
    return {
      name: affinityName(a), type: "line", symbolSize: 5, lineStyle: { width: 1.3 }, color: lobeColour(all.indexOf(a)),
      data: keysOf(k).map((x) => [x, accuracy(k[x].classifier)]).filter(([, v]) => v !== null && v !== undefined),
    };
  }).filter((s) => s.data.length > 0);
  return figure({
    name: `${layer.name}-${affinity}-accuracy`,
    title: "Can position tell the lobe? Accuracy against k",
    shows: `Balanced accuracy of a logistic regression that predicts a feature's ${affinityName(affinity)} lobe from its decoder direction. Published: the article's set-up. Corrected: features not seen in training, with a 95 % interval, beside what the firing frequency alone predicts. Thin: the corrected figure for the other affinities.`,
    n: `n = ${number(layer.features)} features, ${layer.name}.`,
    not: "A high accuracy at small k may come from frequency, since rare and common features lie apart; compare with the frequency baseline, not with chance alone. The published figure is optimistic where features of one family stand in both halves.",
    rows: () => [["affinity", "k", "chance", "published", "corrected", "low", "high", "frequency baseline", "null", "null mean", "null sd"], ...all.flatMap((a) => keysOf(lobes.affinities[a].k).map((x) => [a, x, lobes.affinities[a].k[x].classifier])).filter(([, , c]) => c).flatMap(([a, x, c]) => {
      return (c.published?.null?.length ? c.published.null : [{}]).map((n) => [affinityName(a), x, c.published?.chance ?? 1 / x, c.published?.balanced_accuracy, c.corrected?.balanced_accuracy, c.corrected?.ci?.[0], c.corrected?.ci?.[1], c.corrected?.frequency_baseline?.balanced_accuracy, n.kind, n.mean, n.sd]);
    })],
    option: () => ({
      legend: legend(),
      xAxis: kAxis(),
      yAxis: axis("balanced accuracy", { gap: 42, axis: { min: 0, max: 1 } }),
      tooltip: tooltip({ formatter: (p) => `${p.seriesName}\nk = ${p.value[0]}: ${number(p.value[1])}` }),
      series: [
        ...line(affinityName(affinity), (c) => c.corrected?.balanced_accuracy, { color: own, lineStyle: { width: 2.5 }, z: 6 }),
        ...bars(affinityName(affinity), (c) => c.corrected?.ci, own),
        ...line("published set-up, " + affinityName(affinity), (c) => c.published?.balanced_accuracy, { color: own, symbol: "emptyRect", lineStyle: { type: [7, 3] }, z: 5 }),
        ...line("frequency alone", (c) => c.corrected?.frequency_baseline?.balanced_accuracy, { color: css("--ink"), symbol: "diamond", lineStyle: { width: 1.2 } }),
        ...bars("frequency alone", (c) => c.corrected?.frequency_baseline?.ci, css("--ink")),
        ...nullLines(byK, (at) => at.classifier?.published?.null),
        { name: "chance 1/k", type: "line", symbol: "none", lineStyle: { type: "dotted", width: 1, color: css("--line") }, itemStyle: { color: css("--line") }, data: ks.map((x) => [x, 1 / x]) },
        ...others,
      ],
    }),
  });
}

function nullHistograms(layer, affinity, k, at) {
  const wanted = [
    ...(at.ami_null ?? []).map((n) => ({ what: "AMI", observed: at.ami, n })),
    ...(at.classifier?.published?.null ?? []).map((n) => ({ what: "Balanced accuracy (published set-up)", observed: at.classifier.published.balanced_accuracy, n })),
  ].filter(({ n, observed }) => n.values?.length > 1 && observed !== null && observed !== undefined);
  return wanted.map(({ what, observed, n }) => {
    const values = n.values.filter((v) => v !== null);
    return figure({
      name: `${layer.name}-${affinity}-k${k}-${what === "AMI" ? "ami" : "accuracy"}-null-${n.kind.replaceAll(/[^a-z0-9]+/gi, "-")}`,
      title: `${what} against “${n.kind}”`,
      height: 250,
      shows: `The ${values.length} values under the null, and the observed one (${number(observed)}): ${number((observed - n.mean) / n.sd, 3)} standard deviations from the null's mean${n.p !== undefined ? `, p = ${number(n.p)}` : ""}.`,
      n: `k = ${k}, ${affinityName(affinity)}, ${layer.name}.`,
      not: "The number of standard deviations is no effect size: it grows with the number of features and takes the null for a bell.",
      rows: () => [["value", "is"], [observed, "observed"], ...values.map((v) => [v, "null"])],
      option: () => histogramOption(values, observed, what),
    });
  });
}

function histogramOption(values, observed, what) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const bins = 20;
  const width = (high - low) / bins || 1e-9;
  const counts = new Array(bins).fill(0);
  values.forEach((v) => counts[Math.min(bins - 1, Math.floor((v - low) / width))]++);
  const colour = css("--muted");
  return {
    grid: { left: 50, right: 24, top: 24, bottom: 42 },
    xAxis: axis(what, { grid: false }),
    yAxis: axis("count", { axis: { min: 0 } }),
    tooltip: { show: false },
    series: [
      {
        type: "custom",
        data: counts.map((c, b) => [low + b * width, low + (b + 1) * width, c]),
        encode: { x: [0, 1], y: 2 },
        renderItem: (p, api) => {
          const a = api.coord([api.value(0), api.value(2)]);
          const b = api.coord([api.value(1), 0]);
          return { type: "rect", shape: { x: a[0], y: a[1], width: Math.max(1.5, b[0] - a[0] - 0.5), height: b[1] - a[1] }, style: { fill: colour } };
        },
      },
      { type: "line", symbol: "none", lineStyle: { width: 2, color: lobeColour(1) }, data: [[observed, 0], [observed, Math.max(...counts)]] },
    ],
  };
}

function eigenvalueFigure(layer, affinity, k, at) {
  if (!at.eigenvalues?.length) return null;
  return figure({
    name: `${layer.name}-${affinity}-k${k}-eigenvalues`,
    title: "Is k a natural number of lobes?",
    height: 250,
    shows: `The smallest eigenvalues of the normalised Laplacian; a gap after the k-th speaks for k lobes (gap ${number(at.eigengap)}${at.ncut !== undefined && at.ncut !== null ? `, normalised cut ${number(at.ncut)}` : ""}).`,
    n: at.stability ? `Agreement (ARI) over seeds ${number(at.stability.seeds)}, over halves of the corpus ${number(at.stability.halves)}.` : "",
    not: "A spectral clustering returns k groups whether or not there are any; without a gap, and with halves that disagree, lobes are a way of cutting a continuum.",
    rows: () => [["rank", "eigenvalue"], ...at.eigenvalues.map((v, i) => [i + 1, v])],
    option: () => ({
      xAxis: axis("rank", { axis: { minInterval: 1, min: 0 }, grid: false }),
      yAxis: axis("eigenvalue", { gap: 42 }),
      tooltip: tooltip({ formatter: (p) => `rank ${p.value[0]}: ${number(p.value[1])}` }),
      series: [{ type: "scatter", symbolSize: 9, data: at.eigenvalues.map((v, i) => ({ value: [i + 1, v], itemStyle: { color: i < k ? lobeColour(0) : css("--muted") } })) }],
    }),
  });
}

function summary(layer, affinity, k, at, lobes) {
  const sizes = at.sizes ?? [];
  const rows = [["lobe", "features", "alive"], ...sizes.map((s, l) => [lobeName(layer, affinity, k, l), s, at.alive?.[l]])];
  const nulls = [
    ...(at.ami_null ?? []).map((n) => ["AMI, " + n.kind, at.ami, n.mean, n.sd, n.effect, n.z, n.p, n.trials]),
    ...(at.classifier?.published?.null ?? []).map((n) => ["accuracy, " + n.kind, at.classifier.published.balanced_accuracy, n.mean, n.sd, n.effect, n.z, n.p, n.trials]),
    ...(layer.entry.control?.k === k && affinity === "phi" ? [["Cramér's V, autoencoder of random directions at equal L0", at.types?.cramers_v, layer.entry.control.cramers_v?.random_directions]] : []),
    ...(at.types?.cramers_v_null_strata ? [["Cramér's V, " + at.types.cramers_v_null_strata.kind, at.types.cramers_v, at.types.cramers_v_null_strata.mean, at.types.cramers_v_null_strata.sd, at.types.cramers_v_null_strata.effect, at.types.cramers_v_null_strata.z, at.types.cramers_v_null_strata.p, at.types.cramers_v_null_strata.trials]] : []),
    ...(at.types?.cramers_v_null ? [["Cramér's V, " + (at.types.cramers_v_null.kind ?? "shuffled types"), at.types.cramers_v, at.types.cramers_v_null.mean, at.types.cramers_v_null.sd, at.types.cramers_v_null.effect, at.types.cramers_v_null.z, at.types.cramers_v_null.p, at.types.cramers_v_null.trials]] : []),
  ];
  return el("section", { class: "plain" },
    el("h3", {}, "In numbers"),
    el("p", {}, `${number(lobes.chunks)} chunks, ${number(lobes.features)} features, of which ${number(lobes.dead)} never fired. AMI ${number(at.ami)}, NMI ${number(at.nmi)}, ARI ${number(at.ari)}.`),
    el("div", { class: "tables" }, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Sizes of lobes" }, table("Lobes", rows)),
      nulls.length ? el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Observed values and nulls" }, table("Observed values and nulls", [["statistic, null", "observed", "null mean", "null sd", "effect", "z", "p", "trials"], ...nulls])) : null));
}
