// The page of all runs: filter, sort, two of them side by side.

const cards = [...document.querySelectorAll(".card")];
const boxes = [...document.querySelectorAll(".tick")];

function filter() {
  const wanted = byId("filter").value.trim().toLowerCase();
  cards.forEach((card) => { card.hidden = !card.textContent.toLowerCase().includes(wanted); });
  const shown = cards.filter((card) => !card.hidden).length;
  byId("count").textContent = wanted ? (shown ? `${shown} of ${cards.length}` : "no run matches") : "";
}

const ORDERS = {
  number: (a, b) => b.dataset.number - a.dataset.number,
  name: (a, b) => a.dataset.name.slice(5).localeCompare(b.dataset.name.slice(5)) || b.dataset.number - a.dataset.number,
  epochs: (a, b) => b.dataset.epochs - a.dataset.epochs,
  distance: (a, b) => (a.dataset.distance || Infinity) - (b.dataset.distance || Infinity) || 0,
};

function sort() {
  byId("cards").append(...cards.toSorted(ORDERS[byId("sort").value]));
}

// At most two runs are ticked: a third replaces the first.
let ticked = [];

function tick(box) {
  ticked = ticked.filter((other) => other !== box);
  if (box.checked) ticked.push(box);
  if (ticked.length > 2) ticked.shift().checked = false;
  byId("compare").hidden = ticked.length < 2;
  byId("hint").textContent = ["Tick two runs to see them side by side.", "Tick one more.", "Untick one to close the comparison."][ticked.length];
  if (ticked.length === 2) compare(...ticked.map((each) => Number(each.value)));
}

function compare(...places) {
  const runs = places.map((place) => data.runs[place]);
  byId("pair").replaceChildren(column(places[0], runs[1]), column(places[1], runs[0]));
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.settings)))];
  const differing = names.filter((name) => runs[0].settings[name] !== runs[1].settings[name]);
  const line = (tag, texts) => make("tr", {}, ...texts.map((text) => make(tag, { textContent: text ?? "-" })));
  const rows = differing.map((name) => line("td", [name, ...runs.map((run) => run.settings[name])]));
  const table = make("table", {}, make("thead", {}, line("th", ["setting", ...runs.map((run) => run.name)])), make("tbody", {}, ...rows));
  byId("settings").replaceChildren(rows.length ? table : "None.");
  byId("compare-title").focus();
}

function column(place, { curves }) {
  const run = data.runs[place], charts = make("div", { className: "charts" });
  const picture = cards.find((card) => card.id === `run-${place}`).querySelector("img")?.cloneNode();
  if (picture) picture.alt = `last grid of ${run.name}`;
  drawCharts(charts, data.panels, run.curves, run.equilibrium, null, curves)(run.epochs);
  return make("div", {}, make("h3", { textContent: run.name }), ...(picture ? [picture] : []), charts);
}

byId("filter")?.addEventListener("input", filter);
byId("sort")?.addEventListener("change", sort);
boxes.forEach((box) => {
  box.checked = false; // browsers keep ticks when a page is reloaded
  box.addEventListener("change", () => tick(box));
});
