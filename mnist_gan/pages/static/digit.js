// One digit of a grid: its annotations, and the command that generates it again.

function choose(index, on) {
  chosen = { index, sheet: on };
  for (const each of [sheet, other]) {
    each.buttons.forEach((button, i) => {
      button.setAttribute("aria-selected", String(i === index));
      button.tabIndex = i === index ? 0 : -1;
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
  const picture = canvas(SIDE, `${data.noun} ${index} after epoch ${shown.epoch}, enlarged`, "ink");
  picture.id = "enlarged";
  copyDigit(picture, shown.grid, row, column);
  const facts = [[capitalised(data.noun), `${index} of seed ${data.seed}`], ["Epoch", shown.epoch]];
  if (cells) facts.push(["D's score", `${cells.scores[index].toFixed(2)} (0: fake, 1: real)`]);
  if (cells?.digits && cells.confidence) facts.push(["Classifier a", `${cells.digits[index]}, ${percent(cells.confidence[index])} sure`]);
  const details = make("div", {}, make("h3", { textContent: `One ${data.noun}` }), listOf(facts));
  if (shown.nearest) details.append(...nearestOf(shown, index, row, column));
  if (shown.command) details.append(...commandFor(shown, index));
  if (data.playground) {
    const take = make("button", { id: "take", textContent: "Use its latent in the playground" });
    take.addEventListener("click", () => { setLatent(latentOf(index)); byId("playground").scrollIntoView(); });
    details.append(take);
  }
  byId("digit").replaceChildren(picture, details);
}

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
  const command = make("code", { id: "command", textContent: `${shown.command} --start ${index} --count 1 --output ${data.noun}.png` });
  const button = make("button", { textContent: "Copy" });
  offerCopy(button, command);
  return [make("p", { className: "soft", textContent: "To generate it again, in the folder from which this page was written" }), make("div", { className: "row" }, command, button)];
}
