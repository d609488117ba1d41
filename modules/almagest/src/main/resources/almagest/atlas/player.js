import { el, number, replace } from "dom.js";
import { link } from "state.js";

// Plays a text token by token: the features that fire on a token light up on the map.

const STEP = 420;

/** A player for the texts of a layer; `light(list)` gets `[[feature, heat]]` of the token at hand. */
export class Player {
  constructor(light, ask) {
    this.light = light;
    this.ask = ask;
    this.element = el("section", { class: "player", hidden: true, "aria-label": "Play a text on the map" });
    this.at = -1;
  }

  async show(layer) {
    this.stop();
    const texts = (await layer.texts()) ?? [];
    this.layer = layer;
    if (texts.length === 0 && !this.ask) {
      this.element.hidden = true;
      return;
    }
    this.element.hidden = false;
    const choose = el("select", { id: "player-text", onchange: (e) => this.load(texts[e.target.value]) },
      texts.map((t, i) => el("option", { value: i }, t.type + ": " + t.tokens.slice(0, 8).join("").trim() + " …")));
    this.playing = el("button", { type: "button", onclick: () => (this.timer ? this.stop() : this.play()) }, "Play");
    this.slider = el("input", { type: "range", min: 0, max: 0, value: "0", "aria-label": "Token", oninput: (e) => this.go(Number(e.target.value)) });
    this.line = el("p", { class: "tokens" });
    this.note = el("p", { class: "caveat", role: "status" });
    const own = this.ask ? el("form", { onsubmit: (e) => {
      e.preventDefault();
      this.run(e.target.elements.text.value);
    } }, el("input", { type: "search", name: "text", placeholder: "or a text of yours", "aria-label": "A text to run through the model", maxlength: 2000 }), el("button", {}, "Run")) : null;
    replace(this.element, el("div", { class: "bar" }, el("label", { class: "label", for: "player-text" }, "Play a text"), texts.length ? choose : null, this.playing, this.slider, own), this.line, this.note);
    if (texts.length) this.load(texts[0]);
  }

  async run(text) {
    this.note.textContent = "The model reads …";
    try {
      this.load(await this.ask(this.layer, text));
      this.play();
    } catch (problem) {
      this.note.textContent = problem.message;
    }
  }

  load(text) {
    this.stop();
    this.text = text;
    this.at = -1;
    this.slider.max = String(text.tokens.length - 1);
    this.slider.value = "0";
    this.most = Math.max(1e-9, ...text.values.flat());
    this.spans = text.tokens.map((t, i) => el("button", { type: "button", tabindex: "-1", onclick: () => this.go(i) }, t.replaceAll("\n", "⏎")));
    replace(this.line, this.spans);
    this.note.textContent = text.document ? `${text.type} · ${text.document}` : "";
    this.light(null);
  }

  play() {
    if (!this.text) return;
    if (this.at >= this.text.tokens.length - 1) this.at = -1;
    this.playing.textContent = "Pause";
    this.timer = setInterval(() => (this.at >= this.text.tokens.length - 1 ? this.stop() : this.go(this.at + 1)), STEP);
    this.go(this.at + 1);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.playing) this.playing.textContent = "Play";
  }

  go(t) {
    this.at = t;
    this.slider.value = String(t);
    this.spans.forEach((s, i) => s.classList.toggle("now", i === t));
    const active = this.text.active[t].map((f, j) => [f, Math.min(1, this.text.values[t][j] / this.most)]);
    this.light(active);
    const strongest = [...active].sort((a, b) => b[1] - a[1]).slice(0, 6);
    replace(this.note, `${number(active.length)} features fire on “${this.text.tokens[t].trim()}”: `,
      strongest.map(([f], i) => [i ? ", " : "", el("a", { href: link({ feature: f }) }, String(f))]));
  }
}
