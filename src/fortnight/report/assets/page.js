"use strict";
// What the other scripts share: the data with names, times and numbers in words, and the choice
// of one contact. Text from the document only ever becomes text nodes, never markup.
const report = (() => {
  const named = (names, row) => Object.fromEntries(names.map((name, place) => [name, row[place]]));
  const data = JSON.parse(document.getElementById("data").textContent);
  const STOP = ["letter", "lon", "lat", "minutes", "presumedMinutes"];
  const PART = ["kind", "start", "end", "lon", "lat", "endLon", "endLat", "accuracy", "stop"];
  const EPISODE = ["start", "end", "minutes", "expected", "distance", "probability", "presumed",
    "window", "lon", "lat", "stop"];
  data.stops = data.stops.map((row) => named(STOP, row));
  data.track = data.track.map((row) => named(PART, row));
  data.contacts.forEach((contact, index) => {
    contact.index = index;
    contact.episodes = contact.episodes.map((row) => ({ ...named(EPISODE, row), contact }));
  });

  const WINDOWS = {
    "look-back": "look-back", "look-forward": "look-forward", both: "both windows",
    outside: "outside both windows",
  };
  const KINDS = { stay: "Stay", leg: "On the move", presumed: "Presumed stay", area: "Coarse area" };
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const two = (number) => String(number).padStart(2, "0");

  function local(seconds) {
    const [, offset] = data.offsets.findLast(([from]) => from <= seconds) ?? data.offsets[0];
    return new Date((seconds + offset) * 1000);
  }
  const clock = (seconds) => {
    const time = local(seconds);
    return `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`;
  };
  const day = (seconds) => {
    const time = local(seconds);
    return `${DAYS[time.getUTCDay()]} ${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]}`;
  };
  const period = (start, end) => {
    const until = day(start) === day(end) ? clock(end) : `${day(end)} ${clock(end)}`;
    return `${day(start)} ${clock(start)} – ${until}`;
  };
  const duration = (minutes) => {
    const [hours, rest] = [Math.floor(Math.round(minutes) / 60), Math.round(minutes) % 60];
    if (!hours) return `${rest} min`;
    return rest ? `${hours.toLocaleString("en-GB")} h ${rest} min` : `${hours.toLocaleString("en-GB")} h`;
  };
  const share = (value) => {
    if (value > 0 && value < 0.005) return "<1\u00a0%";
    if (value < 1 && value >= 0.995) return ">99\u00a0%";
    return `${Math.round(value * 100)}\u00a0%`;
  };
  // Nothing finer than phones can tell.
  const distance = (metres) => (metres < 10 ? "<10 m" : `${metres.toLocaleString("en-GB")} m`);
  const place = (stop) => (stop === null ? "between stops" : `at ${data.stops[stop].letter}`);

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }
  function svg(tag, attributes = {}, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  let selected = null;
  function select(index) {
    selected = index;
    const text = document.getElementById("selected-text");
    document.getElementById("selected").classList.toggle("on", index !== null);
    text.textContent = index === null
      ? "All contacts are shown. Choose one to see when and where."
      : `Shown: ${data.contacts[index].name}, ${data.contacts[index].episodes.length} `
        + `${data.contacts[index].episodes.length === 1 ? "episode" : "episodes"}.`;
    document.dispatchEvent(new CustomEvent("contact-selected", { detail: index }));
  }
  document.getElementById("show-all").addEventListener("click", () => select(null));
  const onSelect = (act) => document.addEventListener("contact-selected", (event) => act(event.detail));

  // Paper is white, whatever the screen: before the map hears of it, so that it paints for paper.
  window.addEventListener("beforeprint", () => { document.documentElement.dataset.print = ""; });
  window.addEventListener("afterprint", () => { delete document.documentElement.dataset.print; });

  return {
    data, WINDOWS, KINDS, clock, day, period, duration, share, distance, place, element, svg,
    select, onSelect, selected: () => selected,
    windowClass: (name) => (name in WINDOWS ? name : "outside"),
    bars: {}, // by the time line: how its rows follow the table
    map: null, // by map.js or sketch.js: what can be asked of the map
  };
})();
