// A map of the rows of a table: each row with data-lon says a place, a day, minutes and a window.
// What a row says becomes text, never markup. Without WebGL the same marks are a still sketch.
const METRES_A_DEGREE = 111195;
const WINDOWS = { "look-forward": "--forward", "look-back": "--back", both: "--both", outside: "--outside" };
const SVG = "http://www.w3.org/2000/svg";
const across = (lat) => METRES_A_DEGREE * Math.max(0.01, Math.cos((lat * Math.PI) / 180));
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const collection = (features) => ({ type: "FeatureCollection", features });

function marksOf(host) {
  return [...document.querySelectorAll(host.dataset.marks)].map((row) => ({
    lon: Number(row.dataset.lon), lat: Number(row.dataset.lat), day: row.dataset.day,
    dayWords: row.dataset.dayWords ?? row.dataset.day, minutes: Number(row.dataset.minutes),
    window: row.dataset.window in WINDOWS ? row.dataset.window : "outside", words: row.dataset.words,
  }));
}

function boxOf(marks) {
  const ends = (values) => [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const [[west, east], [south, north]] = [ends(marks.map((one) => one.lon)), ends(marks.map((one) => one.lat))];
  const margin = 120 / METRES_A_DEGREE;
  const wide = 120 / across((south + north) / 2);
  return [west - wide, south - margin, east + wide, north + margin];
}

// Lines that are as far apart as the words below the map say.
function gridOf([west, south, east, north]) {
  const width = (east - west) * across((south + north) / 2);
  if (!(width > 0) || width > 2e6) return { size: null, lines: [] };
  const power = 10 ** Math.floor(Math.log10(width / 8));
  const size = [5, 2, 1].map((times) => times * power).find((step) => width / step >= 8);
  const lines = [];
  // One view beyond each side, so that lines are there while the map is being moved.
  const [wide, high] = [east - west, north - south];
  [west, east, south, north] = [west - wide, east + wide, south - high, north + high];
  const [stepLon, stepLat] = [size / across((south + north) / 2), size / METRES_A_DEGREE];
  for (let lon = Math.ceil(west / stepLon) * stepLon; lon <= east; lon += stepLon) lines.push([[lon, south], [lon, north]]);
  for (let lat = Math.ceil(south / stepLat) * stepLat; lat <= north; lat += stepLat) lines.push([[west, lat], [east, lat]]);
  return { size, lines };
}

function saySize(host, size) {
  const place = host.closest("figure")?.querySelector("[data-size]");
  if (!place) return;
  const { m, km } = host.dataset;
  const words = size === null ? "" : size >= 1000 ? `${size / 1000}\u00a0${km}` : `${size}\u00a0${m}`;
  place.textContent = words && host.dataset.square.replace("{size}", words);
}

const radius = (minutes) => 5 + Math.min(14, Math.sqrt(minutes) / 2);

function sketch(host, marks) {
  host.replaceChildren();
  host.classList.add("sketch");
  host.dataset.ready = "sketch";
  const [west, south, east, north] = boxOf(marks);
  const [width, height] = [host.clientWidth || 640, host.clientHeight || 300];
  const scale = Math.min(width / ((east - west) * across(south)), height / ((north - south) * METRES_A_DEGREE));
  const [lon0, lat0] = [(west + east) / 2, (south + north) / 2];
  const spot = ([lon, lat]) => [
    width / 2 + (lon - lon0) * across(south) * scale, height / 2 - (lat - lat0) * METRES_A_DEGREE * scale,
  ];
  const made = (tag, attributes) => {
    const node = document.createElementNS(SVG, tag);
    Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
    return node;
  };
  const image = made("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": host.dataset.name });
  const shown = [lon0 - width / 2 / scale / across(south), lat0 - height / 2 / scale / METRES_A_DEGREE,
    lon0 + width / 2 / scale / across(south), lat0 + height / 2 / scale / METRES_A_DEGREE];
  const grid = gridOf(shown);
  image.append(made("path", { d: grid.lines.map((line) => `M${line.map((end) => spot(end).join(" ")).join("L")}`).join("") }));
  const nodes = marks.map((one) => {
    const [cx, cy] = spot([one.lon, one.lat]);
    const node = made("circle", { cx, cy, r: radius(one.minutes), class: one.window });
    const title = made("title", {});
    title.textContent = one.words;
    node.append(title);
    image.append(node);
    return node;
  });
  host.append(image);
  saySize(host, grid.size);
  return (until) => nodes.forEach((node, place) => node.toggleAttribute("hidden", until !== null && marks[place].day > until));
}

function library(address) {
  if (window.maplibregl) return Promise.resolve();
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => done());
    script.addEventListener("error", failed);
    document.head.append(script);
  });
}

function hasWebGL() {
  return Boolean(document.createElement("canvas").getContext("webgl2"));
}

function paints() {
  const kinds = Object.entries(WINDOWS).flatMap(([name, variable]) => [name, colour(variable)]);
  return {
    ground: { "background-color": colour("--map") },
    grid: { "line-color": colour("--grid"), "line-width": 1 },
    marks: {
      "circle-color": ["match", ["get", "window"], ...kinds, colour("--outside")],
      "circle-radius": ["get", "radius"], "circle-opacity": 0.75,
      "circle-stroke-width": 1.5, "circle-stroke-color": colour("--card"),
    },
  };
}

const wordsOf = (said) => ({
  "Map.Title": said.name, "Popup.Close": said.close,
  "NavigationControl.ZoomIn": said.zoomIn, "NavigationControl.ZoomOut": said.zoomOut,
  "ScaleControl.Meters": said.m, "ScaleControl.Kilometers": said.km,
  "CooperativeGesturesHandler.WindowsHelpText": said.scroll,
  "CooperativeGesturesHandler.MacHelpText": said.scrollMac,
  "CooperativeGesturesHandler.MobileHelpText": said.fingers,
});

function draw(host, marks) {
  const { maplibregl } = window;
  // The ending tells the library that its worker is a plain script.
  maplibregl.setWorkerUrl(`${new URL(host.dataset.worker, location.href).href}#.cjs`);
  maplibregl.setWorkerCount(1);
  host.replaceChildren();
  const features = marks.map((one) => ({
    type: "Feature", geometry: { type: "Point", coordinates: [one.lon, one.lat] },
    properties: { day: one.day, window: one.window, radius: radius(one.minutes), words: one.words },
  }));
  const drawn = paints();
  const box = boxOf(marks);
  const map = new maplibregl.Map({
    container: host, attributionControl: false, cooperativeGestures: true, dragRotate: false, pitchWithRotate: false,
    bounds: box, fitBoundsOptions: { padding: 32, maxZoom: 17 }, maxZoom: 20,
    locale: wordsOf(host.dataset),
    style: {
      version: 8,
      sources: {
        grid: { type: "geojson", data: collection([]) }, marks: { type: "geojson", data: collection(features) },
      },
      layers: [
        { id: "ground", type: "background", paint: drawn.ground },
        { id: "grid", type: "line", source: "grid", paint: drawn.grid },
        { id: "marks", type: "circle", source: "marks", paint: drawn.marks },
      ],
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
  return map;
}

function connect(host, map) {
  const regrid = () => {
    const seen = map.getBounds();
    const grid = gridOf([seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()]);
    map.getSource("grid").setData(collection(grid.lines.map((line) => ({
      type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line },
    }))));
    saySize(host, grid.size);
  };
  regrid();
  map.on("moveend", regrid);
  map.on("resize", regrid);
  map.on("click", "marks", (event) => {
    const words = document.createElement("p");
    words.textContent = [...new Set(event.features.map((one) => one.properties.words))].slice(0, 5).join("; ");
    new window.maplibregl.Popup({ maxWidth: "17rem" }).setLngLat(event.lngLat).setDOMContent(words).addTo(map);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    const drawn = paints();
    ["ground", "grid", "marks"].forEach((layer) => Object.entries(drawn[layer]).forEach(([name, value]) => map.setPaintProperty(layer, name, value)));
  });
  host.dataset.ready = "map";
}

function slide(host, marks, show) {
  const slider = document.querySelector(`input[data-for="${host.id}"]`);
  if (!slider) return;
  const days = [...new Map(marks.map((one) => [one.day, one.dayWords])).entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  const words = document.querySelector(`output[for="${slider.id}"]`);
  slider.max = String(days.length - 1);
  slider.value = slider.max;
  const say = () => {
    const place = Number(slider.value);
    const isLast = place >= days.length - 1;
    words.textContent = isLast ? slider.dataset.all : days[place][1];
    slider.setAttribute("aria-valuetext", words.textContent);
    show(isLast ? null : days[place][0]);
  };
  slider.addEventListener("input", say);
  say();
}

async function start(host) {
  if (host.dataset.begun) return;
  host.dataset.begun = "yes";
  const marks = marksOf(host);
  if (!marks.length) return;
  let map = null;
  try {
    if (!hasWebGL()) throw new Error("no WebGL");
    await library(host.dataset.library);
    map = draw(host, marks);
    await new Promise((done, failed) => {
      map.once("load", done);
      map.once("error", failed);
      setTimeout(failed, 20000); // a browser that starts no worker says nothing at all
    });
  } catch {
    map?.remove();
    slide(host, marks, sketch(host, marks));
    return;
  }
  connect(host, map);
  slide(host, marks, (until) => map.setFilter("marks", until === null ? null : ["<=", ["get", "day"], until]));
}

const look = () => document.querySelectorAll(".map[data-marks]").forEach((host) => { start(host); });
document.addEventListener("htmx:afterSettle", look);
look();
