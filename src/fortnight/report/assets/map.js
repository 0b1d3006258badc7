"use strict";
// The map: MapLibre without tiles. A metric grid, the borders far out, the case's days, episodes.
(() => {
  const { shapes, data } = report;
  const host = document.getElementById("map");
  const colour = (name) => getComputedStyle(host).getPropertyValue(name).trim();
  const feature = (geometry, properties = {}) => ({ type: "Feature", geometry, properties });
  const collection = (features) => ({ type: "FeatureCollection", features });
  const source = (features) => ({ type: "geojson", data: collection(features) });

  function hasWebGL() {
    const canvas = document.createElement("canvas");
    return Boolean(canvas.getContext("webgl2"));
  }

  function sources() {
    const still = data.track.filter((part) => part.kind !== "leg");
    return {
      borders: source([feature(JSON.parse(document.getElementById("borders").textContent))]),
      grid: source([]),
      stays: source(still.map((part) => feature(
        { type: "Polygon", coordinates: [shapes.circle(part.lon, part.lat, part.accuracy)] },
        { kind: part.kind, part: data.track.indexOf(part) },
      ))),
      legs: source(data.track.filter((part) => part.kind === "leg").map((part) => feature(
        { type: "LineString", coordinates: [[part.lon, part.lat], [part.endLon, part.endLat]] },
      ))),
      episodes: source(shapes.episodes.map((episode, index) => feature(
        { type: "Point", coordinates: [episode.lon, episode.lat] },
        {
          index, contact: episode.contact.index, window: report.windowClass(episode.window),
          presumed: episode.presumed, minutes: (episode.end - episode.start) / 60,
        },
      ))),
    };
  }

  const byWindow = () => ["match", ["get", "window"],
    "look-forward", colour("--forward"), "look-back", colour("--back"), "both", colour("--both"),
    colour("--outside")];
  const kind = (name) => ["==", ["get", "kind"], name];
  const chosen = (yes, no) => {
    const index = report.selected();
    return index === null ? yes : ["case", ["==", ["get", "contact"], index], yes, no];
  };
  const faint = () => ["case", ["get", "presumed"], 0.12, 0.8];

  // Every colour in one place, so that a change from light to dark is one pass over it.
  function paints() {
    return {
      ground: { "background-color": colour("--map") },
      borders: {
        "line-color": colour("--soft"), "line-width": 1,
        "line-opacity": ["interpolate", ["linear"], ["zoom"], 5, 0.6, 8, 0],
      },
      grid: { "line-color": colour("--grid"), "line-width": 1 },
      areas: { "fill-color": colour("--stay"), "fill-opacity": 0.06 },
      "area-edges": { "line-color": colour("--stay"), "line-dasharray": [1, 3], "line-width": 1.5 },
      legs: { "line-color": colour("--leg"), "line-width": 2, "line-opacity": 0.7 },
      stays: { "fill-color": colour("--stay"), "fill-opacity": 0.14 },
      "stay-edges": { "line-color": colour("--stay"), "line-width": 1, "line-opacity": 0.55 },
      "presumed-edges": { "line-color": colour("--stay"), "line-dasharray": [3, 2], "line-width": 1.5 },
      episodes: {
        "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "minutes"]], 0, 3.5, 22, 11],
        "circle-color": byWindow(), "circle-stroke-color": byWindow(), "circle-stroke-width": 1.25,
        "circle-opacity": chosen(faint(), 0.05), "circle-stroke-opacity": chosen(1, 0.15),
      },
    };
  }

  function layers() {
    const paint = paints();
    const layer = (id, type, from, filter) => ({
      id, type, source: from, paint: paint[id], ...(filter ? { filter } : {}),
    });
    return [
      { id: "ground", type: "background", paint: paint.ground },
      layer("borders", "line", "borders"), layer("grid", "line", "grid"),
      layer("areas", "fill", "stays", kind("area")), layer("area-edges", "line", "stays", kind("area")),
      layer("legs", "line", "legs"), layer("stays", "fill", "stays", kind("stay")),
      layer("stay-edges", "line", "stays", kind("stay")),
      layer("presumed-edges", "line", "stays", kind("presumed")),
      // Long meetings below short ones, or one night would hide an hour's visit.
      { ...layer("episodes", "circle", "episodes"), layout: { "circle-sort-key": ["-", 0, ["get", "minutes"]] } },
    ];
  }

  function repaint(map) {
    for (const [layer, values] of Object.entries(paints())) {
      for (const [name, value] of Object.entries(values)) map.setPaintProperty(layer, name, value);
    }
  }

  function regrid(map) {
    const seen = map.getBounds();
    const drawn = shapes.grid([seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()]);
    map.getSource("grid").setData(collection(
      drawn.lines.map((line) => feature({ type: "LineString", coordinates: line })),
    ));
    document.getElementById("grid-size").textContent =
      drawn.size === null ? "" : `Each square is ${shapes.metres(drawn.size)} wide.`;
  }

  function fit(map, points, most = 17) {
    const box = shapes.bounds(points);
    if (box) map.fitBounds(box, { padding: 48, maxZoom: most, animate: false });
  }

  function words(lines, more) {
    const made = report.element("div", { class: "words" });
    lines.forEach(([name, ...rest]) => {
      made.append(report.element("p", {}, report.element("strong", {}, name), ...rest.map(
        (line) => report.element("span", {}, line),
      )));
    });
    if (more > 0) made.append(report.element("p", {}, `and ${more} more here`));
    return made;
  }

  function say(map, point, lines, more = 0) {
    const popup = new maplibregl.Popup({ maxWidth: "19rem", closeButton: true });
    popup.setLngLat(point).setDOMContent(words(lines, more)).addTo(map);
  }

  function onClick(map, event) {
    const near = [[event.point.x - 4, event.point.y - 4], [event.point.x + 4, event.point.y + 4]];
    const marks = map.queryRenderedFeatures(near, { layers: ["episodes"] })
      .map((mark) => shapes.episodes[mark.properties.index])
      .filter((episode) => report.selected() === null || episode.contact.index === report.selected());
    if (marks.length) {
      const lines = marks.slice(0, 5).map((one) => [one.contact.name, ...shapes.episodeWords(one)]);
      say(map, event.lngLat, lines, marks.length - lines.length);
      return;
    }
    const parts = map.queryRenderedFeatures(near, { layers: ["stays", "areas", "presumed-edges"] })
      .map((mark) => data.track[mark.properties.part]);
    const lines = parts.slice(0, 5).map(shapes.partWords);
    if (lines.length) say(map, event.lngLat, lines, parts.length - lines.length);
  }

  function letter(map, stop) {
    const label = report.element("span", { class: "stop", "aria-label": `Stop ${stop.letter}` }, stop.letter);
    new maplibregl.Marker({ element: label, anchor: "bottom-left", offset: [10, -10] })
      .setLngLat([stop.lon, stop.lat]).addTo(map);
  }

  function draw() {
    const code = document.getElementById("map-worker").textContent;
    // The ending tells the library that this worker is a plain script: it then starts it from a
    // blob, where a module would be started from a data address, which the policy forbids.
    const worker = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    maplibregl.setWorkerUrl(`${worker}#.cjs`);
    maplibregl.setWorkerCount(1);
    const map = new maplibregl.Map({
      container: host, style: { version: 8, sources: sources(), layers: layers() },
      attributionControl: false, cooperativeGestures: true, dragRotate: false, pitchWithRotate: false,
      maxZoom: 20, bounds: shapes.whole, fitBoundsOptions: { padding: 48, maxZoom: 16 },
      canvasContextAttributes: { preserveDrawingBuffer: true }, // or paper shows an empty map
      locale: { "Map.Title": "Map of the case's days and of the episodes" },
    });
    map.touchZoomRotate.disableRotation();
    map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new maplibregl.ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
    data.stops.forEach((stop) => letter(map, stop));
    return map;
  }

  function connect(map) {
    regrid(map);
    map.on("moveend", () => regrid(map));
    map.on("resize", () => regrid(map));
    map.on("click", (event) => onClick(map, event));
    report.onSelect(() => repaint(map));
    const scheme = window.matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => repaint(map));
    window.addEventListener("beforeprint", () => { repaint(map); map.redraw(); });
    window.addEventListener("afterprint", () => repaint(map));
    host.dataset.ready = "map";
  }

  function actions(map) {
    return {
      all: () => fit(map, [[shapes.whole[0], shapes.whole[1]], [shapes.whole[2], shapes.whole[3]]]),
      stop: (stop) => fit(map, shapes.circle(stop.lon, stop.lat, 120), 18),
      contact: (contact) => fit(map, contact.episodes.map((one) => [one.lon, one.lat]), 16.5),
      episode: (one) => {
        map.jumpTo({ center: [one.lon, one.lat], zoom: Math.max(map.getZoom(), 15.5) });
        say(map, [one.lon, one.lat], [[one.contact.name, ...shapes.episodeWords(one)]]);
      },
    };
  }

  function start() {
    if (!shapes.whole) {
      host.append(report.element("p", { class: "empty" }, "There is no position to draw."));
      return;
    }
    if (typeof maplibregl === "undefined" || !hasWebGL()) {
      report.sketch(host);
      return;
    }
    let map;
    let loaded = false;
    const giveUp = () => {
      if (loaded || host.dataset.ready) return;
      map?.remove();
      report.sketch(host);
    };
    try {
      map = draw();
    } catch {
      giveUp();
      return;
    }
    map.once("load", () => { loaded = true; connect(map); });
    map.once("error", giveUp);
    setTimeout(giveUp, 30000); // a browser that starts no worker says nothing at all
    report.map = actions(map);
  }

  const list = document.getElementById("stops");
  data.stops.forEach((stop) => {
    const spent = [
      ...(stop.minutes ? [report.duration(stop.minutes)] : []),
      ...(stop.presumedMinutes ? [`${report.duration(stop.presumedMinutes)} presumed`] : []),
    ];
    const button = report.element("button", { type: "button" },
      report.element("b", {}, stop.letter), ` ${spent.join(" + ")}`);
    button.addEventListener("click", () => report.map?.stop(stop));
    list.append(report.element("li", {}, button));
  });
  document.getElementById("fit-all").addEventListener("click", () => report.map?.all());
  start();
})();
