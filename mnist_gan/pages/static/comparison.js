// Curves of many runs over each other, a colour for each group.

const COLOURS = 10;

for (const { column, title, is_log } of data.panels) {
  const runs = data.runs.filter((run) => run.curves[column]);
  if (!runs.length) continue;
  const frame = makeFrame({ is_log }, runs.map((run) => run.curves[column]), null);
  for (const { group, curves } of runs) {
    const [xs, ys] = curves[column];
    const points = xs.map((epoch, i) => `${frame.x(epoch).toFixed(1)},${frame.y(ys[i]).toFixed(1)}`);
    frame.picture.append(svg("polyline", { class: `curve k${group % COLOURS}`, points: points.join(" ") }));
    if (xs.length === 1) {
      const [cx, cy] = points[0].split(",");
      frame.picture.append(svg("circle", { class: `f${group % COLOURS}`, cx, cy, r: 3 }));
    }
  }
  const last = runs.map((run) => run.curves[column][1].at(-1));
  frame.picture.setAttribute("aria-label", `${title}, ${runs.length} runs: at the end from ${brief(Math.min(...last))} to ${brief(Math.max(...last))}.`);
  byId("charts").append(make("figure", { className: "chart" }, make("h3", { textContent: title }), frame.picture));
}

byId("legend").append(...data.labels.map((label, group) => make("span", { className: `key k${group % COLOURS}`, textContent: label })));
