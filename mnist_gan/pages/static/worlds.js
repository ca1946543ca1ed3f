// What the game is played on: noise, targets on the line and on the plane, and what is measured. It uses no document.

const BINS = 120, COLUMNS = 16; // of a density on the line; of a drawn one
const MAP = 240, CLOUD = 300; // generated samples that are shown, on the line and on the plane
const BOUND = Math.sqrt(3); // uniform noise between -BOUND and BOUND has standard deviation 1
const SETS = { size: 20, units: 32 }, POINTS = { units: 24, batch: 128 };

// Random numbers in [0, 1) that a seed repeats (Mulberry32).
function newRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const normalFrom = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const bell = (x, mean, std) => Math.exp(-0.5 * ((x - mean) / std) ** 2) / std;

// Densities on the line from -4 to 4, up to a factor.
const SHAPES = {
  normal: { name: "one bell", at: (x) => bell(x, 0, 1) },
  modes: { name: "two bells", at: (x) => bell(x, -1.8, 0.5) + bell(x, 1.8, 0.5) },
  uniform: { name: "a box", at: (x) => Number(Math.abs(x) <= BOUND) },
  exponential: { name: "an edge and a tail", at: (x) => (x < -1 ? 0 : Math.exp(-x - 1)) },
};

// Returns a target on the line: the share of real samples in each of BINS bins, and how to draw them.
function lineTarget(low, high, heights) {
  const total = heights.reduce((sum, height) => sum + height, 0), width = (high - low) / BINS;
  const shares = Float64Array.from(heights, (height) => (total ? height / total : 1 / BINS));
  let sum = 0;
  const below = shares.map((share) => (sum += share));
  function draw(random, count) {
    return Float64Array.from({ length: count }, () => {
      const wanted = random() * sum;
      let [first, last] = [0, BINS - 1];
      while (first < last) {
        const middle = (first + last) >> 1;
        if (below[middle] > wanted) last = middle; else first = middle + 1;
      }
      return low + (first + random()) * width;
    });
  }
  return { low, high, width, shares, draw };
}

const centreOf = (target, bin) => target.low + (bin + 0.5) * target.width;

// Returns a drawn density: columns of heights, joined by straight lines.
function drawnHeights(columns) {
  return Array.from({ length: BINS }, (_, bin) => {
    const place = ((bin + 0.5) / BINS) * COLUMNS - 0.5, left = Math.min(Math.max(Math.floor(place), 0), COLUMNS - 1);
    const right = Math.min(left + 1, COLUMNS - 1), share = Math.min(Math.max(place - left, 0), 1);
    return (1 - share) * columns[left] + share * columns[right];
  });
}

function lineTargetOf({ target, drawn }, own) {
  if (target === "run") return lineTarget(own.low, own.high, own.heights);
  if (target === "drawn") return lineTarget(-4, 4, drawnHeights(drawn));
  return lineTarget(-4, 4, Array.from({ length: BINS }, (_, bin) => SHAPES[target].at(-4 + ((bin + 0.5) * 8) / BINS)));
}

// Targets on the plane: modes, each with its place on a curve and a distance from it.
const spots = (name, centres, std) => ({
  name, noun: "spots", modes: centres.length, shown: 3 * std, marks: centres,
  draw: (random) => centres[Math.floor(random() * centres.length)].map((centre) => centre + std * normalFrom(random)),
  modeOf: (x, y) => centres.findIndex(([cx, cy]) => Math.hypot(x - cx, y - cy) < 3 * std),
});
const MOON_CENTRES = [[-0.65, -0.35], [0.65, 0.35]];
const PLANES = {
  ring: spots("a ring of eight spots", Array.from({ length: 8 }, (_, k) => [1.6 * Math.cos((k * Math.PI) / 4), 1.6 * Math.sin((k * Math.PI) / 4)]), 0.09),
  grid: spots("a grid of nine spots", Array.from({ length: 9 }, (_, k) => [1.5 * ((k % 3) - 1), 1.5 * (Math.floor(k / 3) - 1)]), 0.12),
  moons: {
    name: "two moons", noun: "moons", modes: 2, marks: [],
    draw(random) {
      const moon = random() < 0.5 ? 0 : 1, turn = Math.PI * random(), sign = moon ? -1 : 1;
      return [0, 1].map((axis) => MOON_CENTRES[moon][axis] + 1.3 * sign * (axis ? Math.sin(turn) : Math.cos(turn)) + 0.08 * normalFrom(random));
    },
    modeOf(x, y) {
      return MOON_CENTRES.findIndex(([cx, cy], moon) => {
        const sign = moon ? -1 : 1;
        return Math.abs(Math.hypot(x - cx, y - cy) - 1.3) < 0.3 && sign * (y - cy) > -0.2;
      });
    },
  },
};

function planeTargetOf({ target }) {
  const plane = PLANES[target];
  function draw(random, count) {
    const points = new Float64Array(2 * count);
    for (let i = 0; i < count; i++) points.set(plane.draw(random), 2 * i);
    return points;
  }
  return { ...plane, draw };
}

// Starts a game: two new networks, a target, no history. `own` is the target of a run, if the page has one.
function newGame(settings, own) {
  const random = newRandom(settings.seed * 7919 + 1), isPlane = settings.game === "plane", isSet = !isPlane && settings.sees !== "points";
  const width = isPlane ? 2 : 1, units = isSet ? SETS.units : POINTS.units * width;
  const hidden = settings.hidden.split(" "), root = units ** -0.5;
  const generator = newNetwork([width, units, units, width], hidden.slice(0, 2), [1, root, root], random);
  const seen = isSet ? 2 * SETS.size : width;
  const discriminator = newNetwork([seen, units, units, 1], hidden.slice(2), isSet ? [seen ** -0.5, root, root] : [2, 2 * root, 2 * root], random);
  const betas = settings.betas.split(" ").map(Number);
  return {
    settings, random, isPlane, isSet, generator, discriminator, width,
    view: isSet ? setView(SETS.size, settings.sees === "sorted") : pointView(width),
    target: isPlane ? planeTargetOf(settings) : lineTargetOf(settings, own),
    count: isSet ? settings.sets * SETS.size : POINTS.batch,
    generatorAdam: newAdam(generator, betas), discriminatorAdam: newAdam(discriminator, betas),
    cloud: noiseOf({ isSet, width }, newRandom(4), CLOUD), last: {}, done: 0,
  };
}

// Noise: between -BOUND and BOUND, or between 0 and 1 where D sees sets, as in the Python lab.
function noiseOf({ isSet, width }, random, count) {
  return Float64Array.from({ length: count * width }, () => (isSet ? random() : BOUND * (2 * random() - 1)));
}

function trainDiscriminator(game) {
  const { target, random, count } = game;
  game.last.discriminator = discriminatorUpdate(game, target.draw(random, count), noiseOf(game, random, count));
}

function trainGenerator(game) {
  const { target, random, count } = game;
  game.last.generator = generatorUpdate(game, target.draw(random, count), noiseOf(game, random, count));
}

// Makes the next update of a round, D's before G's; returns whether that was the last one.
function trainNext(game) {
  const { discriminatorUpdates, generatorUpdates } = game.settings;
  if (game.done < discriminatorUpdates) trainDiscriminator(game); else trainGenerator(game);
  const isLast = ++game.done >= discriminatorUpdates + generatorUpdates;
  if (isLast) game.done = 0;
  return isLast;
}

function trainBoth(game) {
  while (!trainNext(game));
}

const isBroken = ({ last }) => ![last.discriminator, last.generator].every((update) => !update || Number.isFinite(update.loss + update.gradient));

// The shares of D's answers: what it says of real and of generated samples, on average.
function answersOf({ last }) {
  if (!last.discriminator) return [NaN, NaN];
  const { logits } = last.discriminator, half = logits.length / 2;
  const mean = (part) => part.reduce((sum, logit) => sum + sigmoid(logit), 0) / half;
  return [mean(logits.subarray(0, half)), mean(logits.subarray(half))];
}

// G's density on the line: the noise is cut into equal pieces, and each lies evenly between the images of its ends.
function generatedShares(target, xs) {
  const shares = new Float64Array(BINS), piece = 1 / (xs.length - 1), { low, width } = target;
  let outside = 0;
  for (let i = 0; i + 1 < xs.length; i++) {
    const from = (Math.min(xs[i], xs[i + 1]) - low) / width, to = (Math.max(xs[i], xs[i + 1]) - low) / width;
    const long = Math.max(to - from, 1e-9);
    let inside = 0;
    for (let bin = Math.max(Math.floor(from), 0); bin < Math.min(to, BINS); bin++) {
      const share = (Math.min(bin + 1, from + long) - Math.max(bin, from)) / long;
      if (share <= 0) continue;
      shares[bin] += piece * share;
      inside += share;
    }
    outside += piece * (1 - inside);
  }
  return { shares, outside: Math.max(outside, 0) };
}

// The Jensen-Shannon divergence in nats of two lists of shares.
function jensenShannon(p, q, outside) {
  const part = (a, b) => (a ? a * Math.log((2 * a) / (a + b)) : 0);
  return p.reduce((sum, share, bin) => sum + (part(share, q[bin]) + part(q[bin], share)) / 2, (outside * Math.LN2) / 2);
}

// Equally spaced noise, its samples, and G's gradient by each of them: D sends it the other way.
function measureArrows(game, first, last) {
  const count = game.isSet ? SETS.size : 24, noise = Float64Array.from({ length: count }, (_, i) => first + ((i + 0.5) / count) * (last - first));
  const xs = forward(game.generator, noise, count).at(-1);
  return { xs, pushes: generatorGradient(game, game.target.draw(newRandom(9), count), xs).bySamples };
}

// Whether one answer of D is best at each number: not for sets, and not where only differences of logits count.
const hasBest = ({ game, sees, objective }) => game === "line" && sees === "points" && objective !== "relativistic";

// The best answer of D in each bin: where real samples have the label 0.9 it is never above 0.9.
function bestAnswers({ settings, target }, shares) {
  if (!hasBest(settings)) return null;
  return target.shares.map((p, bin) => (p + shares[bin] > 1e-5 ? (settings.label * p) / (p + shares[bin]) : NaN));
}

// All that is drawn of a game on the line.
function measureLine(game) {
  const { generator, discriminator, target, isSet } = game, [first, last] = isSet ? [0, 1] : [-BOUND, BOUND];
  const noise = Float64Array.from({ length: MAP + 1 }, (_, i) => first + ((last - first) * i) / MAP);
  const xs = forward(generator, noise, MAP + 1).at(-1), { shares, outside } = generatedShares(target, xs);
  const centres = Float64Array.from({ length: BINS }, (_, bin) => centreOf(target, bin));
  const answers = isSet ? null : forward(discriminator, centres, BINS).at(-1).map(sigmoid);
  return { xs, shares, outside, answers, best: bestAnswers(game, shares), arrows: measureArrows(game, first, last), jsd: jensenShannon(target.shares, shares, outside) };
}

// All that is drawn of a game on the plane.
function measurePlane({ generator, target, cloud }) {
  const xs = forward(generator, cloud, CLOUD).at(-1), counts = new Array(target.modes).fill(0);
  for (let i = 0; i < CLOUD; i++) {
    const mode = target.modeOf(xs[2 * i], xs[2 * i + 1]);
    if (mode >= 0) counts[mode]++;
  }
  const found = counts.filter((count) => count >= CLOUD / (3 * target.modes)).length;
  return { xs, found, near: counts.reduce((sum, count) => sum + count, 0) / CLOUD };
}
