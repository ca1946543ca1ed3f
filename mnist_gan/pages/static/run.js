// The page of one run: time, curves, one digit, playground.

const COUNT = 100, COLUMNS = 10, CELL = 30, GAP = 2;
const frames = data.frames;
let frame = Math.max(frames.length - 1, 0); // the shown one, by its place among the frames
let chosen = { index: 0, sheet: null }; // the digit that is looked at, and on which sheet
let moveCursors = () => {};

// ---- time

class Sheet {
  constructor(figure) {
    this.canvas = canvas(302, "", "ink");
    this.caption = make("figcaption");
    this.buttons = [...Array(COUNT).keys()].map((index) => this.makeCell(index));
    const cells = make("div", { className: "cells" });
    cells.setAttribute("role", "grid");
    cells.setAttribute("aria-label", "digits");
    for (let row = 0; row < COUNT / COLUMNS; row++) {
      const line = make("div", {}, ...this.buttons.slice(row * COLUMNS, (row + 1) * COLUMNS));
      line.setAttribute("role", "row");
      cells.append(line);
    }
    cells.addEventListener("keydown", (event) => this.moveFocus(event));
    figure.append(make("div", { className: "sheet" }, this.canvas, cells), this.caption);
  }

  makeCell(index) {
    const button = make("button", { tabIndex: index ? -1 : 0 });
    button.setAttribute("role", "gridcell");
    button.addEventListener("click", () => choose(index, this));
    return button;
  }

  moveFocus(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };
    const index = this.buttons.indexOf(document.activeElement) + moves[event.key];
    if (!(index >= 0 && index < COUNT)) return;
    event.preventDefault();
    this.buttons.forEach((button, i) => { button.tabIndex = i === index ? 0 : -1; });
    this.buttons[index].focus();
  }

  async show(shown) {
    this.frame = shown;
    this.caption.textContent = `epoch ${shown.epoch}`;
    this.canvas.setAttribute("aria-label", `grid of digits after epoch ${shown.epoch}`);
    this.buttons.forEach((button, index) => {
      const digit = shown.cells?.digits?.[index];
      button.setAttribute("aria-label", `digit ${index}` + (digit === undefined ? "" : `, looks like a ${digit}`));
      button.setAttribute("aria-selected", String(this === chosen.sheet && index === chosen.index));
    });
    const picture = await pictureOf(shown.grid);
    if (this.frame === shown) this.canvas.getContext("2d").drawImage(picture, 0, 0);
  }
}

const pictures = new Map();

async function pictureOf(address) {
  if (!pictures.has(address)) {
    const picture = make("img", { src: address });
    pictures.set(address, picture.decode().then(() => picture));
  }
  return pictures.get(address);
}

let sheet, other;

function showFrame(index) {
  frame = Math.min(Math.max(index, 0), frames.length - 1);
  byId("epoch").value = frame;
  byId("place").textContent = `epoch ${frames[frame].epoch} of ${data.epochs}`;
  byId("epoch").setAttribute("aria-valuetext", `epoch ${frames[frame].epoch}`);
  moveCursors(frames[frame].epoch);
  sheet.show(frames[frame]);
  showDigit();
}

function nearestFrame(epoch) {
  const distances = frames.map((shown) => Math.abs(shown.epoch - epoch));
  return distances.indexOf(Math.min(...distances));
}

let player = null;

function play() {
  if (player) {
    clearInterval(player);
    player = null;
  } else {
    if (frame === frames.length - 1) showFrame(0);
    player = setInterval(() => {
      showFrame(frame + 1);
      if (frame === frames.length - 1) play();
    }, 400);
  }
  byId("play").textContent = player ? "Pause" : "Play";
}

function startTime() {
  byId("no-grids").hidden = frames.length > 0;
  byId("with-grids").hidden = !frames.length;
  if (!frames.length) return;
  [sheet, other] = [new Sheet(byId("sheet")), new Sheet(byId("other"))];
  chosen.sheet = sheet;
  const slider = byId("epoch");
  slider.max = frames.length - 1;
  slider.addEventListener("input", () => showFrame(Number(slider.value)));
  byId("play").hidden = still || frames.length < 2;
  byId("play").addEventListener("click", play);
  startBeside();
  document.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, .cells")) return;
    event.preventDefault();
    showFrame(frame + step);
  });
  showFrame(frame);
}

function startBeside() {
  const button = byId("beside"), second = byId("other");
  const slider = make("input", { type: "range", min: 0, max: frames.length - 1, step: 1, value: 0 });
  slider.setAttribute("aria-label", "Epoch of the second grid");
  slider.addEventListener("input", () => showOther(Number(slider.value)));
  second.append(slider);
  button.hidden = frames.length < 2;
  button.addEventListener("click", () => {
    second.hidden = !second.hidden;
    button.setAttribute("aria-pressed", String(!second.hidden));
    byId("columns").classList.toggle("wide", !second.hidden);
    if (second.hidden) chosen.sheet = sheet;
    else showOther(Number(slider.value));
    showFrame(frame);
  });
  function showOther(index) {
    slider.setAttribute("aria-valuetext", `epoch ${frames[index].epoch}`);
    other.show(frames[index]);
    if (chosen.sheet === other) showDigit();
  }
}

// ---- one digit

function choose(index, from) {
  chosen = { index, sheet: from };
  for (const each of [sheet, other]) {
    each.buttons.forEach((button, i) => {
      button.setAttribute("aria-selected", String(each === from && i === index));
      if (each === from) button.tabIndex = i === index ? 0 : -1;
    });
  }
  showDigit();
}

// Copy a digit of a sheet of pictures, by its row and column, onto a 28x28 canvas.
function copyDigit(target, address, row, column) {
  return pictureOf(address).then((picture) => {
    target.getContext("2d").drawImage(picture, GAP + column * CELL, GAP + row * CELL, SIDE, SIDE, 0, 0, SIDE, SIDE);
  });
}

function showDigit() {
  const { index, sheet: { frame: shown } } = chosen, { cells } = shown;
  const row = Math.floor(index / COLUMNS), column = index % COLUMNS;
  const picture = canvas(SIDE, `digit ${index} after epoch ${shown.epoch}, enlarged`, "ink");
  picture.id = "enlarged";
  copyDigit(picture, shown.grid, row, column);
  const facts = [["Digit", `${index} of seed ${data.seed}`], ["Epoch", shown.epoch]];
  if (cells) facts.push(["D's score", `${cells.scores[index].toFixed(2)} (0: fake, 1: real)`]);
  if (cells?.digits && cells.confidence) facts.push(["Judge", `${cells.digits[index]}, ${percent(cells.confidence[index])} sure`]);
  const details = make("div", {}, make("h3", { textContent: "One digit" }), listOf(facts));
  if (shown.nearest) details.append(...nearestOf(shown, index, row, column));
  if (shown.command) details.append(...commandFor(shown, index));
  if (data.playground) {
    const take = make("button", { id: "take", textContent: "Play with it" });
    take.addEventListener("click", () => { setLatent(latentOf(index)); byId("playground").scrollIntoView(); });
    details.append(take);
  }
  byId("digit").replaceChildren(picture, details);
}

const percent = (share) => `${(100 * share).toFixed(0)} %`;

function listOf(pairs) {
  return make("dl", {}, ...pairs.flatMap(([term, text]) => [make("dt", { textContent: term }), make("dd", { textContent: text })]));
}

function nearestOf(shown, index, row, column) {
  const { nearest, distances } = shown.cells;
  const items = nearest[index].map((place, k) => {
    const label = `training image ${place}, ${distances[index][k]} grey levels away`;
    const picture = canvas(SIDE, label);
    copyDigit(picture, shown.nearest, row, column * nearest[index].length + k);
    return make("li", {}, picture, make("span", { className: "soft", textContent: distances[index][k] }));
  });
  return [
    make("p", { className: "soft", textContent: "Nearest training images, and how many grey levels of 255 away (root mean square)" }),
    make("ul", { className: "strip" }, ...items),
  ];
}

function commandFor(shown, index) {
  const command = make("code", { id: "command", textContent: `${shown.command} --start ${index} --count 1 --output digit.png` });
  const button = make("button", { textContent: "Copy" });
  offerCopy(button, command);
  return [make("p", { className: "soft", textContent: "To draw it again" }), make("div", { className: "row" }, command, button)];
}

// ---- playground

let draw, judge, directions, latentOf, setLatent;

function startPlayground({ latentSize, latents, directions: encoded, ...weights }) {
  byId("playground").hidden = false;
  [draw, judge] = [openGenerator(weights), openJudge(weights.judge)];
  const rows = (numbers) => (k) => numbers.slice(k * latentSize, (k + 1) * latentSize);
  latentOf = rows(floatsOf(latents));
  const flat = floatsOf(encoded);
  directions = [...Array(flat.length / latentSize).keys()].map(rows(flat));
  const current = startStage();
  startStrip(latentSize);
  startSlots(current);
}

// The large digit and the sliders that move it; returns the function that gives its latent.
function startStage() {
  let base = latentOf(0);
  const sliders = directions.map((_, k) => {
    const slider = make("input", { type: "range", min: -4, max: 4, step: 0.1, value: 0, id: `direction-${k}` });
    slider.addEventListener("input", show);
    byId("sliders").append(make("label", { textContent: `direction ${k + 1}` }, slider));
    return slider;
  });
  const current = () => base.map((value, i) => directions.reduce((sum, way, k) => sum + Number(sliders[k].value) * way[i], value));
  function show() {
    const image = draw(current()), { digit, confidence } = judge(image);
    paint(byId("stage"), image);
    byId("judged").textContent = `looks like a ${digit}, ${percent(confidence)} sure`;
  }
  setLatent = (latent) => {
    base = latent;
    sliders.forEach((slider) => { slider.value = 0; });
    show();
  };
  byId("centre").addEventListener("click", () => setLatent(base));
  show();
  return current;
}

const SHOWN = 12, MOST_TRIES = 3000, AT_ONCE = 10;

// New digits in a row, of one class if one is wanted.
function startStrip(latentSize) {
  const wanted = byId("wanted"), strip = byId("strip"), button = byId("new");
  for (let digit = 0; digit < 10; digit++) wanted.append(make("option", { value: digit, textContent: `a ${digit}` }));
  async function fill() {
    button.disabled = true;
    byId("found").textContent = "";
    strip.replaceChildren();
    let tries = 0;
    while (strip.children.length < SHOWN && tries < MOST_TRIES) {
      for (let i = 0; i < AT_ONCE && strip.children.length < SHOWN; i++, tries++) {
        const latent = randomLatent(latentSize), image = draw(latent);
        if (wanted.value) {
          const { digit, confidence } = judge(image);
          if (digit !== Number(wanted.value) || confidence < 0.9) continue;
        }
        strip.append(make("li", {}, digitButton(latent, image)));
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
    if (wanted.value) byId("found").textContent = `${strip.children.length} in ${tries} tries`;
    button.disabled = false;
  }
  button.addEventListener("click", fill);
  wanted.addEventListener("change", fill);
  fill();
}

function digitButton(latent, image) {
  const picture = canvas(SIDE, "play with this digit");
  paint(picture, image);
  const button = make("button", {}, picture);
  button.addEventListener("click", () => setLatent(latent));
  return button;
}

// Three digits that are kept: a walk leads from A to B, and A - B + C is one more.
function startSlots(current) {
  const kept = [0, 1, 2].map(latentOf);
  ["A", "B", "C"].forEach((name, k) => {
    const picture = canvas(SIDE, `digit ${name}`);
    const button = make("button", { textContent: `Keep as ${name}`, id: `keep-${name}` });
    const keep = (latent) => { kept[k] = latent; paint(picture, draw(latent)); };
    button.addEventListener("click", () => keep(current()));
    byId("slots").append(make("div", {}, picture, button));
    keep(kept[k]);
  });
  const walk = byId("walk"), stroll = byId("stroll");
  const go = () => setLatent(arc(kept[0], kept[1], Number(walk.value)));
  walk.addEventListener("input", go);
  stroll.hidden = still;
  stroll.addEventListener("click", () => {
    walk.value = 0;
    const step = () => {
      walk.value = Number(walk.value) + 0.02;
      go();
      if (Number(walk.value) < 1) setTimeout(step, 40);
    };
    step();
  });
  byId("add").addEventListener("click", () => setLatent(kept[0].map((value, i) => value - kept[1][i] + kept[2][i])));
}

// ---- begin

byId("no-curves").hidden = Object.keys(data.curves).length > 0;
moveCursors = drawCharts(byId("charts"), data.curves, data.equilibrium, frames.length ? (epoch) => showFrame(nearestFrame(epoch)) : null);
if (data.playground) startPlayground(data.playground);
startTime();
if (!frames.length) moveCursors(data.epochs);
offerCopy(byId("copy-repeat"), byId("repeat"));
