// The page of the game: controls, frames, the address bar, the drawn target.

const own = data.own; // the target and the settings of a run, or null
const start = { ...DEFAULTS, ...own?.settings };
const presets = own ? [{ name: "This run", settings: own.settings, look: own.look }, ...PRESETS] : PRESETS;
if (own) SETTINGS.target.choices.push(["run", own.name]);
for (const [name, value] of Object.entries(start)) {
  const { choices } = SETTINGS[name];
  if (!choices.some(([known]) => known === value)) choices.push([value, String(value)]);
}

let settings, drawn, game, isPlaying = false, isDrawing = false, due = 0, before = 0, frames = 0, history, found;
const BUDGET = 11; // milliseconds of a frame in which rounds are played
const MOST = 600; // points of a curve
const isLine = (target) => target in SHAPES || target === "drawn" || target === "run";

// The address bar: settings that differ from the start, and the drawn heights as letters of base 36.
function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  settings = { ...start };
  for (const [name, { choices }] of Object.entries(SETTINGS)) {
    const choice = choices.find(([value]) => String(value) === given.get(name));
    if (choice) settings[name] = choice[0];
  }
  const heights = /^[0-9a-z]{16}$/.test(given.get("drawn") ?? "") ? given.get("drawn") : "0000zzz00000zzz0";
  drawn = Array.from(heights, (letter) => parseInt(letter, 36));
  agree();
}

// The target must belong to the game.
function agree() {
  if (isLine(settings.target) !== (settings.game === "line")) settings.target = settings.game === "line" ? (own ? "run" : "normal") : "ring";
}

function writeAddress() {
  const changed = Object.entries(settings).filter(([name, value]) => value !== start[name]);
  if (settings.target === "drawn") changed.push(["drawn", drawn.map((height) => height.toString(36)).join("")]);
  window.history.replaceState(null, "", `#${new URLSearchParams(changed)}`);
}

// Controls.

function buildControls() {
  for (const [name, { label, choices }] of Object.entries(SETTINGS)) {
    const select = make("select", { id: name });
    select.append(...choices.map(([value, text]) => make("option", { value, textContent: text })));
    select.addEventListener("change", () => set({ ...settings, [name]: choices[select.selectedIndex][0] }));
    byId(["speed", "game", "target"].includes(name) ? "chosen" : "switches").append(make("div", { className: "setting" }, make("label", { htmlFor: name, textContent: label }), select));
  }
  presets.forEach(({ name }, place) => byId("preset").append(make("option", { value: place, textContent: name })));
  byId("preset").append(make("option", { value: "", textContent: "your own settings" }));
  byId("preset").addEventListener("change", () => {
    const preset = presets[byId("preset").value];
    if (preset) { set({ ...DEFAULTS, ...preset.settings }); restart(); }
  });
  drawn.forEach((_, k) => {
    const slider = make("input", { type: "range", id: `height-${k}`, min: 0, max: 35, step: 1 });
    slider.addEventListener("input", () => draw(k, Number(slider.value)));
    byId("heights").append(make("div", {}, make("label", { htmlFor: slider.id, textContent: `${-4 + k / 2} to ${-3.5 + k / 2}` }), slider));
  });
}

function showControls() {
  for (const [name, { choices, only }] of Object.entries(SETTINGS)) {
    const select = byId(name);
    select.value = settings[name];
    select.parentElement.hidden = Boolean(only && only !== settings.game);
    if (name === "target") choices.forEach(([value], k) => { select.options[k].hidden = select.options[k].disabled = isLine(value) !== (settings.game === "line"); });
  }
  const place = presets.findIndex((preset) => Object.entries({ ...DEFAULTS, ...preset.settings }).every(([name, value]) => name === "seed" || name === "speed" || settings[name] === value));
  byId("preset").value = place < 0 ? "" : place;
  byId("look").textContent = place < 0 ? "Your own settings: what do you expect to happen? Say it first, then play." : presets[place].look;
  byId("line-only").hidden = settings.game !== "line";
  byId("best").hidden = !hasBest(settings);
  drawn.forEach((height, k) => { byId(`height-${k}`).value = height; });
}

// Take over settings; those that the networks are built from start a new game.
function set(changed) {
  const differing = Object.keys(SETTINGS).filter((name) => changed[name] !== settings[name]);
  settings = changed;
  agree();
  writeAddress();
  showControls();
  if (differing.some((name) => SETTINGS[name].isNew)) return restart();
  game.settings = { ...settings, drawn };
  if (differing.includes("target")) retarget();
  return show();
}

function restart() {
  game = newGame({ ...settings, drawn }, own);
  history = { rounds: [], discriminator: [], generator: [], distance: [], ofDiscriminator: [], ofGenerator: [], real: [], generated: [] };
  [game.round, game.alone, due] = [0, 0, 0];
  show();
  say();
}

// Another target for the same networks.
function retarget() {
  game.settings = { ...settings, drawn };
  game.target = game.isPlane ? planeTargetOf(game.settings) : lineTargetOf(game.settings, own);
  game.shown = null;
}

// Playing.

function play(isOn) {
  isPlaying = isOn;
  byId("play").textContent = isOn ? "Pause" : "Play";
  byId("trouble").textContent = "";
  before = performance.now();
  if (isOn) { requestAnimationFrame(frame); return; }
  show();
  say();
}

function frame(now) {
  if (!isPlaying) return;
  const began = performance.now();
  due = settings.speed ? Math.min(due + ((now - before) / 1000) * settings.speed, settings.speed) : Infinity;
  before = now;
  let updates = 0;
  while (due >= 1 && !isBroken(game) && (!updates || performance.now() - began < BUDGET)) {
    if (trainNext(game)) [game.round, due] = [game.round + 1, due - 1];
    updates++;
  }
  if (settings.speed === 60) due = Math.min(due, 1); // a slow machine plays fewer rounds, not ever later ones
  if (updates) { record(); show(++frames % 4 !== 0); }
  if (isBroken(game)) {
    play(false);
    byId("trouble").textContent = "The numbers have overflowed: a learning rate is too high. Choose a lower one and press Restart.";
    return;
  }
  requestAnimationFrame(frame);
}

function step(train, isRound) {
  play(false);
  train(game);
  if (isRound) game.round++; else game.alone++;
  record();
  show();
  say();
}

// Curves.

function record() {
  const { last } = game, [real, generated] = answersOf(game);
  found = measure();
  const row = {
    rounds: game.round, discriminator: last.discriminator?.loss ?? NaN, generator: last.generator?.loss ?? NaN, distance: game.isPlane ? found.found : found.jsd,
    ofDiscriminator: last.discriminator?.gradient ?? NaN, ofGenerator: last.generator?.gradient ?? NaN, real, generated,
  };
  for (const [name, value] of Object.entries(row)) history[name].push(value);
  if (history.rounds.length <= MOST) return;
  for (const name of Object.keys(history)) history[name] = history[name].filter((_, i) => i % 2 === 0);
}

const measure = () => (game.isPlane ? measurePlane(game) : measureLine(game));

// Draws all; while the game plays, `isQuick` leaves out what is slow to draw and slow to change.
function show(isQuick = false) {
  if (!isQuick) found = measure();
  if (game.isPlane) drawPlane(byId("stage"), game, found); else drawLine(byId("stage"), game, found, settings.target === "run" ? own : { offset: 0, scale: 1 });
  if (isQuick) return;
  showCurves();
  facts();
}

function showCurves() {
  const { rounds } = history, [d, g] = equilibrium(settings);
  drawCurve(byId("losses"), rounds, [[history.discriminator, "discriminator"], [history.generator, "generated"]], { levels: [[d, "discriminator"], [g, "generated"]] });
  drawCurve(byId("distance"), rounds, [[history.distance, "ink"]], game.isPlane ? { low: 0, high: game.target.modes, levels: [[game.target.modes, "soft"]] } : { low: 0, high: 0.1, levels: [[Math.LN2, "soft"]] });
  drawCurve(byId("gradients"), rounds, [[history.ofDiscriminator, "discriminator"], [history.ofGenerator, "generated"]], { isLog: true });
  drawCurve(byId("answers"), rounds, [[history.real, "real"], [history.generated, "generated"]], { low: 0, high: 1, levels: [[settings.objective === "relativistic" ? NaN : settings.label / 2, "soft"]] });
  byId("distance-name").textContent = game.isPlane ? `${capitalised(game.target.noun)} that G reaches; dashed: all` : "Jensen-Shannon divergence; dashed: no overlap";
}

const three = (value) => (Number.isFinite(value) ? value.toFixed(3) : "-");

function facts() {
  const { last } = game, [d, g] = equilibrium(settings), [real, generated] = answersOf(game);
  const rows = [
    ["round", `${game.round}${game.alone ? `, and ${game.alone} of one alone` : ""}`],
    ["loss of D", `${three(last.discriminator?.loss)} (equilibrium ${three(d)})`],
    ["loss of G", `${three(last.generator?.loss)} (equilibrium ${three(g)})`],
    game.isPlane ? [`${game.target.noun} reached`, `${found.found} of ${game.target.modes}; ${percent(found.near)} of the samples lie on one`] : ["Jensen-Shannon", `${three(found.jsd)} (from 0 to ${three(Math.LN2)})`],
    ["D's answers", `${three(real)} to real, ${three(generated)} to generated samples`],
  ];
  byId("facts").replaceChildren(...rows.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]));
}

// What a screen reader hears of the state, when the game stands still.
function say() {
  const text = [...byId("facts").children].map((each) => each.textContent).join(" ");
  byId("status").textContent = isPlaying ? "" : text.replaceAll(/ (loss|Jensen|spots|moons|D's)/g, "; $1");
  byId("stage").setAttribute("aria-label", `The game ${settings.game === "line" ? "on the line" : "on the plane"}. ${byId("status").textContent}`);
}

// The drawn target.

function draw(column, height) {
  drawn[column] = height;
  byId(`height-${column}`).value = height;
  if (settings.target !== "drawn") return set({ ...settings, target: "drawn" });
  retarget();
  writeAddress();
  return isPlaying || show();
}

function drawAt(event) {
  if (!isDrawing || (event.type === "pointermove" && !event.buttons)) return;
  event.preventDefault();
  const box = byId("stage").getBoundingClientRect(), inner = box.width - STAGE.left - STAGE.right, bottom = box.height * (1 - STAGE.arrows);
  const column = Math.floor((COLUMNS * (event.clientX - box.left - STAGE.left)) / inner), share = (bottom - (event.clientY - box.top)) / (bottom - STAGE.top);
  draw(Math.min(Math.max(column, 0), COLUMNS - 1), Math.round(35 * Math.min(Math.max(share, 0), 1)));
}

function toggleDrawing() {
  isDrawing = !isDrawing;
  byId("draw").setAttribute("aria-pressed", isDrawing);
  byId("stage").classList.toggle("drawing", isDrawing);
  byId("draw-hint").hidden = !isDrawing;
}

function startPage() {
  readColours();
  readAddress();
  buildControls();
  showControls();
  restart();
  byId("play").addEventListener("click", () => play(!isPlaying));
  byId("both").addEventListener("click", () => step(trainBoth, true));
  byId("alone-d").addEventListener("click", () => step(trainDiscriminator, false));
  byId("alone-g").addEventListener("click", () => step(trainGenerator, false));
  byId("restart").addEventListener("click", restart);
  byId("draw").addEventListener("click", toggleDrawing);
  for (const name of ["pointerdown", "pointermove"]) byId("stage").addEventListener(name, drawAt);
  window.addEventListener("hashchange", () => { readAddress(); showControls(); restart(); });
  window.addEventListener("resize", () => show());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); show(); });
}

startPage();
