import { append, el, replace } from "dom.js";
import { index, layers } from "data.js";
import { dark, onSystemTheme } from "palette.js";
import { link, onChange, readAddress, set, state } from "state.js";
import { choices, clearFigures, redrawFigures } from "figure.js";
import { firstColouring } from "legend.js";
import { MapView } from "mapview.js";
import { brain } from "brain.js";
import { galaxy } from "galaxy.js";
import { atom } from "atom.js";
import { about } from "about.js";
import { compare } from "compare.js";

// The page's frame: heading, views, search, theme. Start reading here.

const VIEWS = [["map", "Map"], ["brain", "Brain"], ["galaxy", "Galaxy"], ["atom", "Atom"], ["compare", "Compare"], ["run", "Run"]];
const BLURBS = {
  brain: "Lobes: groups of features that fire on the same chunks of text, and whether they also lie together.",
  galaxy: "The shape of the whole cloud of decoder directions, layer by layer.",
  compare: "Two layers or two runs side by side, with lobes matched.",
  atom: "Crystals: relations between words as parallel differences.",
};

const top = document.getElementById("top");
const main = document.getElementById("main");
const maps = new MapView();

/** What changed while the map was not on the page. */
let missed = new Set();

function layer() {
  const wanted = layers.find((l) => String(l.number) === state.layer);
  return wanted ?? layers[Math.floor((layers.length - 1) / 2)];
}

function title() {
  const options = index.run?.settings ?? index.run?.options ?? {};
  const model = index.run?.model ?? options.model;
  return typeof model === "string" ? model : model?.name ?? "";
}

function drawTop() {
  const current = layer();
  const search = el("input", {
    type: "search", id: "find", value: state.find, placeholder: "number, token, phrase, lobe 2", "aria-label": "Search features",
    onchange: (e) => set({ view: "map", find: e.target.value.trim(), select: "", sort: "" }),
  });
  replace(top,
    el("div", { class: "name" }, el("h1", {}, "Almagest"), el("p", {}, title())),
    el("nav", { "aria-label": "Views" }, VIEWS.map(([v, text]) => el("a", { href: link({ view: v }), "aria-current": v === state.view ? "page" : null }, text))),
    el("form", { role: "search", onsubmit: (e) => {
      e.preventDefault();
      set({ view: "map", find: search.value.trim(), select: "", sort: "" });
    } }, search),
    layers.length > 1 ? el("div", { class: "layers" }, el("span", { class: "label" }, "Layer"), choices("Layer", layers.map((l) => [l.number, String(l.number)]), current?.number, (n) => set({ layer: n, feature: "", select: "", sort: "", hidden: "" }))) : null,
    el("button", { type: "button", class: "theme", "aria-label": dark() ? "Switch to light" : "Switch to dark", onclick: () => set({ theme: dark() ? "light" : "dark" }, true) }, dark() ? "☀" : "☾"));
}

async function draw(changed) {
  document.documentElement.dataset.theme = state.theme || "";
  if (!state.theme) delete document.documentElement.dataset.theme;
  document.title = "Almagest" + (title() ? ": " + title() : "");
  const typing = document.activeElement?.id === "find";
  if (!typing || ["view", "layer", "theme"].some((k) => changed.has(k))) drawTop();
  const current = layer();
  const turned = changed.has("view") || changed.has("layer") || changed.has("theme") || changed.has("again");
  if (state.view === "map") {
    if (!current) {
      replace(main, el("p", { class: "notice" }, index.notes.join(" ")));
      return;
    }
    if (maps.element.parentNode !== main) {
      clearFigures();
      replace(main, maps.element);
    }
    const all = new Set([...missed, ...changed]);
    missed = new Set();
    await maps.update(current, all);
    maps.panes.forEach((p) => p.map.measure());
    return;
  }
  changed.forEach((k) => missed.add(k));
  if (!turned && !changed.has("colour")) return;
  clearFigures();
  const root = el("div", { class: "page" }, el("h2", {}, VIEWS.find(([v]) => v === state.view)?.[1] ?? "?"), BLURBS[state.view] ? el("p", { class: "lede" }, BLURBS[state.view]) : null);
  replace(main, root);
  const figures =
    state.view === "brain" ? (current ? await brain(root, current, state.colour || firstColouring(current)) : [])
      : state.view === "galaxy" ? galaxy(root, index.galaxy)
        : state.view === "atom" ? await atom(root, index.crystals, () => schedule(new Set(["again"])))
          : state.view === "compare" ? await compare(root, () => schedule(new Set(["again"])))
            : about(root);
  if (index.notes.length && state.view !== "run") append(root, [el("p", { class: "caveat" }, `${index.notes.length} parts are missing from this run: `, el("a", { href: link({ view: "run" }) }, "see which"), ".")]);
  figures.forEach((f) => f.draw());
}

let drawing = Promise.resolve();
function schedule(changed) {
  drawing = drawing.then(() => draw(changed)).catch((problem) => {
    console.error(problem);
    replace(main, el("p", { class: "notice" }, "This view could not be drawn: " + problem.message));
  });
  return drawing;
}

onChange(schedule);
addEventListener("hashchange", readAddress);
addEventListener("popstate", readAddress);
onSystemTheme(() => {
  schedule(new Set(["theme"]));
  redrawFigures();
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && !/input|select|textarea/i.test(event.target.tagName)) {
    event.preventDefault();
    document.getElementById("find")?.focus();
  }
});
readAddress();
const first = schedule(new Set(["view", "layer", "colour", "theme"]));
first.then(() => document.documentElement.setAttribute("data-ready", ""));
