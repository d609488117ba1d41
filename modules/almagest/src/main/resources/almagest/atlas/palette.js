// Colours. The first eight lobe colours were searched for so that every two keep apart in Oklab, also
// as seen with protanopia, deuteranopia and tritanopia, the first four by more, and that each stands out
// from the ground by a contrast of 3 (ColourVisionTest); from
// the ninth on hues step by the golden angle, and names, legend and hover must tell lobes apart.

const LIGHT = ["#262fa5", "#a21d0e", "#078ad9", "#b27800", "#5a0410", "#016e5f", "#3a0a6b", "#8a7c96"];
const DARK = ["#94c3dd", "#dd492f", "#f3fa45", "#9b5bda", "#34f3a0", "#e7a80b", "#4d8b94", "#bcfef4"];
const RAMP_DARK = ["#26304a", "#3d5a80", "#5c8d9c", "#93b48b", "#d9c46a", "#ffe9a8"];
const RAMP_LIGHT = ["#e9e2cf", "#c9cfa8", "#8fb79a", "#4c8f98", "#2c5f85", "#172f5f"];

const query = matchMedia("(prefers-color-scheme: dark)");

/** Whether the page is dark: what the reader chose, else what the system says. */
export function dark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : query.matches;
}

/** Calls back when the system changes between light and dark. */
export function onSystemTheme(callback) {
  query.addEventListener("change", callback);
}

/** The colour of lobe i as #rrggbb; grey for −1 (a feature that has none). */
export function lobeColour(i) {
  if (i < 0) return dark() ? "#5a6170" : "#b3ad9f";
  const base = dark() ? DARK : LIGHT;
  if (i < base.length) return base[i];
  const lightness = dark() ? [0.78, 0.68, 0.86][i % 3] : [0.55, 0.59, 0.46][i % 3];
  return oklch(lightness, i % 2 ? 0.13 : 0.09, (i * 137.508) % 360);
}

/** A sequential colour for a share in 0…1; light grounds run to dark and dark ones to light. */
export function ramp(share) {
  const stops = dark() ? RAMP_DARK : RAMP_LIGHT;
  const x = Math.max(0, Math.min(1, share || 0)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(x));
  const a = rgb(stops[i]);
  const b = rgb(stops[i + 1]);
  return hex(a.map((v, j) => v + (b[j] - v) * (x - i)));
}

export function rampStops() {
  return dark() ? RAMP_DARK : RAMP_LIGHT;
}

/** #rrggbb as [r, g, b] in 0…255. */
export function rgb(colour) {
  const n = parseInt(colour.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

function hex(values) {
  return "#" + values.map((v) => Math.round(Math.max(0, Math.min(255, v))).toString(16).padStart(2, "0")).join("");
}

/** Black or white ink, whichever reads better on the colour. */
export function inkOn(colour) {
  const [r, g, b] = rgb(colour).map((v) => {
    const c = v / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 ? "#10131a" : "#ffffff";
}

/** Oklch to sRGB (Ottosson 2020). */
function oklch(l, c, h) {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const l3 = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m3 = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s3 = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3,
    -1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3,
    -0.0041960863 * l3 - 0.7034186147 * m3 + 1.707614701 * s3,
  ];
  return hex(linear.map((v) => 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * Math.max(0, v) ** (1 / 2.4) - 0.055)));
}

const known = new Map();

/** A variable of the style sheet; remembered, since maps ask in every frame. */
export function css(name) {
  const key = name + dark();
  if (!known.has(key)) known.set(key, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return known.get(key);
}
