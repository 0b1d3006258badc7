"use strict";
// The map without WebGL: the same marks as a still SVG. It can be moved to a stop or a contact.
report.sketch = (host) => {
  const { shapes, data, svg } = report;
  const WIDTH = 1000;
  const MARGIN = 1.25;
  host.replaceChildren();
  host.dataset.ready = "sketch";
  host.classList.add("sketch");

  // Metres east and south of the middle of the data, which is all a town needs.
  const [lon0, lat0] = [(shapes.whole[0] + shapes.whole[2]) / 2, (shapes.whole[1] + shapes.whole[3]) / 2];
  const spot = ([lon, lat]) => [
    (lon - lon0) * shapes.scale(lat0), (lat0 - lat) * shapes.METRES_A_DEGREE,
  ];
  const image = svg("svg", { role: "img", "aria-label": "Sketch of the case's days and of the episodes" });
  const [gridLayer, stillLayer, legLayer, markLayer, letterLayer] =
    ["grid", "still", "legs", "marks", "letters"].map((name) => svg("g", { class: name }));
  image.append(gridLayer, stillLayer, legLayer, markLayer, letterLayer);
  const note = report.element("p", { class: "sketch-note" },
    "This browser draws no WebGL: a still sketch stands in for the map.");
  host.append(image, note);

  const line = (points) => points.map(spot).map((at, k) => `${k ? "L" : "M"}${at.join(" ")}`).join("");
  const titled = (node, lines) => { node.append(svg("title", {}, lines.join("\n"))); return node; };

  data.track.forEach((part) => {
    const [x, y] = spot([part.lon, part.lat]);
    const node = part.kind === "leg"
      ? svg("path", { d: line([[part.lon, part.lat], [part.endLon, part.endLat]]), class: "leg" })
      : svg("circle", { cx: x, cy: y, r: part.accuracy, class: part.kind });
    (part.kind === "leg" ? legLayer : stillLayer).append(titled(node, shapes.partWords(part)));
  });
  const marks = [...shapes.episodes].sort((a, b) => (b.end - b.start) - (a.end - a.start)).map((one) => {
    const [cx, cy] = spot([one.lon, one.lat]);
    const node = svg("circle", { cx, cy, class: `mark ${report.windowClass(one.window)}${one.presumed ? " only-presumed" : ""}` });
    markLayer.append(titled(node, [one.contact.name, ...shapes.episodeWords(one)]));
    return { one, node };
  });
  const letters = data.stops.map((stop) => {
    const [x, y] = spot([stop.lon, stop.lat]);
    const node = svg("text", { x, y }, stop.letter);
    letterLayer.append(node);
    return node;
  });

  // Marks keep their size on paper however far the sketch is moved in.
  function show(points) {
    const spots = points.map(spot);
    const range = (values) => [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    const [[west, east], [north, south]] = [range(spots.map((at) => at[0])), range(spots.map((at) => at[1]))];
    const ratio = host.clientHeight / Math.max(1, host.clientWidth);
    const width = Math.max((east - west) * MARGIN, ((south - north) * MARGIN) / ratio, 200);
    const [left, top] = [(west + east - width) / 2, (north + south - width * ratio) / 2];
    image.setAttribute("viewBox", `${left} ${top} ${width} ${width * ratio}`);
    const unit = width / WIDTH;
    marks.forEach(({ one, node }) => node.setAttribute("r", unit * (4 + Math.min(9, Math.sqrt((one.end - one.start) / 60) / 2))));
    letters.forEach((node) => { node.setAttribute("font-size", unit * 20); node.setAttribute("dx", unit * 14); node.setAttribute("dy", -unit * 14); });
    const degrees = (x, y) => [lon0 + x / shapes.scale(lat0), lat0 - y / shapes.METRES_A_DEGREE];
    const drawn = shapes.grid([...degrees(left, top + width * ratio), ...degrees(left + width, top)]);
    gridLayer.replaceChildren(svg("path", { d: drawn.lines.map(line).join("") }));
    document.getElementById("grid-size").textContent = drawn.size === null ? "" : `Each square is ${shapes.metres(drawn.size)} wide.`;
  }

  const corners = [[shapes.whole[0], shapes.whole[1]], [shapes.whole[2], shapes.whole[3]]];
  report.onSelect((index) => marks.forEach(({ one, node }) => {
    node.classList.toggle("dim", index !== null && one.contact.index !== index);
  }));
  report.map = {
    all: () => show(corners),
    stop: (stop) => show(shapes.circle(stop.lon, stop.lat, 120)),
    contact: (contact) => show(contact.episodes.map((one) => [one.lon, one.lat])),
    episode: (one) => show(shapes.circle(one.lon, one.lat, 200)),
  };
  show(corners);
};
