"use strict";
// Two time lines: the case's own days, a row each, and the contacts over the whole window.
// What is not drawn over stays hatched, and hatched means unknown.
(() => {
  const { data, svg, element } = report;
  const HEIGHT = 20;
  const LETTER_FROM = 0.045; // share of a day from which a stay has room for its letter
  const WORDS = ["look-back", "look-forward", "both", "outside"];
  // Look-back hangs low, look-forward stands high: the colours are not alone in telling them apart.
  const LANES = { "look-back": [10, 7], "look-forward": [3, 7], both: [3, 14], outside: [8, 4] };

  // One path for many boxes: five hundred rows stay quick.
  function boxes(ranges, [from, to], top, height) {
    return ranges
      .map(([start, end]) => [Math.max(start, from), Math.min(end, to)])
      .filter(([start, end]) => end > start)
      .map(([start, end]) => `M${start - from} ${top}h${end - start}v${height}H${start - from}z`)
      .join("");
  }
  function known(gaps, [from, to]) {
    const starts = [from, ...gaps.map(([, end]) => end)];
    const ends = [...gaps.map(([start]) => start), to];
    return starts.map((start, k) => [start, ends[k]]);
  }
  function bar(range, label) {
    return svg("svg", {
      viewBox: `0 0 ${range[1] - range[0]} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
      "aria-label": label,
    });
  }
  function paint(into, d, name) {
    if (d) into.append(svg("path", { d, class: name }));
  }
  function paintEpisodes(into, episodes, range) {
    for (const presumed of [true, false]) {
      for (const name of WORDS) {
        const ranges = episodes
          .filter((one) => one.presumed === presumed && report.windowClass(one.window) === name)
          .map((one) => [one.start, one.end]);
        paint(into, boxes(ranges, range, ...LANES[name]), `episode ${name}${presumed ? " only-presumed" : ""}`);
      }
    }
  }
  const left = (node, share) => { node.style.left = `${share * 100}%`; return node; };

  // -- the case's own days
  function dayRow([start, end, name]) {
    const range = [start, end];
    const touches = (part) => part.end > start && part.start < end;
    const parts = data.track.filter(touches);
    const stays = parts.filter((part) => part.kind === "stay");
    const unknown = data.gaps.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, end) - Math.max(a, start)), 0);
    const label = `${name}: ${stays.length} ${stays.length === 1 ? "stay" : "stays"}, unknown ${report.duration(unknown / 60)}`;
    const drawn = bar(range, label);
    paint(drawn, boxes(known(data.gaps, data.window), range, 0, HEIGHT), "known");
    for (const kind of ["area", "presumed", "stay", "leg"]) {
      const ranges = parts.filter((part) => part.kind === kind).map((part) => [part.start, part.end]);
      paint(drawn, boxes(ranges, range, 0, 13), kind);
    }
    const near = svg("g", { class: "near" });
    drawn.append(near);
    const box = element("div", { class: "bar" }, drawn);
    parts.filter((part) => part.stop !== null).forEach((part) => {
      const [from, to] = [Math.max(part.start, start), Math.min(part.end, end)];
      if (to - from < LETTER_FROM * (end - start)) return;
      const letter = element("span", { class: `letter ${part.kind}`, "aria-hidden": "true" }, data.stops[part.stop].letter);
      box.append(left(letter, ((from + to) / 2 - start) / (end - start)));
    });
    const row = element("div", { class: "row" }, element("span", { class: "name" }, name), box);
    hover(box, range, (at) => {
      const part = parts.find((one) => one.start <= at && at < one.end);
      if (part) return report.shapes.partWords(part).slice(0, 2);
      return data.gaps.some(([a, b]) => a <= at && at < b) ? ["Unknown", "no evidence"] : [];
    });
    return { row, show: (contacts) => nearness(near, contacts, range) };
  }

  function nearness(into, contacts, range) {
    into.replaceChildren();
    const episodes = contacts.flatMap((contact) => contact.episodes);
    for (const name of WORDS) {
      const ranges = episodes.filter((one) => report.windowClass(one.window) === name && !one.presumed);
      paint(into, boxes(merged(ranges), range, 15, 5), `episode ${name}`);
    }
  }
  function merged(episodes) {
    const runs = [];
    [...episodes].sort((a, b) => a.start - b.start).forEach((one) => {
      const last = runs[runs.length - 1];
      if (last && one.start <= last[1]) last[1] = Math.max(last[1], one.end);
      else runs.push([one.start, one.end]);
    });
    return runs;
  }

  // -- the contacts
  const midnights = data.days.slice(1)
    .map(([start]) => `M${start - data.window[0]} 0v${HEIGHT}`).join("");
  function contactRow(contact) {
    const count = contact.episodes.length;
    const label = `${contact.name}: ${count} ${count === 1 ? "episode" : "episodes"}, `
      + `unknown ${report.duration(contact.unobserved)}`;
    const drawn = bar(data.window, label);
    paint(drawn, boxes(known(contact.gaps, data.window), data.window, 0, HEIGHT), "known");
    paint(drawn, midnights, "ticks");
    paintEpisodes(drawn, contact.episodes, data.window);
    const box = element("div", { class: "bar" }, drawn);
    const name = element("button", { type: "button", class: "name", "aria-pressed": "false" }, contact.name);
    const toggle = () => report.select(report.selected() === contact.index ? null : contact.index);
    name.addEventListener("click", toggle);
    box.addEventListener("click", toggle);
    hover(box, data.window, (at, slack) => {
      const one = contact.episodes.find((e) => e.start - slack <= at && at <= e.end + slack);
      if (one) return [contact.name, ...report.shapes.episodeWords(one)];
      if (contact.gaps.some(([a, b]) => a <= at && at < b)) return [contact.name, `${report.day(at)}: unknown, no evidence`];
      return [contact.name, `${report.day(at)} ${report.clock(at)}: observed, not near`];
    });
    return element("div", { class: "row", "data-contact": contact.index }, name, box);
  }

  // -- what lies under the pointer
  const tip = document.getElementById("tip");
  function hover(box, [from, to], say) {
    box.addEventListener("pointermove", (event) => {
      const edge = box.getBoundingClientRect();
      const second = (to - from) / edge.width;
      const lines = say(from + (event.clientX - edge.left) * second, 2 * second);
      tip.replaceChildren(...lines.map((line) => element("span", {}, line)));
      tip.hidden = !lines.length;
      tip.style.left = `${Math.min(event.clientX + 12, window.innerWidth - tip.offsetWidth - 8)}px`;
      tip.style.top = `${Math.min(event.clientY + 16, window.innerHeight - tip.offsetHeight - 8)}px`;
    });
    box.addEventListener("pointerleave", () => { tip.hidden = true; });
  }

  // -- axes
  function hours() {
    const axis = element("div", { class: "bar" });
    for (const hour of [0, 6, 12, 18, 24]) axis.append(left(element("span", {}, `${hour}:00`), hour / 24));
    return element("div", { class: "row axis", "aria-hidden": "true" }, element("span", { class: "name" }), axis);
  }
  function dates() {
    const [from, to] = data.window;
    const share = (at) => (Math.min(Math.max(at, from), to) - from) / (to - from);
    const axis = element("div", { class: "bar" });
    data.days.forEach(([start, end, name], k) => {
      const [, date, month] = name.split(" ");
      const tick = element("span", { class: k % 2 ? "odd" : "even" }, date);
      if (k === 0 || date === "1") tick.append(element("i", {}, ` ${month}`));
      axis.append(left(tick, (share(start) + share(end)) / 2));
    });
    const bands = element("div", { class: "bar bands" });
    for (const [name, [start, end]] of [["look-back", data.back], ["look-forward", data.forward]]) {
      if (share(end) <= share(start)) continue;
      const band = left(element("span", { class: name }, name), share(start));
      band.style.width = `${(share(end) - share(start)) * 100}%`;
      bands.append(band);
    }
    const name = (text) => element("span", { class: "name" }, text);
    return [
      element("div", { class: "row windows" }, name("Windows"), bands),
      element("div", { class: "row axis", "aria-hidden": "true" }, name(""), axis),
    ];
  }

  function draw() {
    const days = data.days.map(dayRow);
    document.getElementById("days").append(hours(), ...days.map((day) => day.row));
    const rows = data.contacts.map(contactRow);
    const list = document.getElementById("bars");
    if (rows.length) {
      document.getElementById("bars-axis").append(...dates());
      list.append(...rows);
    }
    report.bars.follow = (order) => {
      const hidden = new Set(rows);
      order.forEach((index) => { list.append(rows[index]); hidden.delete(rows[index]); });
      rows.forEach((row) => { row.hidden = hidden.has(row); });
    };
    const show = (index) => {
      const shown = index === null ? data.contacts : [data.contacts[index]];
      days.forEach((day) => day.show(shown));
      rows.forEach((row, k) => {
        row.classList.toggle("chosen", k === index);
        row.firstChild.setAttribute("aria-pressed", String(k === index));
      });
    };
    report.onSelect(show);
    show(null);
  }
  draw();
})();
