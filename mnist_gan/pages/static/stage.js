// The drawings of the game: the line, the plane and the curves, on canvases.

const NAMES = { real: "--c0", generated: "--c1", discriminator: "--c2", ink: "--ink", soft: "--soft", line: "--line", panel: "--panel" };
let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  colours = Object.fromEntries(Object.entries(NAMES).map(([name, variable]) => [name, style.getPropertyValue(variable).trim()]));
}

// Returns a cleared context whose unit is a CSS pixel, with the size of its canvas.
function clear(target) {
  const { clientWidth: width, clientHeight: height } = target, scale = Math.min(devicePixelRatio || 1, 2);
  const sizes = [width, height].map((size) => Math.round(size * scale));
  if (target.width !== sizes[0] || target.height !== sizes[1]) [target.width, target.height] = sizes;
  const context = target.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "13px system-ui, sans-serif";
  return { context, width, height };
}

function drawPath(context, xs, ys, colour, { dash = [], thick = 2, fill = null } = {}) {
  context.beginPath();
  let isDrawing = false;
  xs.forEach((x, i) => {
    if (Number.isNaN(ys[i])) { isDrawing = false; return; }
    if (isDrawing) context.lineTo(x, ys[i]); else context.moveTo(x, ys[i]);
    isDrawing = true;
  });
  [context.strokeStyle, context.lineWidth, context.lineJoin] = [colour, thick, "round"];
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
  if (fill === null) return;
  context.lineTo(xs.at(-1), fill);
  context.lineTo(xs[0], fill);
  [context.fillStyle, context.globalAlpha] = [colour, 0.18];
  context.fill();
  context.globalAlpha = 1;
}

function write(context, text, x, y, colour = colours.soft, align = "left") {
  [context.fillStyle, context.textAlign] = [colour, align];
  context.fillText(text, x, y);
}

const STAGE = { left: 46, right: 12, top: 24, axis: 26, arrows: 0.27 }; // of the drawing of the line, in pixels; the share of the arrows

// Draws the line: both densities, D, the best D, and below them the arrows from noise to samples.
function drawLine(target, game, found, axis) {
  const { context, width, height } = clear(target), bottom = height * (1 - STAGE.arrows);
  const { low, high, width: bin, shares } = game.target;
  const x = (value) => STAGE.left + ((value - low) / (high - low)) * (width - STAGE.left - STAGE.right);
  const y = (value) => bottom - value * (bottom - STAGE.top); // of an answer from 0 to 1
  const most = 1.8 * Math.max(...shares), xs = Array.from(shares, (_, k) => x(low + (k + 0.5) * bin));
  drawAxes(context, { x, y, width, bottom }, game, axis);
  drawPath(context, xs, Array.from(shares, (share) => y(share / most)), colours.real, { fill: bottom });
  drawPath(context, xs, Array.from(found.shares, (share) => y(Math.min(share / most, 1))), colours.generated, { fill: bottom });
  if (found.best) drawPath(context, xs, Array.from(found.best, y), colours.ink, { dash: [5, 4], thick: 1.2 });
  if (found.answers) drawPath(context, xs, Array.from(found.answers, y), colours.discriminator, { thick: 2.6 });
  markPeaks(context, found.shares, most, xs, y);
  tellOutside(context, found.outside, STAGE.left + 8, y(1) + 16);
  drawArrows(context, found, { x, top: bottom + STAGE.axis + 8, bottom: height - 8, width });
}

function drawAxes(context, { x, y, width, bottom }, { target, isSet }, { offset, scale }) {
  for (const answer of [0, 0.5, 1]) {
    drawPath(context, [STAGE.left, width - STAGE.right], [y(answer), y(answer)], colours.line, { thick: 1 });
    write(context, String(answer), STAGE.left - 6, y(answer) + 4, colours.soft, "right");
  }
  const end = width - STAGE.right, places = ticks(offset + scale * target.low, offset + scale * target.high);
  writeTicks(context, places, (value) => x((value - offset) / scale), bottom + 16, end, "x");
  writeUpwards(context, isSet ? "density" : "density; D(x)", 11, (bottom + STAGE.top) / 2);
}

// The numbers of a horizontal axis, and at its end what they are.
function writeTicks(context, values, x, y, end, name) {
  const free = end - context.measureText(name).width - 14;
  for (const value of values.filter((each) => x(each) < free)) write(context, brief(value), x(value), y, colours.soft, "center");
  write(context, name, end, y, colours.soft, "right");
}

function writeUpwards(context, text, x, y) {
  context.save();
  context.translate(x, y);
  context.rotate(-Math.PI / 2);
  write(context, text, 0, 0, colours.soft, "center");
  context.restore();
}

// Says how high a density is that leaves the picture.
function markPeaks(context, shares, most, xs, y) {
  const peak = shares.indexOf(Math.max(...shares));
  if (shares[peak] <= most) return;
  const text = `generated: ${brief(shares[peak] / most)} times as high`, wide = context.measureText(`▲ ${text}`).width;
  if (xs[peak] + wide < xs.at(-1)) write(context, `▲ ${text}`, xs[peak] - 5, y(1) - 7, colours.generated);
  else write(context, `${text} ▲`, Math.max(xs[peak] + 5, wide), y(1) - 7, colours.generated, "right");
}

// Arrows from equally spaced noise to its samples, and a line from each sample to where D sends it.
function drawArrows(context, { arrows }, { x, top, bottom, width }) {
  const inside = [STAGE.left, width - STAGE.right], { xs, pushes } = arrows, most = Math.max(...pushes.map(Math.abs), 1e-12);
  for (const level of [top, bottom]) drawPath(context, inside, [level, level], colours.line, { thick: 1 });
  write(context, "x", 24, top + 4);
  write(context, "z", 24, bottom + 4);
  xs.forEach((sample, k) => {
    const from = inside[0] + (0.15 + (0.7 * (k + 0.5)) / xs.length) * (inside[1] - inside[0]), to = x(sample);
    if (to < inside[0] || to > inside[1]) return;
    drawPath(context, [from, to], [bottom, top + 5], colours.generated, { thick: 1 });
    arrowHead(context, to, top, Math.atan2(top - bottom, to - from), colours.generated);
    drawPath(context, [to, to - (30 * pushes[k]) / most], [top - 4 - (k % 3) * 3, top - 4 - (k % 3) * 3], colours.discriminator);
  });
}

function arrowHead(context, x, y, angle, colour) {
  context.beginPath();
  context.moveTo(x, y);
  for (const turn of [2.7, -2.7]) context.lineTo(x + 6 * Math.cos(angle + turn), y + 6 * Math.sin(angle + turn));
  context.fillStyle = colour;
  context.fill();
}

const REACH = 2.6, TILES = 22; // of the plane that is seen; of D's answers on either side

// Draws the plane: D's answers as a tint, real samples, generated ones, and where D sends these.
function drawPlane(target, game, found) {
  const { context, width, height } = clear(target), side = Math.min(width, height);
  const x = (value) => width / 2 + (value / (2 * REACH)) * side, y = (value) => height / 2 - (value / (2 * REACH)) * side;
  context.save();
  context.beginPath();
  context.rect((width - side) / 2, (height - side) / 2, side, side);
  context.clip();
  drawTint(context, game, { x, y, size: side / TILES });
  const shown = (game.shown ??= game.target.draw(newRandom(9), CLOUD));
  dots(context, shown, { x, y }, colours.real, 1.8);
  const { bySamples } = generatorGradient(game, shown, found.xs);
  const most = Math.max(...bySamples.map(Math.abs), 1e-12);
  for (let i = 0; i < found.xs.length; i += 6) {
    const ends = [0, 1].map((axis) => found.xs[i + axis] - (0.35 * bySamples[i + axis]) / most);
    drawPath(context, [x(found.xs[i]), x(ends[0])], [y(found.xs[i + 1]), y(ends[1])], colours.discriminator);
  }
  dots(context, found.xs, { x, y }, colours.generated, 2.6);
  drawPlaneAxes(context, { x, y });
  context.restore();
  tellOutside(context, shareOutside(found.xs), x(-REACH) + 26, y(REACH) + 18);
}

// A frame with the numbers of both axes inside it, so that they need no room beside it.
function drawPlaneAxes(context, { x, y }) {
  const [left, right, top, bottom] = [x(-REACH), x(REACH), y(REACH), y(-REACH)], places = ticks(-REACH, REACH);
  drawPath(context, [left, right, right, left, left], [top, top, bottom, bottom, top], colours.line);
  writeTicks(context, places, x, bottom - 8, right - 8, "x");
  for (const value of places) write(context, brief(value), left + 8, y(value) + 4);
  write(context, "y", left + 8, top + 18);
}

function shareOutside(points) {
  let outside = 0;
  for (let i = 0; i < points.length; i += 2) outside += Math.max(Math.abs(points[i]), Math.abs(points[i + 1])) > REACH;
  return (2 * outside) / points.length;
}

// Says how many generated samples are not seen.
function tellOutside(context, share, x, y) {
  if (share >= 0.005) write(context, `▲ generated: ${percent(share)} lie outside`, x, y, colours.generated);
}

function dots(context, points, { x, y }, colour, radius) {
  context.fillStyle = colour;
  for (let i = 0; i < points.length; i += 2) {
    context.beginPath();
    context.arc(x(points[i]), y(points[i + 1]), radius, 0, 7);
    context.fill();
  }
}

function drawTint(context, { discriminator }, { x, y, size }) {
  const place = (k) => ((k + 0.5) / TILES - 0.5) * 2 * REACH, points = new Float64Array(2 * TILES * TILES);
  for (let k = 0; k < TILES * TILES; k++) points.set([place(k % TILES), place(Math.floor(k / TILES))], 2 * k);
  const logits = forward(discriminator, points, TILES * TILES).at(-1);
  context.fillStyle = colours.discriminator;
  logits.forEach((logit, k) => {
    context.globalAlpha = 0.5 * sigmoid(logit);
    const [left, right, top, bottom] = [[x, 0, -1], [x, 0, 1], [y, 1, -1], [y, 1, 1]].map(([axis, at, side]) => Math.round(axis(points[2 * k + at]) + (side * size) / 2));
    context.fillRect(left, top, right - left, bottom - top);
  });
  context.globalAlpha = 1;
}

// Draws a few curves against rounds; `levels` are dashed lines, each in the colour of its curve.
function drawCurve(target, rounds, curves, { levels = [], low, high, isLog = false }) {
  const { context, width, height } = clear(target), scale = isLog ? (value) => Math.log10(Math.max(value, 1e-9)) : (value) => value;
  const values = [...curves.flatMap(([ys]) => ys), ...levels.map(([level]) => level)].filter(Number.isFinite).map(scale);
  let [bottom, top] = [Math.min(low ?? Infinity, ...values), Math.max(high ?? -Infinity, ...values)];
  if (!(top - bottom > 1e-6)) [bottom, top] = [(Number.isFinite(bottom) ? bottom : 0) - 0.5, (Number.isFinite(bottom) ? bottom : 0) + 0.5];
  const x = (round) => 46 + (round / Math.max(rounds.at(-1) ?? 1, 10)) * (width - 58);
  const y = (value) => height - 22 - ((scale(value) - bottom) / (top - bottom)) * (height - 30);
  for (const value of isLog ? powers(10 ** bottom, 10 ** top) : ticks(bottom, top)) {
    drawPath(context, [46, width - 12], [y(value), y(value)], colours.line, { thick: 1 });
    write(context, brief(value), 40, y(value) + 4, colours.soft, "right");
  }
  writeTicks(context, ticks(0, Math.max(rounds.at(-1) ?? 1, 10)), x, height - 5, width - 12, "round");
  const xs = rounds.map(x);
  for (const [ys, colour] of curves) drawPath(context, xs, ys.map(y), colours[colour], { thick: 1.4 });
  for (const [level, colour] of levels.filter(([level]) => Number.isFinite(level))) drawPath(context, [46, width - 12], [y(level), y(level)], colours[colour], { dash: [6, 4], thick: 1.6 });
}
