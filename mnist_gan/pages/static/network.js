// The generator and the classifier: weights from base64, images from latents, digits from images.

const SIDE = 28, PIXELS = SIDE * SIDE;

function bytesOf(base64) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const floatsOf = (base64) => new Float32Array(bytesOf(base64).buffer);

// Half precision, by a table of all 65536 values.
function halvesOf(base64) {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits >> 15 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
    table[bits] = sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
  }
  return Float32Array.from(new Uint16Array(bytesOf(base64).buffer), (bits) => table[bits]);
}

// Returns a function that takes the next `count` numbers of an array.
function taker(numbers) {
  let used = 0;
  return (count) => numbers.subarray(used, (used += count));
}

function dense(values, { inputs, units, kernel, bias }) {
  const sums = Float32Array.from(bias);
  for (let i = 0, at = 0; i < inputs; i++, at += units) {
    const value = values[i];
    for (let j = 0; j < units; j++) sums[j] += value * kernel[at + j];
  }
  return sums;
}

// The gradient of a dense layer's input.
function denseBack(gradient, { inputs, units, kernel }) {
  const sums = new Float32Array(inputs);
  for (let i = 0, at = 0; i < inputs; i++, at += units) {
    let sum = 0;
    for (let j = 0; j < units; j++) sum += gradient[j] * kernel[at + j];
    sums[i] = sum;
  }
  return sums;
}

const ACTIVATIONS = {
  linear: () => (x) => x,
  relu: () => (x) => Math.max(x, 0),
  sigmoid: () => (x) => 1 / (1 + Math.exp(-x)),
  tanh: () => Math.tanh,
  elu: () => (x) => (x > 0 ? x : Math.expm1(x)),
  selu: () => (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  silu: () => (x) => x / (1 + Math.exp(-x)),
  leaky_relu: (slope) => (x) => Math.max(x, slope * x),
};

// How each changes with its input.
const DERIVATIVES = {
  linear: () => () => 1,
  relu: () => (x) => (x > 0 ? 1 : 0),
  sigmoid: () => (x) => 1 / (2 + Math.exp(x) + Math.exp(-x)),
  tanh: () => (x) => 1 - Math.tanh(x) ** 2,
  elu: () => (x) => (x > 0 ? 1 : Math.exp(x)),
  selu: () => (x) => 1.0507009873554805 * (x > 0 ? 1 : 1.6732632423543772 * Math.exp(x)),
  silu: () => (x) => (1 + x / (1 + Math.exp(x))) / (1 + Math.exp(-x)),
  leaky_relu: (slope) => (x) => (x > slope * x ? 1 : slope),
};

// A convolution of a picture, or a transposed one. Each pixel of the smaller picture belongs to a window
// of the larger one: the input is read there, or the output is added there.
function convolve(picture, layer) {
  const { output, kernel, bias } = layer, filters = output[2], sums = new Float32Array(output[0] * output[1] * filters);
  for (let i = 0; i < sums.length; i += filters) sums.set(bias, i);
  eachPair(layer, (from, to, at) => {
    const value = picture[from];
    if (value !== 0) for (let f = 0; f < filters; f++) sums[to + f] += value * kernel[at + f];
  });
  return sums;
}

// The gradient of a convolution's input.
function convolveBack(gradient, layer) {
  const { shape, output, kernel } = layer, filters = output[2], sums = new Float32Array(shape[0] * shape[1] * shape[2]);
  eachPair(layer, (from, to, at) => {
    let sum = 0;
    for (let f = 0; f < filters; f++) sum += gradient[to + f] * kernel[at + f];
    sums[from] += sum;
  });
  return sums;
}

// Calls a function with each number that a convolution reads, the first one that it adds to, and the first weight between.
function eachPair({ shape, output, sides, strides, rims, transposed }, visit) {
  const [small, large] = transposed ? [shape, output] : [output, shape];
  const channels = shape[2], filters = output[2];
  for (let y = 0; y < small[0]; y++) {
    for (let x = 0; x < small[1]; x++) {
      const inner = y * small[1] + x;
      for (let ky = 0; ky < sides[0]; ky++) {
        const row = y * strides[0] + ky - rims[0];
        if (row < 0 || row >= large[0]) continue;
        for (let kx = 0; kx < sides[1]; kx++) {
          const column = x * strides[1] + kx - rims[1];
          if (column < 0 || column >= large[1]) continue;
          const outer = row * large[1] + column, from = (transposed ? inner : outer) * channels;
          const to = (transposed ? outer : inner) * filters, start = (ky * sides[1] + kx) * channels * filters;
          for (let c = 0, at = start; c < channels; c++, at += filters) visit(from + c, to, at);
        }
      }
    }
  }
}

// Calls a function with each pixel of a result and the pixel of the input that `source` gives for its row or column.
function eachPixel({ shape, output }, source, visit) {
  const [height, width, channels] = output;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (source(y, 0) * shape[1] + source(x, 1)) * channels, to = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) visit(from + c, to + c);
    }
  }
}

// A layer whose pixels are copies of the input's.
function copier(layer, source) {
  return {
    forward(picture) {
      const result = new Float32Array(layer.output[0] * layer.output[1] * layer.output[2]);
      eachPixel(layer, source, (from, to) => { result[to] = picture[from]; });
      return result;
    },
    backward(picture, gradient) {
      const sums = new Float32Array(picture.length);
      eachPixel(layer, source, (from, to) => { sums[from] += gradient[to]; });
      return sums;
    },
  };
}

// Returns a layer, whose weights are taken in order: `forward` computes what comes out, `backward` the gradient
// of what entered from the gradient of what came out.
function openLayer(layer, take) {
  const { inputs, units, channels, sides, repeat, crop, activation, slope, scale, offset } = layer;
  if (sides) {
    const kernel = take(sides[0] * sides[1] * layer.shape[2] * layer.output[2]);
    const opened = { ...layer, kernel, bias: take(layer.output[2]) };
    return { forward: (values) => convolve(values, opened), backward: (values, gradient) => convolveBack(gradient, opened) };
  }
  if (repeat) return copier(layer, (at, axis) => Math.floor(at / repeat[axis]));
  if (crop) return copier(layer, (at, axis) => at + crop[axis]);
  if (channels) {
    const [factors, added] = [take(channels), take(channels)];
    return {
      forward: (values) => values.map((value, i) => value * factors[i % channels] + added[i % channels]),
      backward: (values, gradient) => gradient.map((value, i) => value * factors[i % channels]),
    };
  }
  if (scale !== undefined) {
    return { forward: (values) => values.map((value) => value * scale + offset), backward: (values, gradient) => gradient.map((value) => value * scale) };
  }
  if (activation) {
    const activate = ACTIVATIONS[activation](slope), derive = DERIVATIVES[activation](slope);
    return { forward: (values) => values.map(activate), backward: (values, gradient) => gradient.map((value, i) => value * derive(values[i])) };
  }
  const opened = { inputs, units, kernel: take(inputs * units), bias: take(units) };
  return { forward: (values) => dense(values, opened), backward: (values, gradient) => denseBack(gradient, opened) };
}

// Returns the layers of a generator.
function openLayers({ layers, weights }) {
  const take = taker(halvesOf(weights));
  return layers.map((layer) => openLayer(layer, take));
}

// Returns the function from a latent, with a one-hot label at its end if the generator is conditional,
// to an image of 784 numbers in [-1, 1].
function openGenerator(generator) {
  const layers = openLayers(generator);
  return (latent) => layers.reduce((values, layer) => layer.forward(values), latent);
}

const toByte = (value) => Math.round(Math.min(Math.max(value, -1), 1) * 127.5 + 127.5);

// Max pooling, 2x2.
function maxPool(picture, size, channels) {
  const half = size >> 1, largest = new Float32Array(half * half * channels);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      for (let c = 0; c < channels; c++) {
        const from = (2 * y * size + 2 * x) * channels + c, below = from + size * channels;
        largest[(y * half + x) * channels + c] = Math.max(picture[from], picture[from + channels], picture[below], picture[below + channels]);
      }
    }
  }
  return largest;
}

// Returns the function from an image to { digit, confidence }.
function openClassifier({ blocks, weights }) {
  const take = taker(halvesOf(weights));
  const layers = blocks.map(({ side, inputs, filters }) => ({
    sides: [side, side], strides: [1, 1], rims: [side >> 1, side >> 1], inputs, filters, kernel: take(side * side * inputs * filters), bias: take(filters),
  }));
  const features = blocks.at(-1).filters;
  const last = { inputs: features, units: 10, kernel: take(features * 10), bias: take(10) };
  return (image) => {
    let picture = Float32Array.from(image, (value) => (toByte(value) - 127.5) / 127.5), size = SIDE;
    layers.forEach((layer, index) => {
      if (index) [picture, size] = [maxPool(picture, size, layer.inputs), size >> 1];
      picture = convolve(picture, { ...layer, shape: [size, size, layer.inputs], output: [size, size, layer.filters] });
      picture = picture.map(ACTIVATIONS.relu());
    });
    const means = new Float32Array(features);
    picture.forEach((value, i) => { means[i % features] += value / (size * size); });
    const logits = dense(means, last), most = Math.max(...logits);
    const exponentials = Array.from(logits, (logit) => Math.exp(logit - most)); // for the softmax
    const digit = logits.indexOf(most);
    return { digit, confidence: exponentials[digit] / exponentials.reduce((sum, value) => sum + value) };
  };
}

// Paint an image onto a 28x28 canvas, dark ink on white.
function paint(target, image) {
  const context = target.getContext("2d"), picture = context.createImageData(SIDE, SIDE);
  for (let i = 0; i < PIXELS; i++) {
    const level = 255 - toByte(image[i]);
    picture.data.set([level, level, level, 255], 4 * i);
  }
  context.putImageData(picture, 0, 0);
}

// A latent of mean 0 and standard deviation 1: normal (Box and Muller), uniform, or normal with a
// categorical code in the first fifth. For a conditional generator it ends with the one-hot label, a
// random one if `label` is "".
function randomLatent({ latentSize, classes, noise }, label) {
  const uniform = () => Math.sqrt(3) * (2 * Math.random() - 1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const latent = Float32Array.from({ length: latentSize + classes }, noise === "uniform" ? uniform : normal);
  latent.fill(0, latentSize);
  if (noise === "normal+categorical") {
    const codes = Math.floor(latentSize / 5), code = Math.floor(codes * Math.random());
    for (let i = 0; i < codes; i++) latent[i] = (codes * (i === code) - 1) / Math.sqrt(codes - 1);
  }
  if (classes) latent[latentSize + (label === "" ? Math.floor(classes * Math.random()) : Number(label))] = 1;
  return latent;
}

// A point of the walk between two latents: on the great arc, or on the straight line if they are uniform
// or parallel. The labels at their ends change linearly.
function between(begin, end, share, { noise, latentSize }) {
  const product = (u, v) => u.slice(0, latentSize).reduce((sum, value, i) => sum + value * v[i], 0);
  const cosine = product(begin, end) / Math.max(Math.sqrt(product(begin, begin) * product(end, end)), 1e-12);
  const angle = Math.acos(Math.min(Math.max(cosine, -1), 1)), sine = Math.sin(angle);
  const line = [1 - share, share];
  const arc = noise === "uniform" || sine < 1e-6 ? line : [Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine];
  return begin.map((value, i) => {
    const [from, to] = i < latentSize ? arc : line;
    return from * value + to * end[i];
  });
}
