// The state of the page is what the address says after #, in words that a reader can change by hand:
// #view=map&layer=6&colour=phi-k3&feature=17

const DEFAULTS = {
  view: "map", layer: "", colour: "", beside: "", space: "2d", feature: "", hidden: "", find: "", select: "", sort: "", theme: "",
};

export const state = { ...DEFAULTS };
const listeners = [];

/** Calls `listener(changedKeys)` after each change. */
export function onChange(listener) {
  listeners.push(listener);
}

/** Changes some keys; `quiet` replaces the history entry instead of adding one. */
export function set(changes, quiet = false) {
  const changed = new Set();
  for (const [key, value] of Object.entries(changes)) {
    const text = value === null || value === undefined ? "" : String(value);
    if (key in DEFAULTS && state[key] !== text) {
      state[key] = text;
      changed.add(key);
    }
  }
  if (changed.size === 0) return;
  const address = link();
  // A page from a file may push to its history as well; only the part after # changes.
  if (quiet) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  listeners.forEach((l) => l(changed));
}

const written = new Map();

/** A key and its value as the address has them; a page asks for the same ones in a hundred links. */
function part(key, value) {
  if (written.get(key)?.value !== value) {
    written.set(key, { value, text: key + "=" + encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%20", "+") });
  }
  return written.get(key).text;
}

/** The address of the state, with changes. */
export function link(changes = {}) {
  const parts = Object.entries({ ...state, ...changes })
    .filter(([k, v]) => k in DEFAULTS && v !== "" && v !== null && v !== undefined && v !== DEFAULTS[k])
    .map(([k, v]) => part(k, v));
  return "#" + parts.join("&");
}

/** Takes the state from the address. */
export function readAddress() {
  const found = new URLSearchParams(location.hash.slice(1));
  const changed = new Set();
  for (const key of Object.keys(DEFAULTS)) {
    const value = found.get(key) ?? DEFAULTS[key];
    if (state[key] !== value) {
      state[key] = value;
      changed.add(key);
    }
  }
  if (changed.size > 0) listeners.forEach((l) => l(changed));
}
