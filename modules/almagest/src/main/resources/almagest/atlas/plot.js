import { BufferAttribute, BufferGeometry, Camera, Points, Scene, ShaderMaterial, WebGLRenderer } from "three.module.min.js";

// Points on a canvas: by WebGL where there is one, else by the canvas's own drawing. Both draw the
// same, from the same view.

const VERTEX = `
attribute vec2 flat2;
attribute vec3 cloud;
attribute vec4 tint;
attribute float size;
uniform mat3 turn;
uniform vec2 centre;
uniform vec2 unit;
uniform float morph;
uniform float grow;
varying vec4 vTint;
varying float vSize;
void main() {
  vec3 c = turn * cloud;
  float depth = 1.0 / (1.0 - 0.35 * morph * c.z);
  vec2 p = mix(flat2, c.xy, morph) * depth;
  vSize = max(1.5, size * grow * mix(1.0, depth, morph));
  vTint = tint;
  if (tint.a == 0.0) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); gl_PointSize = 0.0; return; }
  gl_Position = vec4((p - centre) * unit, mix(0.0, -clamp(c.z * 0.4, -0.9, 0.9), morph), 1.0);
  gl_PointSize = vSize + 1.5;
}`;

const FRAGMENT = `
varying vec4 vTint;
varying float vSize;
void main() {
  float r = length(gl_PointCoord - 0.5) * (vSize + 1.5);
  float a = vTint.a * clamp(vSize * 0.5 - r + 0.5, 0.0, 1.0);
  if (a < 0.02) discard;
  gl_FragColor = vec4(vTint.rgb, a);
}`;

/** From this many points on a flat canvas is filled pixel by pixel. */
const MANY = 6000;

/**
 * Draws by WebGL where a graphics processor does it, else on a flat canvas, which is faster than
 * WebGL in software.
 *
 * @param wish "webgl" or "canvas" to have one or the other, else null
 */
export function makePlot(canvas, wish) {
  if (wish === "webgl" || (wish !== "canvas" && accelerated())) {
    try {
      return new WebGlPlot(canvas);
    } catch (problem) {
      // A canvas that refused one context may refuse the other as well; a fresh one does not.
      const fresh = canvas.cloneNode();
      canvas.replaceWith(fresh);
      return new CanvasPlot(fresh);
    }
  }
  return new CanvasPlot(canvas);
}

let known = null;

function accelerated() {
  if (known === null) {
    const gl = document.createElement("canvas").getContext("webgl2");
    const names = gl?.getExtension("WEBGL_debug_renderer_info");
    const renderer = gl ? String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER)) : "";
    known = gl !== null && !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return known;
}

class WebGlPlot {
  constructor(canvas) {
    this.canvas = canvas;
    this.kind = "WebGL";
    this.renderer = new WebGLRenderer({ canvas, antialias: false, alpha: true, preserveDrawingBuffer: true });
    this.renderer.setPixelRatio(1);
    this.scene = new Scene();
    this.camera = new Camera();
    this.material = new ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      transparent: true,
      uniforms: {
        turn: { value: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
        centre: { value: [0, 0] },
        unit: { value: [1, 1] },
        morph: { value: 0 },
        grow: { value: 1 },
      },
    });
    // Uniforms of a mat3 may be plain arrays for three.js, column by column.
    this.geometry = null;
  }

  setPoints(flat, cloud, size, order) {
    if (this.points) {
      this.scene.remove(this.points);
      this.geometry.dispose();
    }
    const n = size.length;
    this.order = order;
    const geometry = new BufferGeometry();
    const take = (source, width) => {
      const out = new Float32Array(n * width);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < width; j++) out[i * width + j] = source[order[i] * width + j];
      return out;
    };
    geometry.setAttribute("position", new BufferAttribute(take(cloud, 3), 3));
    geometry.setAttribute("flat2", new BufferAttribute(take(flat, 2), 2));
    geometry.setAttribute("cloud", geometry.getAttribute("position"));
    geometry.setAttribute("size", new BufferAttribute(take(size, 1), 1));
    geometry.setAttribute("tint", new BufferAttribute(new Uint8Array(4 * n), 4, true));
    this.geometry = geometry;
    this.points = new Points(geometry, this.material);
    this.points.frustumCulled = false;
    this.scene.add(this.points);
  }

  setFlat(flat) {
    const attribute = this.geometry.getAttribute("flat2");
    for (let i = 0; i < this.order.length; i++) {
      attribute.array[2 * i] = flat[2 * this.order[i]];
      attribute.array[2 * i + 1] = flat[2 * this.order[i] + 1];
    }
    attribute.needsUpdate = true;
  }

  setColours(rgba) {
    const tint = this.geometry.getAttribute("tint");
    const all = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
    const drawn = new Uint32Array(tint.array.buffer);
    for (let i = 0; i < this.order.length; i++) drawn[i] = all[this.order[i]];
    tint.needsUpdate = true;
  }

  draw(view, ratio, grow) {
    const w = Math.round(view.width * ratio);
    const h = Math.round(view.height * ratio);
    if (this.canvas.width !== w || this.canvas.height !== h) this.renderer.setSize(w, h, false);
    const u = this.material.uniforms;
    const r = view.rotation;
    u.turn.value = [r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]];
    u.centre.value = [view.x, view.y];
    u.unit.value = [(2 * view.scale()) / view.width, (2 * view.scale()) / view.height];
    u.morph.value = view.morph;
    u.grow.value = grow * ratio;
    this.material.depthTest = view.morph > 0.5;
    this.material.depthWrite = view.morph > 0.5;
    this.renderer.render(this.scene, this.camera);
  }

  dispose() {
    this.geometry?.dispose();
    this.material.dispose();
    this.renderer.dispose();
  }
}

export class CanvasPlot {
  constructor(canvas) {
    this.canvas = canvas;
    this.kind = "canvas";
    this.context = canvas.getContext("2d");
  }

  /** Takes points; they are kept in the order of drawing, so that memory is read from end to end. */
  setPoints(flat, cloud, size, order) {
    this.order = order;
    this.setFlat(flat);
    this.cx = picked(cloud, 3, 0, order);
    this.cy = picked(cloud, 3, 1, order);
    this.cz = picked(cloud, 3, 2, order);
    this.size = picked(size, 1, 0, order);
  }

  setFlat(flat) {
    this.fx = picked(flat, 2, 0, this.order);
    this.fy = picked(flat, 2, 1, this.order);
  }

  setColours(rgba) {
    const all = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
    const { order } = this;
    this.colours = new Uint32Array(order.length);
    for (let i = 0; i < order.length; i++) this.colours[i] = all[order[i]];
    this.rgba = new Uint8Array(this.colours.buffer);
  }

  draw(view, ratio, grow) {
    const { fx, fy, cx, cy, cz, size, rgba, context } = this;
    const w = Math.round(view.width * ratio);
    const h = Math.round(view.height * ratio);
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    if (this.order.length > MANY) return this.drawPixels(view, ratio, grow, w, h);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    const p = [0, 0, 0];
    let last = -1;
    for (let i = 0; i < size.length; i++) {
      if (rgba[4 * i + 3] === 0) continue;
      view.project(fx[i], fy[i], cx[i], cy[i], cz[i], p);
      const r = Math.max(0.75, (size[i] * grow * p[2]) / 2);
      if (p[0] < -r || p[1] < -r || p[0] > view.width + r || p[1] > view.height + r) continue;
      if (this.colours[i] !== last) {
        last = this.colours[i];
        context.fillStyle = `rgba(${rgba[4 * i]},${rgba[4 * i + 1]},${rgba[4 * i + 2]},${rgba[4 * i + 3] / 255})`;
      }
      if (r < 1.5) context.fillRect(p[0] - r, p[1] - r, 2 * r, 2 * r);
      else {
        context.beginPath();
        context.arc(p[0], p[1], r, 0, 2 * Math.PI);
        context.fill();
      }
    }
  }

  /** Tens of thousands of points, as pixels: no blending, and no path for each. */
  drawPixels(view, ratio, grow, w, h) {
    const { fx, fy, cx, cy, cz, size, colours, context } = this;
    if (this.image?.width !== w || this.image?.height !== h) {
      this.image = context.createImageData(w, h);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    const { pixels } = this;
    pixels.fill(0);
    // The formula of View.project, written out: a call for each point costs more than the rest.
    const m = view.morph;
    const r = view.rotation;
    const s = view.scale() * ratio;
    const ox = (view.width * ratio) / 2 - view.x * s;
    const oy = (view.height * ratio) / 2 + view.y * s;
    for (let i = 0; i < size.length; i++) {
      const colour = colours[i];
      if (colour >>> 24 === 0) continue;
      let px = fx[i];
      let py = fy[i];
      let depth = 1;
      if (m > 0) {
        depth = 1 / (1 - 0.35 * m * (r[6] * cx[i] + r[7] * cy[i] + r[8] * cz[i]));
        px = (px + (r[0] * cx[i] + r[1] * cy[i] + r[2] * cz[i] - px) * m) * depth;
        py = (py + (r[3] * cx[i] + r[4] * cy[i] + r[5] * cz[i] - py) * m) * depth;
      }
      const radius = Math.max(0.75, (size[i] * grow * depth) / 2) * ratio;
      const x = ox + px * s;
      const y = oy - py * s;
      if (x < -radius || y < -radius || x > w + radius || y > h + radius) continue;
      const bottom = Math.min(h - 1, Math.round(y + radius));
      const reach = radius * radius + 0.25;
      for (let row = Math.max(0, Math.round(y - radius)); row <= bottom; row++) {
        const wide = reach - (row - y) * (row - y);
        if (wide < 0) continue;
        const half = Math.sqrt(wide);
        const right = Math.min(w - 1, Math.floor(x + half)) + row * w;
        for (let at = Math.max(0, Math.ceil(x - half)) + row * w; at <= right; at++) pixels[at] = colour;
      }
    }
    context.putImageData(this.image, 0, 0);
  }

  dispose() {}
}

/** One coordinate of points, in an order. */
function picked(values, width, at, order) {
  const out = new Float32Array(order.length);
  for (let i = 0; i < order.length; i++) out[i] = values[width * order[i] + at];
  return out;
}
