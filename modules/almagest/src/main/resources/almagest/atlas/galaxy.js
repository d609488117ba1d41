import { el, number, table } from "dom.js";
import { axis, figure, intervals, legend, tooltip } from "figure.js";
import { css, dark, lobeColour, ramp } from "palette.js";

// Figures about the shape of the cloud of decoder directions, layer by layer.

const layerOf = (cloud, i) => {
  if (typeof cloud.layer === "number") return cloud.layer;
  const m = /(\d+)$/.exec(cloud.name ?? "");
  return m ? Number(m[1]) : i;
};

/** Builds the view; returns the figures to draw. */
export function galaxy(root, result) {
  const clouds = result?.clouds ?? [];
  if (clouds.length === 0) {
    root.append(el("p", { class: "notice" }, "The run directory has no galaxy/galaxy.json, so there is nothing to show about the shape of the cloud."));
    return [];
  }
  const at = clouds.map(layerOf);
  // The pale end of a light page's ramp is too faint for lines.
  const palest = dark() ? 0.3 : 0.55;
  const share = (i) => palest + ((1 - palest) * i) / Math.max(1, clouds.length - 1);
  const n = clouds.map((c) => `${c.name}: n = ${number(c.n)}, d = ${number(c.d)}`).join("; ") + ".";
  const figures = [
    spectra(clouds, share, n),
    byLayer({
      clouds, at, name: "slope", title: "Slope of the spectrum by layer", unit: "slope of log λ on log rank",
      corrected: (c) => c.slope?.value, ci: (c) => c.slope?.ci, published: (c) => c.published?.slope,
      nul: (c) => c.slope?.null, nullName: "isotropic null", n,
      shows: "How steeply eigenvalues of the decoder directions' covariance fall (a power law's exponent), corrected with its 95 % interval, beside the article's estimator and an isotropic Gaussian cloud of equal n and d.",
      not: "A straight line on log–log axes is no proof of a power law; the value depends on the window of ranks. With few layers a dip in the middle cannot be told from chance.",
    }),
    byLayer({
      clouds, at, name: "volume", title: "Effective volume by layer", unit: "log volume",
      corrected: (c) => c.log_volume?.value, published: (c) => c.published?.log_volume, n,
      shows: "Sum of log eigenvalues over the window of ranks that the slope uses, beside the article's.",
      not: "No volume: it leaves out the first directions, and compares only clouds of equal n, d and window. Directions have unit length, so this is shape and not size.",
    }),
    byLayer({
      clouds, at, name: "entropy", title: "Clustering entropy by layer", unit: "nats",
      corrected: (c) => c.entropy?.clustering, published: null, n,
      nul: (c) => (c.entropy?.null_mean === undefined || c.entropy.null_mean === null ? null : { mean: c.entropy.null_mean, sd: c.entropy.null_sd }), nullName: "unclustered null",
      shows: "How much more concentrated the cloud is than a Gaussian of the same covariance (Gaussian entropy minus k-nearest-neighbour entropy), after projection to few dimensions; with the same estimate on unclustered clouds.",
      not: "The estimator is biased in many dimensions, with or without clusters; read the distance to the null and not the height. The null's bars judge whether the cloud is Gaussian; they are no interval for a cloud that is not.",
    }),
    byLayer({
      clouds, at, name: "entropy-published", title: "Clustering entropy, the article's estimator", unit: "nats",
      corrected: null, published: (c) => c.published?.clustering_entropy, publishedError: (c) => c.published?.error, n,
      shows: "The same quantity in the full space, as the article computes it.",
      not: "In hundreds of dimensions most of this value is the estimator's bias. It is here to be compared with the article, not to be believed.",
    }),
  ].filter(Boolean);
  const rows = [["cloud", "n", "d", "slope", "low", "high", "R²", "isotropic", "participation ratio", "stable rank", "entropy kNN", "entropy Gaussian", "excess over null"],
    ...clouds.map((c) => [c.name, c.n, c.d, c.slope?.value, c.slope?.ci?.[0], c.slope?.ci?.[1], c.slope?.r2, c.slope?.null?.mean, c.participation_ratio, c.stable_rank, c.entropy?.knn, c.entropy?.gauss, c.entropy?.excess])];
  root.append(el("div", { class: "plates" }, figures.map((f) => f.node)),
    el("section", { class: "plain" }, el("h3", {}, "In numbers"), el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Clouds in numbers" }, table("Clouds", rows))));
  return figures;
}

function spectra(clouds, share, n) {
  const some = clouds.filter((c) => c.eigenvalues?.length);
  if (some.length === 0) return null;
  return figure({
    wide: true,
    name: "spectra",
    title: "Spectra of the clouds",
    height: 400,
    shows: "Eigenvalues of the covariance of decoder directions against their rank, both on logarithmic axes, one line per layer; dotted: the fitted power law over its window. Dashed: an isotropic cloud of equal n and d.",
    n,
    not: "A power law: a line on logarithmic axes fits much that is none, and the isotropic cloud falls as well, because n is finite. The dashed line is that of the first cloud.",
    rows: () => [["cloud", "rank", "eigenvalue"], ...some.flatMap((c) => c.eigenvalues.map((v, i) => [c.name, i + 1, v]))],
    option: () => {
      const series = [];
      clouds.forEach((c, i) => {
        if (!c.eigenvalues?.length) return;
        const colour = ramp(share(i));
        series.push({ name: c.name, type: "line", symbol: "none", color: colour, lineStyle: { width: 1.8 }, data: thin(c.eigenvalues.map((v, r) => [r + 1, v]).filter(([, v]) => v > 0)) });
        const fit = fitted(c, c.slope?.value);
        if (fit) series.push({ name: c.name, type: "line", symbol: "none", silent: true, lineStyle: { type: "dotted", width: 2, color: css("--ink") }, itemStyle: { color: colour }, data: fit });
      });
      const flat = isotropic(clouds);
      if (flat) series.push({ name: "isotropic null", type: "line", symbol: "none", silent: true, lineStyle: { type: "dashed", width: 1.5, color: css("--muted") }, itemStyle: { color: css("--muted") }, data: flat });
      return {
        legend: legend(),
        xAxis: axis("rank", { axis: { type: "log", min: 1, max: "dataMax" } }),
        yAxis: axis("eigenvalue", { gap: 48, axis: { type: "log" }, format: (v) => number(v, 2) }),
        tooltip: tooltip({ formatter: (p) => `${p.seriesName}\nrank ${p.value[0]}: ${number(p.value[1])}` }),
        series,
      };
    },
  });
}

/** The mean spectrum of isotropic clouds, or a line of their slope where the file has no more. */
function isotropic(clouds) {
  for (const c of clouds) {
    const spectrum = c.slope?.nulls?.find((n) => n.spectrum_mean?.length)?.spectrum_mean;
    if (spectrum) return thin(spectrum.map((v, r) => [r + 1, v]).filter(([, v]) => v > 0));
  }
  const first = clouds.find((c) => c.slope?.null?.mean !== undefined && c.slope?.null?.mean !== null);
  return first ? fitted(first, first.slope.null.mean) : null;
}

/** At most some hundred points, evenly by log rank. */
function thin(points) {
  if (points.length < 300) return points;
  const out = [];
  let next = 1;
  for (const p of points) {
    if (p[0] >= next) {
      out.push(p);
      next = Math.max(next + 1, next * 1.02);
    }
  }
  return out;
}

/** The line of that slope through the middle (in logs) of the eigenvalues in the window. */
function fitted(cloud, slope) {
  const window = cloud.slope?.window;
  if (!window || slope === undefined || slope === null || !cloud.eigenvalues) return null;
  const [from, to] = [Math.max(1, window[0]), Math.min(window[1], cloud.eigenvalues.length)];
  let x = 0;
  let y = 0;
  let count = 0;
  for (let r = from; r <= to; r++) {
    const v = cloud.eigenvalues[r - 1];
    if (v > 0) {
      x += Math.log(r);
      y += Math.log(v);
      count++;
    }
  }
  if (count === 0) return null;
  return [from, to].map((r) => [r, Math.exp(y / count + slope * (Math.log(r) - x / count))]);
}

function byLayer(spec) {
  const { clouds, at } = spec;
  const alone = new Set(at).size === 1;
  const points = (get) => (get ? clouds.map((c, i) => [at[i], get(c)]).filter(([, v]) => v !== null && v !== undefined) : []);
  const corrected = points(spec.corrected);
  const published = points(spec.published);
  if (corrected.length === 0 && published.length === 0) return null;
  const nul = spec.nul ? clouds.map((c, i) => ({ x: at[i], n: spec.nul(c) })).filter((p) => p.n?.mean !== undefined && p.n?.mean !== null) : [];
  return figure({
    name: "galaxy-" + spec.name,
    title: spec.title,
    shows: spec.shows,
    n: spec.n,
    not: spec.not,
    rows: () => [["cloud", "layer", "corrected", "low", "high", "published", "published error", "null mean", "null sd"],
      ...clouds.map((c, i) => [c.name, at[i], spec.corrected?.(c), spec.ci?.(c)?.[0], spec.ci?.(c)?.[1], spec.published?.(c), spec.publishedError?.(c), spec.nul?.(c)?.mean, spec.nul?.(c)?.sd])],
    option: () => {
      const series = [];
      if (corrected.length) series.push({ name: "corrected", type: "line", symbolSize: 9, color: lobeColour(0), lineStyle: { width: 2 }, data: corrected });
      const bars = spec.ci ? clouds.map((c, i) => [at[i], ...(spec.ci(c) ?? [])]).filter((p) => p.length === 3) : [];
      if (bars.length) series.push(intervals("corrected", bars, lobeColour(0)));
      if (published.length) series.push({ name: "article's estimator", type: "line", symbol: "rect", symbolSize: 7, color: lobeColour(1), lineStyle: { width: 1.5, type: "dashed" }, data: published });
      const errors = spec.publishedError ? clouds.map((c, i) => [at[i], spec.published(c) - spec.publishedError(c), spec.published(c) + spec.publishedError(c)]).filter((p) => Number.isFinite(p[1])) : [];
      if (errors.length) series.push(intervals("article's estimator", errors, lobeColour(1)));
      if (nul.length) {
        series.push({ name: spec.nullName, type: "line", symbol: "none", lineStyle: { type: "dotted", color: css("--muted") }, itemStyle: { color: css("--muted") }, data: nul.map((p) => [p.x, p.n.mean]) });
        series.push(intervals(spec.nullName, nul.map((p) => [p.x, p.n.mean - 2 * (p.n.sd ?? 0), p.n.mean + 2 * (p.n.sd ?? 0)]), css("--muted")));
      }
      return {
        legend: legend(),
        xAxis: axis("layer", { axis: { minInterval: 1, min: Math.min(...at) - (alone ? 1 : 0), max: Math.max(...at) + (alone ? 1 : 0) }, format: (v) => String(v) }),
        yAxis: axis(spec.unit, { gap: 46 }),
        tooltip: tooltip({ formatter: (p) => `${p.seriesName}\nlayer ${p.value[0]}: ${number(p.value[1])}` }),
        series,
      };
    },
  });
}
