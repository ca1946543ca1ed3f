// The playground: new digits, directions, walks, arithmetic.

let draw, classify, directions, latentOf, setLatent;

function startPlayground({ latents, directions: encoded, ...generator }) {
  byId("playground").hidden = false;
  [draw, classify] = [openGenerator(generator), generator.judge && openClassifier(generator.judge)];
  const width = generator.latentSize + generator.classes;
  const rows = (numbers) => (k) => numbers.slice(k * width, (k + 1) * width);
  latentOf = rows(floatsOf(latents));
  const flat = floatsOf(encoded);
  directions = [...Array(flat.length / width).keys()].map(rows(flat));
  const current = startStage();
  startStrip(generator);
  startSlots(current, generator);
  startPaper(generator);
}

// The large digit and the sliders that change it; returns a function that returns its latent.
function startStage() {
  let base = latentOf(0);
  const sliders = directions.map((_, k) => {
    const slider = make("input", { type: "range", min: -4, max: 4, step: 0.1, value: 0, id: `direction-${k}` });
    slider.addEventListener("input", show);
    byId("sliders").append(make("label", { textContent: `direction ${k + 1}` }, slider));
    return slider;
  });
  const current = () => base.map((value, i) => directions.reduce((sum, direction, k) => sum + Number(sliders[k].value) * direction[i], value));
  function show() {
    const image = draw(current());
    paint(byId("stage"), image);
    if (!classify) return;
    const { digit, confidence } = classify(image);
    byId("judged").textContent = `classifier b: ${withArticle(digit)}, ${percent(confidence)} sure`;
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

const withArticle = (name) => (/^\d$/.test(name) ? `${Number(name) === 8 ? "an" : "a"} ${name}` : name);
const SHOWN = 12, MOST_TRIES = 3000, AT_ONCE = 10;

// New digits in a row, of one class if one is selected: a conditional generator is conditioned on it, and
// of digits only those are kept that the classifier assigns to it.
function startStrip(generator) {
  const wanted = byId("wanted"), strip = byId("strip");
  let round = 0; // a new search ends the previous one
  const { names } = generator;
  names.forEach((name, place) => wanted.append(make("option", { value: place, textContent: withArticle(name) })));
  byId("choice").hidden = !names.length;
  const isDigit = (label, image) => {
    const { digit, confidence } = classify(image);
    return digit === Number(names[label]) && confidence >= 0.9;
  };
  async function fill() {
    const mine = ++round, label = wanted.value;
    strip.replaceChildren();
    let tries = 0;
    while (mine === round && strip.children.length < SHOWN && tries < MOST_TRIES) {
      for (let i = 0; i < AT_ONCE && strip.children.length < SHOWN; i++, tries++) {
        const latent = randomLatent(generator, label), image = draw(latent);
        if (label && classify && !isDigit(label, image)) continue;
        strip.append(make("li", {}, digitButton(latent, image, strip.children.length + 1)));
      }
      byId("found").textContent = label ? `${strip.children.length} of ${SHOWN} in ${tries} tries` : "";
      await new Promise((resolve) => setTimeout(resolve));
    }
    if (mine === round && strip.children.length < SHOWN) {
      byId("found").textContent += `: this generator rarely draws ${withArticle(names[label])}`;
    }
  }
  byId("new").addEventListener("click", fill);
  wanted.addEventListener("change", fill);
  fill();
}

function digitButton(latent, image, number) {
  const picture = canvas(SIDE, `use new ${data.noun} ${number}`);
  paint(picture, image);
  const button = make("button", {}, picture);
  button.addEventListener("click", () => setLatent(latent));
  return button;
}

// Three digits that are kept: a walk goes from A to B, and A - B + C is arithmetic with their latents.
function startSlots(current, generator) {
  const kept = [0, 1, 2].map(latentOf);
  ["A", "B", "C"].forEach((name, k) => {
    const picture = canvas(SIDE, `${data.noun} ${name}`);
    const button = make("button", { textContent: `Keep as ${name}`, id: `keep-${name}` });
    const keep = (latent) => { kept[k] = latent; paint(picture, draw(latent)); };
    button.addEventListener("click", () => keep(current()));
    byId("slots").append(make("div", {}, picture, button));
    keep(kept[k]);
  });
  const walk = byId("walk"), stroll = byId("stroll");
  const go = () => setLatent(between(kept[0], kept[1], Number(walk.value), generator));
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
