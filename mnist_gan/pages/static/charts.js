// Curves as inline SVG, from columns { name: [epochs, values] }.

const WIDTH = 460, HEIGHT = 220, LEFT = 52, RIGHT = 12, TOP = 8, BOTTOM = 28;

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const brief = (value) => String(Number(value.toPrecision(3)));

// About five round numbers between two values.
function ticks(low, high) {
  const rough = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const found = [];
  for (let i = Math.ceil(low / step); i <= Math.floor(high / step + 1e-9); i++) found.push(i * step);
  return found;
}

function powers(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
    for (const factor of [1, 2, 5]) found.push(factor * 10 ** power);
  }
  const inside = found.filter((value) => value >= low && value <= high);
  if (inside.length <= 6) return inside;
  const tens = inside.filter((value) => Number.isInteger(Math.log10(value)));
  return tens.filter((_, index) => index % Math.ceil(tens.length / 6) === 0);
}

// Draw all panels of some columns into a container; return a function that moves their cursors.
// The axes also cover the columns of `alongside`, so that two runs can be compared.
function drawCharts(container, panels, columns, equilibrium, choose, alongside = {}) {
  const movers = panels.map((panel) => drawPanel(container, panel, columns, equilibrium, choose, alongside));
  return (epoch) => movers.forEach((move) => move && move(epoch));
}

function drawPanel(container, panel, columns, equilibrium, choose, alongside) {
  const names = panel.columns;
  if (!names.some((name) => columns[name])) return null;
  if (panel.is_stacked && !names.every((name) => columns[name])) return null;
  const curves = names.map((name) => columns[name]);
  const measured = [...curves, ...names.map((name) => alongside[name])].filter(Boolean);
  const frame = makeFrame(panel, measured, panel.has_equilibrium ? equilibrium : null);
  if (panel.is_stacked) drawBands(frame, curves);
  else drawCurves(frame, curves, panel.colours, panel.has_equilibrium ? equilibrium : null);
  const cursor = svg("line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM });
  const legend = make("p", { className: "legend" });
  frame.picture.append(cursor);
  frame.picture.setAttribute("aria-label", describe(panel, curves));
  container.append(make("figure", { className: "chart" }, make("h3", { textContent: panel.title + (panel.has_equilibrium && equilibrium ? "; dashed: at equilibrium" : "") }), frame.picture, legend));
  if (choose) {
    frame.picture.addEventListener("click", (event) => {
      const box = frame.picture.getBoundingClientRect();
      choose(frame.epochAt(((event.clientX - box.left) / box.width) * WIDTH));
    });
  }
  return (epoch) => {
    const x = frame.x(Math.min(Math.max(epoch, frame.first), frame.last));
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    legend.replaceChildren(...readings(panel, curves, epoch));
  };
}

function makeFrame(panel, curves, equilibrium) {
  const epochs = curves.flatMap(([xs]) => xs), values = curves.flatMap(([, ys]) => ys);
  let first = Math.min(...epochs), last = Math.max(...epochs);
  if (first === last) [first, last] = [first - 0.5, last + 0.5];
  let [low, high] = panel.is_stacked ? [0, 1] : [Math.min(...values, ...marks(equilibrium)), Math.max(...values, ...marks(equilibrium))];
  [low, high] = [Math.min(low, panel.low ?? low), Math.max(high, panel.high ?? high)];
  const log = panel.is_log && low > 0 && high / low > 20;
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const scale = log ? Math.log10 : (value) => value;
  const x = (epoch) => LEFT + ((epoch - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - ((scale(value) - scale(low)) / (scale(high) - scale(low))) * (HEIGHT - TOP - BOTTOM);
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  for (const value of log ? powers(low, high) : ticks(low, high)) {
    picture.append(svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }));
    picture.append(svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, brief(value)));
  }
  const isFree = (epoch) => Number.isInteger(epoch) && x(epoch) < WIDTH - RIGHT - 44; // beside the word
  for (const epoch of ticks(first, last).filter(isFree)) {
    picture.append(svg("text", { x: x(epoch), y: HEIGHT - 8, "text-anchor": "middle" }, String(epoch)));
  }
  picture.append(svg("text", { x: WIDTH - RIGHT, y: HEIGHT - 8, "text-anchor": "end" }, "epoch"));
  const epochAt = (x) => first + ((x - LEFT) / (WIDTH - LEFT - RIGHT)) * (last - first);
  return { picture, x, y, first, last, epochAt };
}

const marks = (equilibrium) => (equilibrium ? equilibrium.slice(0, 2) : []);

function drawCurves({ picture, x, y }, curves, colours, equilibrium) {
  curves.forEach((curve, index) => {
    if (!curve) return;
    const colour = colours[index];
    const [xs, ys] = curve;
    const points = xs.map((epoch, i) => `${x(epoch).toFixed(1)},${y(ys[i]).toFixed(1)}`);
    picture.append(svg("polyline", { class: `curve k${colour}`, points: points.join(" ") }));
    if (xs.length < 30) {
      points.map((point) => point.split(",")).forEach(([cx, cy]) => picture.append(svg("circle", { class: `f${colour}`, cx, cy, r: 3 })));
    }
    if (equilibrium) {
      const height = y(equilibrium[index]);
      picture.append(svg("line", { class: `mark k${colour}`, x1: LEFT, x2: WIDTH - RIGHT, y1: height, y2: height }));
    }
  });
}

function drawBands({ picture, x, y }, curves) {
  const [epoch, ...later] = curves[0][0];
  const xs = later.length ? curves[0][0] : [epoch - 0.5, epoch + 0.5];
  const at = (digit, i) => curves[digit][1][Math.min(i, curves[digit][1].length - 1)] ?? 0;
  let floor = xs.map(() => 0);
  curves.forEach((_, digit) => {
    const top = floor.map((value, i) => value + at(digit, i));
    const corner = (value, i) => `${x(xs[i]).toFixed(1)},${y(value).toFixed(1)}`;
    const points = [...top.map(corner), ...floor.map(corner).reverse()].join(" ");
    const end = xs.length - 1, height = y(floor[end]) - y(top[end]);
    picture.append(svg("polygon", { class: `band f${digit}`, points }));
    if (height > 10) {
      picture.append(svg("text", { class: "band-name", x: x(xs[end]) - 14, y: y(floor[end]) - height / 2 + 5 }, String(digit)));
    }
    floor = top;
  });
}

// The last value up to an epoch.
function at([xs, ys], epoch) {
  let found = 0;
  while (found + 1 < xs.length && xs[found + 1] <= epoch) found++;
  return ys[found];
}

function readings(panel, curves, epoch) {
  if (panel.is_stacked) {
    return curves.map((curve, digit) => make("span", { textContent: `${digit}: ${Math.round(100 * at(curve, epoch))} %` }));
  }
  return curves.flatMap((curve, index) => curve ? [make("span", { className: `key k${panel.colours[index]}`, textContent: `${panel.names[index]} ${brief(at(curve, epoch))}` })] : []);
}

function describe(panel, curves) {
  const ranges = curves.map((curve, index) => curve && `${panel.names[index]} from ${brief(curve[1][0])} to ${brief(curve[1].at(-1))}`);
  return `${panel.title}: ${ranges.filter(Boolean).join(", ")}.`;
}
