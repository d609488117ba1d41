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

  setColours(rgba) {
    const tint = this.geometry.getAttribute("tint");
    for (let i = 0; i < this.order.length; i++) {
      const f = 4 * this.order[i];
      for (let j = 0; j < 4; j++) tint.array[4 * i + j] = rgba[f + j];
    }
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

  setPoints(flat, cloud, size, order) {
    Object.assign(this, { flat, cloud, size, order });
  }

  setColours(rgba) {
    this.rgba = rgba;
  }

  draw(view, ratio, grow) {
    const { flat, cloud, size, rgba, context } = this;
    const w = Math.round(view.width * ratio);
    const h = Math.round(view.height * ratio);
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    if (this.order.length > MANY) return this.drawPixels(view, ratio, grow, w, h);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    const p = [0, 0, 0];
    let last = "";
    for (const f of this.order) {
      if (rgba[4 * f + 3] === 0) continue;
      view.project(flat[2 * f], flat[2 * f + 1], cloud[3 * f], cloud[3 * f + 1], cloud[3 * f + 2], p);
      const r = Math.max(0.75, (size[f] * grow * p[2]) / 2);
      if (p[0] < -r || p[1] < -r || p[0] > view.width + r || p[1] > view.height + r) continue;
      const fill = `rgba(${rgba[4 * f]},${rgba[4 * f + 1]},${rgba[4 * f + 2]},${rgba[4 * f + 3] / 255})`;
      if (fill !== last) context.fillStyle = last = fill;
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
    const { flat, cloud, size, rgba, context } = this;
    if (this.image?.width !== w || this.image?.height !== h) {
      this.image = context.createImageData(w, h);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    const { pixels } = this;
    pixels.fill(0);
    const colours = new Uint32Array(rgba.buffer, rgba.byteOffset, size.length);
    const p = [0, 0, 0];
    for (const f of this.order) {
      if (rgba[4 * f + 3] === 0) continue;
      view.project(flat[2 * f], flat[2 * f + 1], cloud[3 * f], cloud[3 * f + 1], cloud[3 * f + 2], p);
      const r = Math.max(0.75, (size[f] * grow * p[2]) / 2) * ratio;
      const x = p[0] * ratio;
      const y = p[1] * ratio;
      if (x < -r || y < -r || x > w + r || y > h + r) continue;
      const left = Math.max(0, Math.round(x - r));
      const right = Math.min(w - 1, Math.round(x + r));
      const bottom = Math.min(h - 1, Math.round(y + r));
      for (let row = Math.max(0, Math.round(y - r)); row <= bottom; row++) {
        const dy = row - y;
        for (let column = left; column <= right; column++) {
          const dx = column - x;
          if (dx * dx + dy * dy <= r * r + 0.25) pixels[row * w + column] = colours[f];
        }
      }
    }
    context.putImageData(this.image, 0, 0);
  }

  dispose() {}
}
