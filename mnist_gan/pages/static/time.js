// The grids over the epochs: slider, keys, play, two side by side.

const COUNT = 100, COLUMNS = 10, CELL = 30, GAP = 2;
const frames = data.frames;
let frame = Math.max(frames.length - 1, 0); // index of the frame that is shown
let chosen = { index: 0, sheet: null }; // the digit whose details are shown, and its sheet
let moveCursors = () => {};

class Sheet {
  constructor(figure) {
    this.canvas = canvas(302, "", "ink");
    this.caption = make("figcaption");
    this.buttons = [...Array(COUNT).keys()].map((index) => this.makeCell(index));
    const cells = make("div", { className: "cells" });
    cells.setAttribute("role", "grid");
    cells.setAttribute("aria-label", `${data.noun}s`);
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
    if (!(event.key in moves)) return;
    event.preventDefault();
    const index = this.buttons.indexOf(document.activeElement) + moves[event.key];
    if (index < 0 || index >= COUNT) return;
    choose(index, this);
    this.buttons[index].focus();
  }

  async show(shown) {
    this.frame = shown;
    this.caption.textContent = `epoch ${shown.epoch}`;
    this.canvas.setAttribute("aria-label", `grid of ${data.noun}s after epoch ${shown.epoch}`);
    this.buttons.forEach((button, index) => {
      const digit = shown.cells?.digits?.[index];
      button.setAttribute("aria-label", `${data.noun} ${index}` + (digit === undefined ? "" : `, looks like a ${digit}`));
      button.setAttribute("aria-selected", String(index === chosen.index));
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
