import { csv, download, el, replace, table, tick } from "dom.js";
import { css, dark } from "palette.js";

// A figure: a chart with what it shows, its n, what it is not, and its data for the taking.

const live = new Set();

/**
 * Makes a figure.
 *
 * @param spec `title`, `name` (of downloads), `shows`, `n`, `not` (texts), `rows()` (first row the
 *     heading), `option()` (of ECharts), `height` in pixels, `wide`, `controls` (nodes)
 */
export function figure(spec) {
  const holder = el("div", { class: "chart", style: { height: (spec.height ?? 320) + "px" }, role: "img", "aria-label": spec.title + ". " + spec.shows });
  const tableHolder = el("div", { class: "figure-table", hidden: true, tabindex: "0", role: "region", "aria-label": "Data of the figure " + spec.title });
  const toggle = el("button", {
    type: "button", "aria-expanded": "false",
    onclick: () => {
      tableHolder.hidden = !tableHolder.hidden;
      toggle.setAttribute("aria-expanded", String(!tableHolder.hidden));
      if (!tableHolder.hidden) replace(tableHolder, table(spec.title, spec.rows()));
    },
  }, "Table");
  let chart = null;
  const save = (kind) => () => {
    if (kind === "csv") return download(spec.name + ".csv", csv(spec.rows()), "text/csv");
    const text = chart.renderToSVGString();
    if (kind === "svg") return download(spec.name + ".svg", text, "image/svg+xml");
    raster(text, holder.clientWidth, holder.clientHeight).then((blob) => download(spec.name + ".png", blob));
  };
  const node = el(
    "figure",
    { class: spec.wide ? "plate wide" : "plate", "data-figure": spec.name },
    el("header", {}, el("h3", {}, spec.title), spec.controls ? el("div", { class: "controls" }, spec.controls) : null),
    holder,
    el(
      "figcaption",
      {},
      el("p", {}, spec.shows, spec.n ? el("span", { class: "n" }, " " + spec.n) : null),
      spec.not ? el("p", { class: "caveat" }, el("b", {}, "Not: "), spec.not) : null,
      el("p", { class: "take" }, toggle, ["svg", "png", "csv"].map((k) => el("button", { type: "button", onclick: save(k), "aria-label": `Download ${spec.title} as ${k.toUpperCase()}` }, k.toUpperCase())))
    ),
    tableHolder
  );
  const self = {
    node,
    draw() {
      if (!holder.isConnected || holder.clientWidth === 0) return;
      chart ??= echarts.init(holder, null, { renderer: "svg" });
      chart.resize();
      chart.setOption(common(spec.option()), true);
    },
    dispose() {
      chart?.dispose();
      chart = null;
      live.delete(self);
    },
  };
  live.add(self);
  return self;
}

/** Draws every figure that is on the page again, e.g. after a change of theme or size. */
export function redrawFigures() {
  live.forEach((f) => f.draw());
}

/** Forgets all figures; a view calls it before it builds new ones. */
export function clearFigures() {
  [...live].forEach((f) => f.dispose());
}

addEventListener("resize", redrawFigures);

async function raster(text, width, height) {
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  await image.decode();
  const canvas = el("canvas", { width: width * 2, height: height * 2 });
  const c = canvas.getContext("2d");
  c.fillStyle = css("--panel");
  c.fillRect(0, 0, canvas.width, canvas.height);
  c.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** Look and manners of all charts. Tooltips are rich text, never HTML, for they quote files. */
function common(option) {
  return {
    animation: false,
    aria: { enabled: false },
    // Double quotes would end the attribute that an exported SVG puts it into.
    textStyle: { fontFamily: css("--sans").replaceAll('"', "'"), color: css("--ink") },
    backgroundColor: "transparent",
    darkMode: dark(),
    tooltip: tooltip(),
    grid: { left: 58, right: 20, top: 34, bottom: 46 },
    ...option,
  };
}

export function tooltip(more = {}) {
  return {
    renderMode: "richText",
    confine: true,
    backgroundColor: css("--panel"),
    borderColor: css("--rule"),
    textStyle: { color: css("--ink"), fontSize: 12 },
    ...more,
  };
}

/** An axis in the page's style. */
export function axis(name, more = {}) {
  return {
    name,
    nameLocation: "middle",
    nameGap: more.gap ?? 30,
    nameTextStyle: { color: css("--muted"), fontSize: 12 },
    axisLine: { show: true, lineStyle: { color: css("--line") } },
    axisTick: { lineStyle: { color: css("--line") } },
    axisLabel: { color: css("--muted"), fontSize: 11, formatter: more.format ?? ((v) => (typeof v === "number" ? tick(v) : v)), ...more.label },
    splitLine: { show: more.grid ?? true, lineStyle: { color: css("--rule") } },
    type: "value",
    scale: true,
    ...more.axis,
  };
}

export function legend(more = {}) {
  return { top: 0, icon: "roundRect", itemWidth: 14, itemHeight: 4, textStyle: { color: css("--muted"), fontSize: 12 }, type: "scroll", ...more };
}

/** Vertical bars from low to high at each point: an interval. */
export function intervals(name, points, colour) {
  return {
    name,
    type: "custom",
    data: points,
    encode: { x: 0, y: [1, 2] },
    silent: true,
    z: 1,
    itemStyle: { color: colour },
    renderItem: (params, api) => {
      const low = api.coord([api.value(0), api.value(1)]);
      const high = api.coord([api.value(0), api.value(2)]);
      const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: colour, lineWidth: 1.5 } });
      return {
        type: "group",
        children: [
          line(low[0], low[1], high[0], high[1]),
          line(low[0] - 4, low[1], low[0] + 4, low[1]),
          line(high[0] - 4, high[1], high[0] + 4, high[1]),
        ],
      };
    },
  };
}

/** A row of choices of which one is pressed. */
export function choices(label, items, chosen, pick) {
  return el(
    "div",
    { class: "choices", role: "group", "aria-label": label },
    items.map(([value, text]) =>
      el("button", { type: "button", "aria-pressed": String(value === chosen), onclick: () => pick(value) }, text)
    )
  );
}
