"use strict";
// The table of contacts: sort by any column, filter by participant, open one to see its episodes.
(() => {
  const { data, element } = report;
  const table = document.getElementById("contacts-table");
  if (!table) return;
  const bodies = [...table.tBodies];
  const heads = [...table.tHead.rows[0].cells];
  const filter = document.getElementById("filter");
  const reached = document.getElementById("reached");
  const status = document.getElementById("table-status");
  const GAPS_SHOWN = 12;
  let sorted = { column: 0, up: true };

  const value = (body, column) => {
    const cell = body.rows[0].cells[column];
    return cell.dataset.value === undefined ? cell.textContent.trim() : cell.dataset.value;
  };
  // What is not known goes last, whichever way the column is sorted.
  function compare(one, other, column, numeric) {
    const [a, b] = [value(one, column), value(other, column)];
    if (a === "" || b === "") return (a === "") - (b === "");
    const order = numeric ? Number(a) - Number(b) : a.localeCompare(b, "en", { numeric: true });
    return sorted.up ? order : -order;
  }

  function arrange() {
    const { column } = sorted;
    const numeric = heads[column].dataset.kind === "number";
    const wanted = filter.value.trim().toLocaleLowerCase();
    bodies.sort((a, b) => compare(a, b, column, numeric) || a.dataset.contact - b.dataset.contact);
    table.append(...bodies);
    const shown = bodies.filter((body) => {
      const name = data.contacts[body.dataset.contact].name.toLocaleLowerCase();
      body.hidden = !name.includes(wanted) || (reached?.checked && body.dataset.reached === "no");
      return !body.hidden;
    });
    heads.forEach((head, place) => {
      const direction = sorted.up ? "ascending" : "descending";
      head.setAttribute("aria-sort", place === column ? direction : "none");
    });
    status.textContent = `${shown.length} of ${bodies.length} contacts shown`;
    report.bars.follow(shown.map((body) => Number(body.dataset.contact)));
  }

  function sortBy(column) {
    const first = heads[column].dataset.first !== "down";
    sorted = { column, up: sorted.column === column ? !sorted.up : first };
    arrange();
  }

  const cells = (texts, tag = "td") => texts.map((text) => element(tag, tag === "th" ? { scope: "col" } : {}, text));

  function episodeRow(one) {
    const show = element("button", { type: "button", "aria-label": `Show on map: ${report.period(one.start, one.end)}` }, "Show");
    show.addEventListener("click", () => toMap(() => report.map?.episode(one)));
    const near = one.presumed ? "presumed" : report.duration(one.minutes);
    return element("tr", {},
      ...cells([report.period(one.start, one.end), report.place(one.stop), near,
        one.presumed ? "–" : report.duration(one.expected), report.share(one.probability),
        report.distance(one.distance), report.WINDOWS[one.window] ?? one.window]),
      element("td", {}, show));
  }

  function episodes(contact) {
    const heading = ["When", "Where", "Near", "Expected", "Probability", "Closest", "Window", "Map"];
    return element("div", { class: "scroll" }, element("table", { class: "episodes" },
      element("caption", {}, `Episodes of ${contact.name}`),
      element("thead", {}, element("tr", {}, ...cells(heading, "th"))),
      element("tbody", {}, ...contact.episodes.map(episodeRow))));
  }

  function unknown(contact) {
    const listed = contact.gaps.slice(0, GAPS_SHOWN).map(([start, end]) => report.period(start, end));
    const more = contact.gaps.length - listed.length;
    const text = contact.gaps.length
      ? `Unknown for ${report.duration(contact.unobserved)}: ${listed.join("; ")}${more > 0 ? `; and ${more} more gaps` : ""}.`
      : "This phone reported through the whole window.";
    return element("p", {}, text, ` On the days they met, positions of both were known ${report.share(contact.coverage)} of the time.`);
  }

  function toMap(act) {
    document.getElementById("map-figure").scrollIntoView({ block: "start" });
    act();
  }

  function fill(contact, cell) {
    const show = element("button", { type: "button", class: "wide" }, "Show on the map");
    show.addEventListener("click", () => toMap(() => report.map?.contact(contact)));
    const inside = cell.querySelector(".inside");
    inside.prepend(show);
    if (contact.episodes.length) inside.append(episodes(contact));
    inside.append(unknown(contact));
    cell.dataset.filled = "";
  }

  function toggle(body) {
    const contact = data.contacts[body.dataset.contact];
    const [button, details] = [body.querySelector("button.open"), body.rows[1]];
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    details.hidden = !open;
    if (open && !("filled" in details.cells[0].dataset)) fill(contact, details.cells[0]);
    if (open) report.select(contact.index);
    else if (report.selected() === contact.index) report.select(null);
  }

  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => sortBy(column)));
  bodies.forEach((body) => {
    body.querySelector("button.open").addEventListener("click", () => toggle(body));
  });
  filter.addEventListener("input", arrange);
  reached?.addEventListener("change", arrange);
  report.onSelect((index) => bodies.forEach((body) => {
    body.classList.toggle("chosen", Number(body.dataset.contact) === index);
  }));
  document.getElementById("table-tools").hidden = false;
})();
