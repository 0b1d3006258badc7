#!/bin/sh
# Fetches the two web parts again and writes them as this folder keeps them.
# Needs Node.js 20 or newer and a network; nothing here runs when a report is made.
# After a renewal put the printed names, versions and sums into README.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund maplibre-gl@6.17.0 world-atlas@2.0.2 topojson-client@3.1.0 esbuild@0.28.2
node node_modules/esbuild/install.js

library=node_modules/maplibre-gl
cp "$library/LICENSE.txt" "$here/maplibre-gl.LICENSE.txt"
cp "$library/dist/maplibre-gl.css" "$here/maplibre-gl.css"
cp node_modules/world-atlas/LICENSE "$here/borders.LICENSE.txt"

# The library comes as modules, which one page cannot import from itself: make it one plain script.
npx esbuild "$library/dist/maplibre-gl.mjs" --bundle --minify --legal-comments=inline \
  --format=iife --global-name=maplibregl --log-override:empty-import-meta=silent \
  --outfile="$here/maplibre-gl.js"
npx esbuild "$library/dist/maplibre-gl-worker.mjs" --bundle --minify --legal-comments=inline \
  --format=iife --log-override:empty-import-meta=silent --outfile="$here/maplibre-gl-worker.js"

# Each border once, as lines to the hundredth of a degree: filled shapes would pretend to know
# coasts. The edges along 180 degrees are cuts in the data, not borders, and are left out.
node -e '
  const topology = require("world-atlas/countries-110m.json");
  const { mesh } = require("topojson-client");
  const round = (point) => point.map((degrees) => Math.round(degrees * 100) / 100);
  const onSeam = ([lon]) => Math.abs(lon) > 179.98;
  const lines = [];
  for (const line of mesh(topology, topology.objects.countries).coordinates) {
    let run = [];
    line.map(round).forEach((point) => {
      const last = run[run.length - 1];
      if (last && (Math.abs(last[0] - point[0]) > 180 || (onSeam(last) && onSeam(point)))) {
        lines.push(run);
        run = [];
      }
      run.push(point);
    });
    lines.push(run);
  }
  const drawn = lines.filter((line) => line.length > 1);
  console.log(JSON.stringify({ type: "MultiLineString", coordinates: drawn }));
' > "$here/borders.json"

cd "$here"
sha256sum maplibre-gl.js maplibre-gl-worker.js maplibre-gl.css borders.json
