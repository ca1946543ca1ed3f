// Paper to draw on, and the search for the latent whose image comes nearest to the drawing.

const PEN = 24, STRIDE = 10, BOX = 20; // pixels of the paper: the pen, a step of it; of the image: the side that a drawing fits into
const DRAWN = 200, STARTS = 2, STEPS = 100, RATE = 0.2, LONGEST = 15000; // milliseconds
const BETA_1 = 0.9, BETA_2 = 0.999;

function startPaper(generator) {
  const paper = byId("paper"), context = paper.getContext("2d", { willReadFrequently: true });
  let pen = [paper.width / 2, paper.height / 2], isDown = false, round = 0; // a new search ends the previous one
  const wipe = () => {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, paper.width, paper.height);
    for (const name of ["asked", "answer"]) paint(byId(name), new Float32Array(PIXELS).fill(-1));
    byId("near").textContent = "";
    round++;
  };
  const lineTo = (to) => {
    Object.assign(context, { lineWidth: PEN, lineCap: "round", strokeStyle: "#000" });
    context.beginPath();
    context.moveTo(...pen);
    context.lineTo(...to);
    context.stroke();
    pen = to;
    paint(byId("asked"), imageOf(paper));
  };
  const placeOf = (event) => {
    const { left, top, width, height } = paper.getBoundingClientRect();
    return [((event.clientX - left) * paper.width) / width, ((event.clientY - top) * paper.height) / height];
  };
  paper.addEventListener("pointerdown", (event) => {
    paper.setPointerCapture(event.pointerId);
    pen = placeOf(event);
    lineTo(pen);
  });
  paper.addEventListener("pointermove", (event) => { if (paper.hasPointerCapture(event.pointerId)) lineTo(placeOf(event)); });
  paper.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], " ": [0, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    if (event.key === " ") isDown = !isDown;
    const to = pen.map((value, axis) => Math.min(Math.max(value + STRIDE * step[axis], 0), paper.width));
    if (isDown) lineTo(to);
    else pen = to;
    byId("near").textContent = `pen ${isDown ? "down" : "up"} at ${pen.map((value) => Math.round(value / STRIDE)).join(", ")} of 28`;
  });
  byId("wipe").addEventListener("click", wipe);
  byId("find").addEventListener("click", async () => {
    const mine = ++round, image = imageOf(paper);
    if (image.every((value) => value === -1)) {
      byId("near").textContent = "The paper is empty.";
      return;
    }
    const show = ({ latent, distance, start }, share) => {
      setLatent(latent);
      paint(byId("answer"), draw(latent));
      const level = `${distance.toFixed(1)} grey levels of 255 away`;
      byId("near").textContent = share < 1 ? `searching, ${percent(share)}: ${level}` : `${level}; the nearest of ${DRAWN} random ones: ${start.toFixed(1)}`;
    };
    const found = await nearest(generator, image, show, () => mine !== round);
    if (mine !== round) return;
    show(found, 1);
    byId("keep-A").click();
  });
  wipe();
}

// The drawing as MNIST's digits are: light on dark, in a box of 20x20 pixels, its centre of mass in the middle.
function imageOf(paper) {
  const { width, height } = paper, pixels = paper.getContext("2d").getImageData(0, 0, width, height).data;
  const inked = (x, y) => pixels[4 * (y * width + x)] < 128;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (inked(x, y)) [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    }
  }
  if (right < 0) return new Float32Array(PIXELS).fill(-1);
  const wide = right + 1 - left, tall = bottom + 1 - top, scale = BOX / Math.max(wide, tall);
  const small = make("canvas", { width: SIDE, height: SIDE }), context = small.getContext("2d", { willReadFrequently: true });
  const draw = (x, y) => {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SIDE, SIDE);
    context.imageSmoothingQuality = "high";
    context.drawImage(paper, left, top, wide, tall, x, y, wide * scale, tall * scale);
    const levels = context.getImageData(0, 0, SIDE, SIDE).data;
    return Float32Array.from({ length: PIXELS }, (_, i) => (255 - levels[4 * i]) / 127.5 - 1);
  };
  const [x, y] = [(SIDE - wide * scale) / 2, (SIDE - tall * scale) / 2], image = draw(x, y);
  let mass = 0, across = 0, down = 0;
  image.forEach((value, i) => {
    mass += value + 1;
    across += (value + 1) * (i % SIDE);
    down += (value + 1) * Math.floor(i / SIDE);
  });
  const middle = (SIDE - 1) / 2;
  return draw(x + middle - across / mass, y + middle - down / mass);
}

// The gradient of half the summed squared differences between a generator's image and another, and their distance.
function gradientOf(layers, latent, wanted) {
  const values = [latent];
  for (const layer of layers) values.push(layer.forward(values.at(-1)));
  const apart = values.at(-1).map((value, i) => value - wanted[i]);
  const gradient = layers.reduceRight((after, layer, k) => layer.backward(values[k], after), apart);
  return { gradient, distance: distanceOf(apart) };
}

const distanceOf = (apart) => 127.5 * Math.sqrt(apart.reduce((sum, value) => sum + value * value, 0) / PIXELS);

// Adam from the nearest of some latents, as `mnist-gan invert` does it; `show` gets the best so far.
async function nearest(generator, image, show, isOver) {
  const layers = openLayers(generator), began = performance.now();
  const tried = Array.from({ length: DRAWN }, () => {
    const latent = randomLatent(generator, "");
    return { latent, distance: distanceOf(draw(latent).map((value, i) => value - image[i])) };
  }).sort((a, b) => a.distance - b.distance).slice(0, STARTS);
  const start = tried[0].distance;
  let best = tried[0];
  const runs = tried.map(({ latent }) => ({ latent, first: new Float64Array(latent.length), second: new Float64Array(latent.length) }));
  for (let step = 1; step <= STEPS && performance.now() - began < LONGEST && !isOver(); step++) {
    for (const run of runs) {
      const { gradient, distance } = gradientOf(layers, run.latent, image);
      if (distance < best.distance) best = { latent: run.latent, distance };
      run.latent = allowed(generator, run.latent, adam(run, gradient, step));
    }
    if (step % 5 === 0) {
      show({ ...best, start }, step / STEPS);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  return { ...best, start };
}

function adam({ latent, first, second }, gradient, step) {
  const rate = (RATE * (1 + Math.cos((Math.PI * step) / STEPS))) / 2;
  return latent.map((value, i) => {
    first[i] = BETA_1 * first[i] + (1 - BETA_1) * gradient[i] / PIXELS;
    second[i] = BETA_2 * second[i] + (1 - BETA_2) * (gradient[i] / PIXELS) ** 2;
    return value - (rate * first[i]) / (1 - BETA_1 ** step) / (Math.sqrt(second[i] / (1 - BETA_2 ** step)) + 1e-8);
  });
}

// A changed latent, brought back to where latents are drawn; labels and categorical codes stay.
function allowed({ latentSize, noise }, before, after) {
  const kept = noise === "normal+categorical" ? Math.floor(latentSize / 5) : 0, bound = Math.sqrt(3);
  const length = Math.hypot(...after.slice(kept, latentSize)), factor = Math.min(1, Math.sqrt(latentSize - kept) / Math.max(length, 1e-12));
  return after.map((value, i) => {
    if (i < kept || i >= latentSize) return before[i];
    return noise === "uniform" ? Math.min(Math.max(value, -bound), bound) : value * factor;
  });
}
