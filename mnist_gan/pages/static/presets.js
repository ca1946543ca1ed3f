// The settings of the game with their choices, and presets with what to look for. It uses no document.

const RATES = [1e-5, 3e-5, 1e-4, 2e-4, 3e-4, 1e-3, 2e-3, 4e-3, 1e-2, 3e-2, 1e-1].map((rate) => [rate, String(rate)]);
const numbered = (...values) => values.map((value) => [value, String(value)]);
const named = (worlds) => Object.entries(worlds).map(([value, { name }]) => [value, name]);

// Each setting: its label, its choices as [value, text], and whether a change starts a new game.
const SETTINGS = {
  game: { label: "Game", isNew: true, choices: [["line", "on the line"], ["plane", "on the plane"]] },
  target: { label: "Real samples", choices: [...named(SHAPES), ["drawn", "drawn by you"], ...named(PLANES)] },
  sees: { label: "D sees", isNew: true, only: "line", choices: [["points", "single numbers"], ["sorted", `sets of ${SETS.size}, sorted`], ["unsorted", `sets of ${SETS.size}, not sorted`]] },
  objective: { label: "Losses", choices: [["non_saturating", "non-saturating"], ["minimax", "minimax"], ["relativistic", "relativistic"]] },
  label: { label: "Label of real samples", choices: numbered(1, 0.9) },
  penalty: { label: "Penalty on D's input gradients", choices: [[0, "none"], ...numbered(0.01, 0.03, 0.1, 0.3, 1, 3)] },
  discriminatorUpdates: { label: "Updates of D in a round", choices: numbered(1, 2, 5, 10, 20) },
  generatorUpdates: { label: "Updates of G in a round", choices: numbered(1, 2, 5, 10, 20) },
  discriminatorRate: { label: "Learning rate of D", choices: RATES },
  generatorRate: { label: "Learning rate of G", choices: RATES },
  betas: { label: "Adam's betas", isNew: true, choices: ["0 0.99", "0.5 0.999", "0.9 0.999"].map((pair) => [pair, pair.replace(" ", " and ")]) },
  hidden: { label: "Hidden layers of G and of D", isNew: true, choices: [["tanh tanh tanh tanh", "tanh"], ["elu elu elu elu", "elu"]] },
  sets: { label: "Sets in a batch", isNew: true, only: "line", choices: numbered(1, 8, 32) },
  seed: { label: "Seed", isNew: true, choices: numbered(...Array(10).keys()) },
  speed: { label: "Speed", choices: [[1, "1 round a second"], [10, "10 rounds a second"], [60, "60 rounds a second"], [0, "as fast as it goes"]] },
};

const DEFAULTS = {
  game: "line", target: "normal", sees: "points", objective: "non_saturating", label: 1, penalty: 0.1, discriminatorUpdates: 1, generatorUpdates: 1,
  discriminatorRate: 1e-2, generatorRate: 2e-3, betas: "0 0.99", hidden: "tanh tanh tanh tanh", sets: 32, seed: 0, speed: 60,
};
const D_STRONG = { target: "modes", penalty: 0, discriminatorUpdates: 20, generatorRate: 1e-4 };
const OF_SETS = { sees: "sorted", objective: "relativistic", penalty: 1, discriminatorRate: 4e-3, generatorRate: 4e-3, hidden: "elu elu elu elu" };
const ON_PLANE = { game: "plane", target: "ring" };
const MENDED = { ...ON_PLANE, objective: "relativistic", penalty: 0.03, generatorRate: 4e-3 };

const PRESETS = [
  { name: "A fair game", look: "G begins as a spike. D (green) learns where it lies and comes near the best D (dashed); G moves to where D is high. At the end both densities lie on each other, D is 1/2 everywhere, and both losses are at their dashed lines." },
  { name: "The two run in circles", settings: { penalty: 0, discriminatorRate: 4e-3, generatorRate: 4e-3, betas: "0.9 0.999" }, look: "G overshoots, D turns, G comes back: without a penalty and with Adam's momentum of 0.9 the losses swing about their dashed lines, and the Jensen-Shannon divergence falls and rises again. A game has no loss that only falls." },
  { name: "D too strong, minimax", settings: { ...D_STRONG, objective: "minimax" }, look: "D has 20 updates for one of G, and soon answers nearly 0 on every generated sample. There log(1 - D) is flat: look how short G's gradient is. Then take the non-saturating losses while it plays." },
  { name: "D too strong, non-saturating", settings: D_STRONG, look: "The same D, but -log D is steep where D is near 0: G's gradient is many times longer than with minimax, although D is as sure." },
  { name: "G too strong", settings: { discriminatorRate: 1e-4, generatorRate: 3e-2, penalty: 0 }, look: "D hardly changes, so G sends all noise to the one place where D is highest: the arrows meet in a point. When D has at last turned there, G jumps to another place." },
  { name: "Two bells", settings: { target: "modes", penalty: 0.03 }, look: "First G covers both bells with one hump. Later the arrows part: some of the noise goes to either side. How much to which side swings for long, and a few samples stay between the bells, because a smooth map of connected noise is connected." },
  { name: "Labels of 0.9", settings: { label: 0.9 }, look: "D's best answer to real samples is now 0.9, and where both densities agree it is 0.45. The dashed lines of both losses move, and are still reached." },
  { name: "Sets, sorted", settings: OF_SETS, look: "D sees 20 numbers at once, sorted: a list of quantiles. So it sees the shape. (D has no curve here: it answers for sets, not for numbers.)" },
  { name: "Sets, not sorted", settings: { ...OF_SETS, sees: "unsorted", target: "modes" }, look: "Mean and width become right and the shape does not: in no order a set shows D little more than its sums. Compare with the sorted sets." },
  { name: "A ring that collapses", settings: { ...ON_PLANE, penalty: 0, generatorRate: 4e-3, discriminatorRate: 3e-4, betas: "0.5 0.999" }, look: "There are eight spots. G learns much faster than D: it gathers its samples in a heap where D (green) is high, D slowly learns to refuse that place, and the whole heap moves on, to one or two other spots or for a while to none. This is mode collapse: each sample may look real, together they are not the data. After a thousand rounds it begins to spread, with the seed 2 earlier." },
  { name: "The ring, mended", settings: MENDED, look: "The same ring with relativistic losses and a penalty: G spreads over the ring and keeps what it has." },
  { name: "A grid of nine spots", settings: { ...MENDED, target: "grid" }, look: "The spots are found one after the other. Threads of samples between them remain, because a smooth map of connected noise is connected." },
  { name: "Two moons", settings: { ...MENDED, target: "moons" }, look: "Two curves, each to be covered along its whole length." },
];
