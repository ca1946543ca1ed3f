// The arithmetic of the game: two dense networks, their losses, gradients by hand, Adam. It uses no document.
//
// Arrays are flat Float64Arrays, row after row. A network is { sizes, activations, parameters }; its
// parameters are kernel and bias of each layer, kernels (inputs, units), as in Keras.

const clampedExp = (x) => Math.exp(Math.min(x, 700));
const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : 1 - 1 / (1 + clampedExp(x)));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

// Of each activation: its value, and its first and second derivative from that value.
const HIDDEN = {
  elu: { value: (x) => (x > 0 ? x : Math.exp(x) - 1), slope: (a) => (a > 0 ? 1 : a + 1), bend: (a) => (a > 0 ? 0 : a + 1) },
  tanh: { value: Math.tanh, slope: (a) => 1 - a * a, bend: (a) => -2 * a * (1 - a * a) },
  sigmoid: { value: sigmoid, slope: (a) => a * (1 - a), bend: (a) => a * (1 - a) * (1 - 2 * a) },
};

// Returns a network whose weights and biases are uniform between -bounds[k] and bounds[k] in layer k.
function newNetwork(sizes, activations, bounds, random) {
  const parameters = bounds.flatMap((bound, k) => [sizes[k] * sizes[k + 1], sizes[k + 1]].map((count) => Float64Array.from({ length: count }, () => bound * (2 * random() - 1))));
  return { sizes, activations, parameters };
}

const zerosLike = (arrays) => arrays.map((array) => new Float64Array(array.length));

// x (n, inputs) times a kernel (inputs, units). Here and below four sums are kept at a time: a browser has no
// faster way to multiply matrices.
function product(x, kernel, n, inputs, units) {
  const result = new Float64Array(n * units), whole = units - (units % 4);
  for (let row = 0; row < n; row++) {
    const from = row * inputs, to = row * units;
    for (let j = 0; j < whole; j += 4) {
      let a = 0, b = 0, c = 0, d = 0;
      for (let i = 0, at = j; i < inputs; i++, at += units) {
        const value = x[from + i];
        a += value * kernel[at]; b += value * kernel[at + 1]; c += value * kernel[at + 2]; d += value * kernel[at + 3];
      }
      result[to + j] = a; result[to + j + 1] = b; result[to + j + 2] = c; result[to + j + 3] = d;
    }
    for (let j = whole; j < units; j++) {
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += x[from + i] * kernel[i * units + j];
      result[to + j] = sum;
    }
  }
  return result;
}

// g (n, units) times the transposed kernel.
function transposedProduct(g, kernel, n, inputs, units) {
  const transposed = new Float64Array(kernel.length);
  for (let i = 0, at = 0; i < inputs; i++) for (let j = 0; j < units; j++, at++) transposed[j * inputs + i] = kernel[at];
  return product(g, transposed, n, units, inputs);
}

// Adds to a kernel's gradient the products of x (n, inputs) with g (n, units).
function addProducts(gradient, x, g, n, inputs, units) {
  const whole = units - (units % 4);
  for (let i = 0; i < inputs; i++) {
    const to = i * units;
    for (let j = 0; j < whole; j += 4) {
      let a = 0, b = 0, c = 0, d = 0;
      for (let from = i, at = j; from < n * inputs; from += inputs, at += units) {
        const value = x[from];
        a += value * g[at]; b += value * g[at + 1]; c += value * g[at + 2]; d += value * g[at + 3];
      }
      gradient[to + j] += a; gradient[to + j + 1] += b; gradient[to + j + 2] += c; gradient[to + j + 3] += d;
    }
    for (let j = whole; j < units; j++) {
      let sum = 0;
      for (let row = 0; row < n; row++) sum += x[row * inputs + i] * g[row * units + j];
      gradient[to + j] += sum;
    }
  }
}

function addColumns(gradient, g, n, units) {
  for (let row = 0, at = 0; row < n; row++) for (let j = 0; j < units; j++, at++) gradient[j] += g[at];
}

// Returns the values of all layers, [inputs, hidden ..., outputs], for n inputs.
function forward({ sizes, activations, parameters }, inputs, n) {
  const values = [inputs];
  for (let k = 0; k + 1 < sizes.length; k++) {
    const units = sizes[k + 1], sums = product(values[k], parameters[2 * k], n, sizes[k], units);
    const bias = parameters[2 * k + 1], value = activations[k] && HIDDEN[activations[k]].value;
    for (let row = 0, at = 0; row < n; row++) {
      for (let j = 0; j < units; j++, at++) {
        const sum = sums[at] + bias[j];
        sums[at] = value ? value(sum) : sum;
      }
    }
    values.push(sums);
  }
  return values;
}

// Multiplies g by the slopes of a hidden layer.
function timesSlopes(g, hidden, activation) {
  const { slope } = HIDDEN[activation];
  for (let at = 0; at < g.length; at++) g[at] *= slope(hidden[at]);
  return g;
}

// Returns the gradient by the inputs from that by the outputs; adds those by the parameters to `gradients`, if given.
// `sums` receives the gradient by the sums of each layer, if given.
function backward({ sizes, activations, parameters }, values, outputs, n, gradients, sums = []) {
  let g = outputs;
  for (let k = sizes.length - 2; k >= 0; k--) {
    const [inputs, units] = [sizes[k], sizes[k + 1]];
    sums[k] = g;
    if (gradients) {
      addProducts(gradients[2 * k], values[k], g, n, inputs, units);
      addColumns(gradients[2 * k + 1], g, n, units);
    }
    g = transposedProduct(g, parameters[2 * k], n, inputs, units);
    if (k) timesSlopes(g, values[k], activations[k - 1]);
  }
  return g;
}

// What D sees. A view turns samples (n, width) into inputs of the network, and carries gradients back.
// `pointView`: each sample by itself. `setView`: sets of numbers, and their squared deviations from the set's mean.
const pointView = (width) => ({
  width,
  see: (samples) => ({ inputs: samples }),
  back: (_, gradient) => gradient,
  along: (_, direction) => direction,
});

function setView(size, isSorted) {
  const mean = (array, from) => array.subarray(from, from + size).reduce((sum, value) => sum + value, 0) / size;
  function see(samples) {
    const n = samples.length / size, inputs = new Float64Array(2 * samples.length), orders = [];
    for (let row = 0; row < n; row++) {
      const order = Uint32Array.from({ length: size }, (_, i) => row * size + i);
      if (isSorted) order.sort((a, b) => samples[a] - samples[b]);
      orders.push(order);
      const centre = mean(samples, row * size);
      order.forEach((from, i) => {
        inputs[2 * row * size + i] = samples[from];
        inputs[(2 * row + 1) * size + i] = (samples[from] - centre) ** 2;
      });
    }
    const deviations = samples.map((value, at) => value - mean(samples, at - (at % size)));
    return { inputs, orders, deviations };
  }
  function back({ orders, deviations }, gradient) {
    const result = new Float64Array(deviations.length);
    orders.forEach((order, row) => {
      let shared = 0; // each number also moves the mean
      order.forEach((to, i) => {
        const bySquare = 2 * deviations[to] * gradient[(2 * row + 1) * size + i];
        result[to] = gradient[2 * row * size + i] + bySquare;
        shared += bySquare / size;
      });
      order.forEach((to) => { result[to] -= shared; });
    });
    return result;
  }
  function along({ orders, deviations }, direction) {
    const result = new Float64Array(2 * direction.length);
    orders.forEach((order, row) => {
      const centre = mean(direction, row * size);
      order.forEach((from, i) => {
        result[2 * row * size + i] = direction[from];
        result[(2 * row + 1) * size + i] = 2 * deviations[from] * (direction[from] - centre);
      });
    });
    return result;
  }
  return { width: size, see, back, along };
}

// Adds the gradients of weight * (mean over the samples of |gradient of D by a sample|^2), as `r1_r2` in Python.
// The derivative of a squared gradient is that of D along a fixed direction, so a forward pass along
// the direction comes first. Returns the weighted penalty.
function addPenalty(network, view, seen, values, n, weight, gradients) {
  const { sizes, activations, parameters } = network, last = sizes.length - 2, sums = [];
  const ones = new Float64Array(n).fill(1), direction = view.back(seen, backward(network, values, ones, n, null, sums));
  const penalty = (weight / n) * direction.reduce((sum, value) => sum + value * value, 0);
  const tangents = [view.along(seen, direction.map((value) => (2 * weight / n) * value))], inner = [];
  for (let k = 0; k <= last; k++) {
    inner.push(product(tangents[k], parameters[2 * k], n, sizes[k], sizes[k + 1]));
    if (k < last) tangents.push(timesSlopes(inner[k].slice(), values[k + 1], activations[k]));
  }
  let g = new Float64Array(n); // by the sums of the layer
  for (let k = last; k >= 0; k--) {
    const [inputs, units] = [sizes[k], sizes[k + 1]];
    addProducts(gradients[2 * k], tangents[k], sums[k], n, inputs, units);
    addProducts(gradients[2 * k], values[k], g, n, inputs, units);
    addColumns(gradients[2 * k + 1], g, n, units);
    if (!k) break;
    const { slope, bend } = HIDDEN[activations[k - 1]];
    const bySlope = transposedProduct(sums[k], parameters[2 * k], n, inputs, units);
    g = transposedProduct(g, parameters[2 * k], n, inputs, units);
    for (let at = 0; at < g.length; at++) {
      const value = values[k][at];
      g[at] = g[at] * slope(value) + bySlope[at] * bend(value) * inner[k - 1][at];
    }
  }
  return penalty;
}

// The losses, with their gradients by the logits of n real and n generated samples.
// Each pair is the loss of one pair of logits and its gradients by both.
const crossEntropies = ({ label }) => (real, fake) => [
  (softplus(real) - label * real + softplus(fake)) / 2, (sigmoid(real) - label) / 2, sigmoid(fake) / 2,
];
const OBJECTIVES = {
  non_saturating: { discriminator: crossEntropies, generator: () => (_, fake) => [softplus(-fake), 0, sigmoid(fake) - 1] },
  minimax: { discriminator: crossEntropies, generator: () => (_, fake) => [-softplus(fake), 0, -sigmoid(fake)] },
  relativistic: {
    discriminator: () => (real, fake) => [softplus(fake - real), -sigmoid(fake - real), sigmoid(fake - real)],
    generator: () => (real, fake) => [softplus(real - fake), sigmoid(real - fake), -sigmoid(real - fake)],
  },
};

// The losses of D and G where real and generated samples are alike and D answers as well as it can.
function equilibrium({ objective, label }) {
  if (objective === "relativistic") return [Math.LN2, Math.LN2];
  const answer = label / 2, entropy = -answer * Math.log(answer) - (1 - answer) * Math.log(1 - answer);
  return [entropy, objective === "minimax" ? Math.log(1 - answer) : -Math.log(answer)];
}

function lossOf(pair, real, fake) {
  const n = fake.length, byReal = new Float64Array(n), byFake = new Float64Array(n);
  let loss = 0;
  for (let i = 0; i < n; i++) {
    const [value, ofReal, ofFake] = pair(real[i], fake[i]);
    [loss, byReal[i], byFake[i]] = [loss + value / n, ofReal / n, ofFake / n];
  }
  return { loss, byReal, byFake };
}

// Adam as TensorFlow's kernel computes it: Kingma and Ba 2015, with the corrections in the rate.
const newAdam = (network, [beta1, beta2]) => ({ beta1, beta2, count: 0, means: zerosLike(network.parameters), squares: zerosLike(network.parameters) });

function applyAdam(adam, network, gradients, rate) {
  const { beta1, beta2, means, squares } = adam, count = ++adam.count;
  const step = (rate * Math.sqrt(1 - beta2 ** count)) / (1 - beta1 ** count);
  network.parameters.forEach((parameter, k) => {
    const [mean, square, gradient] = [means[k], squares[k], gradients[k]];
    for (let i = 0; i < parameter.length; i++) {
      mean[i] += (1 - beta1) * (gradient[i] - mean[i]);
      square[i] += (1 - beta2) * (gradient[i] * gradient[i] - square[i]);
      parameter[i] -= (step * mean[i]) / (Math.sqrt(square[i]) + 1e-7);
    }
  });
}

const normOf = (arrays) => Math.sqrt(arrays.reduce((sum, array) => sum + array.reduce((part, value) => part + value * value, 0), 0));

// One update of D alone, on real samples and on those that G makes of the noise.
function discriminatorUpdate(game, real, noise) {
  const { generator, discriminator, view, settings } = game, half = real.length / view.width, n = 2 * half;
  const fake = forward(generator, noise, noise.length / generator.sizes[0]).at(-1);
  const samples = new Float64Array(real.length + fake.length);
  samples.set(real);
  samples.set(fake, real.length);
  const seen = view.see(samples), values = forward(discriminator, seen.inputs, n), logits = values.at(-1);
  const pair = OBJECTIVES[settings.objective].discriminator(settings);
  const { loss, byReal, byFake } = lossOf(pair, logits.subarray(0, half), logits.subarray(half));
  const gradients = zerosLike(discriminator.parameters), outputs = new Float64Array(n);
  outputs.set(byReal);
  outputs.set(byFake, half);
  backward(discriminator, values, outputs, n, gradients);
  const penalty = settings.penalty ? addPenalty(discriminator, view, seen, values, n, settings.penalty, gradients) : 0;
  applyAdam(game.discriminatorAdam, discriminator, gradients, settings.discriminatorRate);
  return { loss, penalty, gradient: normOf(gradients), logits };
}

// One update of G alone, through D, which does not change. Only the relativistic loss looks at real samples.
function generatorUpdate(game, real, noise) {
  const { generator, settings } = game, count = noise.length / generator.sizes[0];
  const made = forward(generator, noise, count), pushed = generatorGradient(game, real, made.at(-1));
  const gradients = zerosLike(generator.parameters);
  backward(generator, made, pushed.bySamples, count, gradients);
  applyAdam(game.generatorAdam, generator, gradients, settings.generatorRate);
  return { loss: pushed.loss, gradient: normOf(gradients) };
}

// G's loss for some samples, and its gradient by each of them.
function generatorGradient({ discriminator, view, settings }, real, fake) {
  const n = fake.length / view.width, seen = view.see(fake), values = forward(discriminator, seen.inputs, n);
  const realLogits = settings.objective === "relativistic" ? forward(discriminator, view.see(real).inputs, n).at(-1) : values.at(-1);
  const { loss, byFake } = lossOf(OBJECTIVES[settings.objective].generator(settings), realLogits, values.at(-1));
  return { loss, bySamples: view.back(seen, backward(discriminator, values, byFake, n, null)) };
}
