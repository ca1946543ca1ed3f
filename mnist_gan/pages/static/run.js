// Starts the page of one run.

byId("no-curves").hidden = Object.keys(data.curves).length > 0;
moveCursors = drawCharts(byId("charts"), data.panels, data.curves, data.equilibrium, frames.length ? (epoch) => showFrame(nearestFrame(epoch)) : null);
if (data.playground) startPlayground(data.playground);
startTime();
if (!frames.length) moveCursors(data.epochs);
if (byId("repeat")) offerCopy(byId("copy-repeat"), byId("repeat"));
