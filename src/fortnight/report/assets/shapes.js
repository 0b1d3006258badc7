"use strict";
// Geometry that the map and the sketch share. Metres near one place, degrees elsewhere.
report.shapes = (() => {
  const METRES_A_DEGREE = 111195; // of latitude, mean sphere
  const { track, contacts } = report.data;
  const episodes = contacts.flatMap((contact) => contact.episodes);
  const scale = (lat) => METRES_A_DEGREE * Math.max(0.01, Math.cos((lat * Math.PI) / 180));

  function circle(lon, lat, radius, corners = 40) {
    return Array.from({ length: corners + 1 }, (_, corner) => {
      const angle = (corner % corners) * ((2 * Math.PI) / corners);
      return [
        lon + (radius * Math.cos(angle)) / scale(lat),
        lat + (radius * Math.sin(angle)) / METRES_A_DEGREE,
      ];
    });
  }

  // Coarse areas are kilometres wide: they count only where there is nothing finer to look at.
  function bounds(points) {
    if (!points.length) return null;
    const [lons, lats] = [points.map((point) => point[0]), points.map((point) => point[1])];
    const ends = (values) => [
      values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b)),
    ];
    const [[west, east], [south, north]] = [ends(lons), ends(lats)];
    return [west, south, east, north];
  }
  const fine = track.filter((part) => part.kind !== "area");
  const all = [
    ...fine.map((part) => [part.lon, part.lat]),
    ...fine.map((part) => [part.endLon, part.endLat]),
    ...episodes.map((episode) => [episode.lon, episode.lat]),
  ];
  const coarse = track.flatMap((part) => circle(part.lon, part.lat, part.accuracy, 4));
  const whole = bounds(all.length ? all : coarse);

  // The step that puts eight to twenty squares across so many metres: 1, 2 or 5 times a power of 10.
  function step(metres) {
    const power = 10 ** Math.floor(Math.log10(metres / 8));
    return [5, 2, 1].map((times) => times * power).find((size) => metres / size >= 8);
  }

  // Lines reach one view beyond each side, so that they are there while the map is being moved.
  function grid([west, south, east, north]) {
    const [anchorLon, anchorLat] = whole ? [whole[0], whole[1]] : [0, 0];
    const across = (east - west) * scale((south + north) / 2);
    if (!(across > 0) || across > 2e6 || Math.abs(anchorLat) > 85) return { size: null, lines: [] };
    const size = step(across);
    const [wide, high] = [east - west, north - south];
    [west, east, south, north] = [west - wide, east + wide, south - high, north + high];
    const lines = [];
    const ticks = (from, to, anchor, gap, make) => {
      for (let k = Math.ceil((from - anchor) / gap); anchor + k * gap <= to; k += 1) {
        lines.push(make(anchor + k * gap));
      }
    };
    ticks(west, east, anchorLon, size / scale(anchorLat), (lon) => [[lon, south], [lon, north]]);
    ticks(south, north, anchorLat, size / METRES_A_DEGREE, (lat) => [[west, lat], [east, lat]]);
    return { size, lines };
  }
  const metres = (size) => (size >= 1000 ? `${size / 1000} km` : `${size} m`);

  // What a mark says, the same in both kinds of map.
  function episodeWords(episode) {
    return [
      `${report.period(episode.start, episode.end)}, ${report.place(episode.stop)}`,
      episode.presumed
        ? `presumed ${report.duration((episode.end - episode.start) / 60)}: a phone was silent`
        : `${report.duration(episode.minutes)} near, probability ${report.share(episode.probability)}`,
      report.WINDOWS[episode.window] ?? episode.window,
    ];
  }
  function partWords(part) {
    const where = part.stop === null ? "" : ` at ${report.data.stops[part.stop].letter}`;
    return [
      `${report.KINDS[part.kind] ?? part.kind}${where}`,
      report.period(part.start, part.end),
      `position good to ${Math.round(part.accuracy).toLocaleString("en-GB")} m (68 %)`,
    ];
  }

  return { circle, bounds, whole, grid, step, metres, scale, METRES_A_DEGREE, episodes, episodeWords, partWords };
})();
