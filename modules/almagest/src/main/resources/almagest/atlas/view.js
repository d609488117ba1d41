// How a point of the flat map or of the cloud gets to the screen. The same formula stands in the
// shader (plot.js), so that picking by hand agrees with what is drawn.

/** Camera of a map: pan and zoom, a rotation of the cloud, and how far flat has become cloud. */
export class View {
  constructor() {
    this.reset();
    this.morph = 0;
    this.width = 1;
    this.height = 1;
  }

  reset() {
    this.zoom = 1;
    this.x = 0;
    this.y = 0;
    // A turned start, so that depth shows at once.
    this.rotation = multiply(turnX(-0.5), turnY(0.6));
  }

  /** Screen pixels per unit of the normalised map. */
  scale() {
    return 0.46 * Math.min(this.width, this.height) * this.zoom;
  }

  /** Writes the pixel of a point into `out`: x, y, depth factor. */
  project(flatX, flatY, cloudX, cloudY, cloudZ, out) {
    const r = this.rotation;
    const m = this.morph;
    let px = flatX;
    let py = flatY;
    let depth = 1;
    if (m > 0) {
      const x = r[0] * cloudX + r[1] * cloudY + r[2] * cloudZ;
      const y = r[3] * cloudX + r[4] * cloudY + r[5] * cloudZ;
      const z = r[6] * cloudX + r[7] * cloudY + r[8] * cloudZ;
      depth = 1 / (1 - 0.35 * m * z);
      px = (flatX + (x - flatX) * m) * depth;
      py = (flatY + (y - flatY) * m) * depth;
    }
    const s = this.scale();
    out[0] = this.width / 2 + (px - this.x) * s;
    out[1] = this.height / 2 - (py - this.y) * s;
    out[2] = depth;
    return out;
  }

  pan(dx, dy) {
    const s = this.scale();
    this.x -= dx / s;
    this.y += dy / s;
  }

  /** Zooms and keeps what is under the pixel. */
  zoomAt(px, py, factor) {
    const before = this.scale();
    const zoom = Math.max(0.4, Math.min(200, this.zoom * factor));
    const wx = this.x + (px - this.width / 2) / before;
    const wy = this.y - (py - this.height / 2) / before;
    this.zoom = zoom;
    const after = this.scale();
    this.x = wx - (px - this.width / 2) / after;
    this.y = wy + (py - this.height / 2) / after;
  }

  rotate(dx, dy) {
    this.rotation = multiply(multiply(turnX(dy * 0.006), turnY(dx * 0.006)), this.rotation);
  }
}

function turnX(a) {
  return [1, 0, 0, 0, Math.cos(a), -Math.sin(a), 0, Math.sin(a), Math.cos(a)];
}

function turnY(a) {
  return [Math.cos(a), 0, Math.sin(a), 0, 1, 0, -Math.sin(a), 0, Math.cos(a)];
}

function multiply(a, b) {
  const c = new Array(9);
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++)
      c[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
  return c;
}

/** Positions [n × d] centred on their middle and scaled so that 99 % lie within the unit ball. */
export function normalised(values, d) {
  const n = values.length / d;
  const out = new Float32Array(values.length);
  const centre = [];
  for (let j = 0; j < d; j++) {
    const sorted = Float32Array.from({ length: n }, (_, i) => values[i * d + j]).sort();
    centre.push(d === 2 ? (sorted[Math.floor(n * 0.005)] + sorted[Math.ceil(n * 0.995) - 1]) / 2 : sorted[n >> 1]);
  }
  const radii = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    let r = 0;
    for (let j = 0; j < d; j++) {
      out[i * d + j] = values[i * d + j] - centre[j];
      r += out[i * d + j] ** 2;
    }
    radii[i] = Math.sqrt(r);
  }
  radii.sort();
  const unit = radii[Math.min(n - 1, Math.floor(n * 0.99))] || 1;
  for (let i = 0; i < out.length; i++) out[i] /= unit;
  return out;
}
