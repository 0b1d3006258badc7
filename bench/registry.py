"""Which engines there are, by table. Fortnight stands first: everything is compared with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.measured import load

if TYPE_CHECKING:
    from bench.contract import Engine

SEGMENT_ENGINES: Final = {
    "fortnight": "bench.engines.fortnight:FortnightSearch",
    "fortnight-15": "bench.engines.fortnight:FortnightListed",
    "duckdb-grid": "bench.engines.duckdb_grid:DuckdbGrid",
    "duckdb-spatial": "bench.engines.duckdb_spatial:DuckdbSpatial",
    "sedonadb": "bench.engines.sedona:Sedona",
    "polars-grid": "bench.engines.polars_grid:PolarsGrid",
    "ckdtree": "bench.engines.scipy_tree:ScipyTree",
    "postgis": "bench.engines.postgis:Postgis",
    "pymeos": "bench.engines.meos_segments:MeosSegments",
}
"""Table 1: asked about segments; must agree."""

SOME: Final = frozenset({"fortnight-15"})
"""Of these only a part of the contacts is wanted, which must agree with the others' answers."""

FIX_ENGINES: Final = {
    "duckdb-grid": "bench.fixes.duckdb_join:DuckdbGridFixes",
    "duckdb-plain": "bench.fixes.duckdb_join:DuckdbPlainFixes",
    "polars": "bench.fixes.polars_join:PolarsFixes",
    "ckdtree": "bench.fixes.scipy_tree:ScipyFixes",
    "postgis": "bench.fixes.postgis_join:PostgisFixes",
    "pymeos": "bench.fixes.meos_tracks:MeosFixes",
}
"""Table 2: asked about raw fixes; each has an answer of its own."""

TABLES: Final = {"segments": SEGMENT_ENGINES, "fixes": FIX_ENGINES}


def make(path: str) -> Engine:
    """Return a fresh engine from "module:class"."""
    module, _, name = path.partition(":")
    engine: Engine = getattr(load(module), name)()
    return engine
